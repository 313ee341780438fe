"""Facts of a run, and what a reader must know before trusting its scores."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scarmap.datasets.split import notes, recorded_split
from scarmap.report.cells import plain

_LEAST_SHARE = 0.001
"""A smoke run's share of a schedule is smaller, and its digits tell nothing."""


def facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what identifies a run, as label and text; what the record does not hold is left out.

    Args:
        record: `run.json`.
    """
    recipe, data = record.get("recipe", {}), record.get("data", {})
    provenance = record.get("provenance", {})
    found = [
        ("Recipe", recipe.get("name")),
        ("Paper", _paper(recipe)),
        ("Sequences", ", ".join(recipe.get("sequences", []))),
        ("Data folder", _data(data)),
        ("Label layout", data.get("layout") or recipe.get("layout")),
        ("Folds", folds_text(record)),
        ("Split by", (record.get("split") or {}).get("unit")),
        ("Started", _moment(provenance.get("started"))),
        ("Hardware", provenance.get("hardware")),
        ("Seed", provenance.get("seed")),
        ("scarmap", record.get("scarmap")),
        ("Commit", provenance.get("commit")),
        ("PyTorch", provenance.get("torch")),
        ("Command", provenance.get("command")),
    ]
    return [(label, str(text)) for label, text in found if text not in (None, "")]


def warnings(record: Mapping[str, Any]) -> list[str]:
    """Say what limits the meaning of the scores: leaks, another schedule, unfinished stages.

    Args:
        record: `run.json`.
    """
    messages = list(notes(recorded_split(record)))
    scale = record.get("provenance", {}).get("epochs_scale", 1.0)
    if scale < 1:
        messages.append(
            f"Trained at reduced width/epochs: {_share(scale)} of the recipe's schedule. The "
            "scores do not show what the recipe can reach."
        )
    elif scale > 1:
        messages.append(f"Trained for {plain(scale)} times the recipe's epochs.")
    unfinished = [
        f"{stage} ({state})" for stage, state in record.get("state", {}).items() if state != "done"
    ]
    if unfinished:
        messages.append(f"Not finished when this page was made: {', '.join(unfinished)}.")
    return messages


def folds_text(record: Mapping[str, Any]) -> str:
    """Say which folds have run.

    >>> folds_text({"folds": [{}, {}], "state": {"fold_0/segment": "done"}})
    '0 (1 of 2)'
    """
    planned = len(record.get("folds", []))
    folds = [step.split("/")[0].removeprefix("fold_") for step in record.get("state", {})]
    started = sorted(set(map(int, folds)))
    if planned == 0:
        return ""
    if len(started) == planned:
        return f"all {planned}" if planned > 1 else "one"
    return f"{', '.join(map(str, started)) or 'none'} ({len(started)} of {planned})"


def fold_of_case(record: Mapping[str, Any]) -> dict[str, int]:
    """Map each case, or slice in a split by slice, to the fold that held it out.

    Args:
        record: `run.json`.
    """
    return {
        case: index
        for index, fold in enumerate(record.get("folds", []))
        for case in fold.get("validation", [])
    }


def _share(scale: float) -> str:
    return "less than a thousandth" if scale < _LEAST_SHARE else plain(scale)


def _moment(started: Any) -> str:
    return str(started or "").replace("T", " ").replace("+00:00", " UTC")


def _paper(recipe: Mapping[str, Any]) -> str:
    paper, table = recipe.get("paper"), recipe.get("table")
    return f"{paper}, Table {table}" if paper and table else str(paper or "")


def _data(data: Mapping[str, Any]) -> str:
    if not data.get("folder"):
        return ""
    return f"{Path(data['folder']).name} ({data.get('num_cases', '?')} cases)"
