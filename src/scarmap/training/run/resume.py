"""What of a run can be kept when it is continued, after its recipe has changed or not."""

import logging
from collections.abc import Collection, Mapping
from shutil import rmtree
from typing import Any

from scarmap.errors import RunError
from scarmap.io.run import RunFolder
from scarmap.recipes.names import as_today

_logger = logging.getLogger(__name__)

_SAME = {
    "layout": ("recipe", "details", "layout"),
    "preparation of the images": ("recipe", "details", "preparation"),
    "way to split the cases": ("recipe", "details", "folds"),
    "unit of the split": ("recipe", "details", "unit"),
    "data set": ("data", "sha256"),
    "seed": ("provenance", "seed"),
    "--epochs-scale": ("provenance", "epochs_scale"),
    "number of steps": ("provenance", "max_steps"),
}
"""What a continued run must share with the one before, and where its record holds it."""


def open_record(
    run: RunFolder, fresh: dict[str, Any], *, resume: bool, retrain: bool = False
) -> None:
    """Write `run.json`, or check what can be kept of the run that is continued.

    Args:
        run: The run folder.
        fresh: The record of a training that begins.
        resume: Whether a run that is there is to be continued.
        retrain: Whether stages that a changed recipe changes may be removed and trained again.
            Those that are as they were, and whose inputs are, keep what they have learned.

    Raises:
        RunError: The folder holds a run that is not to be or cannot be continued, or that was
            trained with another recipe and is not to be trained again.
    """
    if not run.record_file.is_file():
        run.write_record(fresh)
        return
    if not resume:
        raise RunError(
            f"{run.root} already holds a run. Add --resume to continue it, or choose another --out."
        )
    check_unchanged(run, fresh, retrain=retrain)
    stored = up_to_date(run.read_record())
    if science(stored) == science(fresh):
        return
    kept = unchanged_stages(stored["recipe"]["details"], fresh["recipe"]["details"])
    _forget(run, kept=kept)
    known = {part: stored[part] for part in ("state", "made") if part in stored}
    run.write_record({**fresh, **{part: _of_stages(steps, kept) for part, steps in known.items()}})


def check_unchanged(run: RunFolder, fresh: Mapping[str, Any], *, retrain: bool = False) -> None:
    """Check that a run was started with the recipe, data set and length of a fresh one.

    Args:
        run: The run folder; where it holds no run, nothing is checked.
        fresh: The record of a training that begins.
        retrain: Whether the recipe may have changed in some stages, which are then trained again.

    Raises:
        RunError: It was started with something else.
    """
    if not run.record_file.is_file():
        return
    stored = up_to_date(run.read_record())
    same = science(stored) == science(fresh)
    kept = unchanged_stages(stored["recipe"]["details"], fresh["recipe"]["details"])
    changed = _changed_parts(stored, fresh)
    if changed or (retrain and not kept and not same):
        parts = " and another ".join(changed if kept or same else ["recipe", *changed])
        raise RunError(
            f"{run.root} was started with another {parts}, so it cannot be continued. Choose "
            f"another --out, or repeat the first command: {stored['provenance']['command']}"
        )
    if same or retrain:
        return
    raise RunError(
        f"{run.root} was started with another recipe: {_first_changes(stored, fresh)}. Choose "
        f"another --out, or repeat the first command: {stored['provenance']['command']}. To train "
        "again what has changed, and only that, add --retrain: it removes the weights of "
        f"{_named(set(_names(stored)) - kept)}."
    )


def _first_changes(stored: Mapping[str, Any], fresh: Mapping[str, Any]) -> str:
    before, now = (record["recipe"].get("settings", {}) for record in (stored, fresh))
    changed = changes(before, now) or changes(science(stored), science(fresh))
    more = f" and {len(changed) - 4} more" if len(changed) > 4 else ""
    return ", ".join(changed[:4]) + more


def changes(before: Any, now: Any, where: str = "") -> list[str]:
    """Where two JSON values differ, and how.

    >>> stages = [{"name": "shape", "beta": 0.2}], [{"name": "shape"}]
    >>> changes({"width": 8, "stages": stages[0]}, {"width": 4, "stages": stages[1]})
    ['width was 8 and is 4', 'stages.shape.beta was 0.2 and is not there']
    """
    old, new = _by_name(before), _by_name(now)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found = []
        for name in dict.fromkeys([*old, *new]):
            path = f"{where}.{name}".strip(".")
            found += changes(old.get(name, _MISSING), new.get(name, _MISSING), path)
        return found
    return [] if old == new else [f"{where} was {before} and is {now}"]


class _Missing:
    """Stands for a value that only one of two records has."""

    def __str__(self) -> str:
        return "not there"


_MISSING = _Missing()

LATER: Mapping[str, Any] = {"unit": "patient", "finish": None}
"""Fields that recipes gained after runs had been recorded, with what holds for those runs."""


def science(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a recorded recipe does, without the words on where its constants come from."""
    return {name: value for name, value in record["recipe"]["details"].items() if name != "sources"}


def up_to_date(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of any age as it would be written today, with today's names and fields."""
    details = {**LATER, **as_today(record["recipe"].get("details") or {})}
    return {**record, "recipe": {**record["recipe"], "details": details}}


def unchanged_stages(before: Mapping[str, Any], now: Mapping[str, Any]) -> set[str]:
    """Names of the stages whose own description and whose inputs' descriptions are the same.

    Args:
        before: Described recipe of the run.
        now: Described recipe that is to be trained; its stages are in order, inputs first.
    """
    old = {stage["name"]: stage for stage in before.get("stages", ())}
    same: set[str] = set()
    for stage in now["stages"]:
        if old.get(stage["name"]) == stage and same.issuperset(stage["inputs"]):
            same.add(stage["name"])
    return same


def _forget(run: RunFolder, *, kept: set[str]) -> None:
    """Remove all stages but those that are kept, and masks, scores, figures and report."""
    for folder in sorted(run.root.glob("fold_*/*")):
        if folder.name not in kept:
            _logger.warning(
                "%s belongs to a stage that has changed, or was made with one: removed", folder
            )
            rmtree(folder)
    for folder in (run.predictions, run.evaluation, run.quantification):
        rmtree(folder, ignore_errors=True)
    run.report.unlink(missing_ok=True)


def _changed_parts(stored: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    """What all stages share and what has changed."""
    return [what for what, path in _SAME.items() if _look_up(stored, path) != _look_up(fresh, path)]


def _names(record: Mapping[str, Any]) -> list[str]:
    return [stage["name"] for stage in record["recipe"]["details"].get("stages", ())]


def _named(stages: Collection[str]) -> str:
    return " and ".join(sorted(stages)) or "no stage"


def _look_up(record: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = record
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _of_stages(steps: Mapping[str, Any], stages: set[str]) -> dict[str, Any]:
    return {step: value for step, value in steps.items() if step.partition("/")[2] in stages}


def _by_name(value: Any) -> Any:
    named = (
        isinstance(value, list)
        and value
        and all(isinstance(each, Mapping) and "name" in each for each in value)
    )
    return {each["name"]: each for each in value} if named else value
