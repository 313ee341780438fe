"""`run.json`: what a run was asked for, where it comes from, and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scarmap.datasets.split import record_split
from scarmap.evaluation.table import read_summary
from scarmap.io.run import RunFolder
from scarmap.training.run.labelled import Labelled, median_spacing_mm
from scarmap.training.run.provenance import data_hash, provenance
from scarmap.version import __version__

if TYPE_CHECKING:
    import torch

    from scarmap.recipes.recipe import Recipe
    from scarmap.training.run.request import Request

PREDICTIONS = "predictions"
"""Step of a fold after its stages: held-out masks and pictures."""


def new_record(
    request: "Request",
    recipe: "Recipe",
    material: Labelled,
    device: "torch.device",
    *,
    processes: int = 1,
) -> dict[str, Any]:
    """`run.json` of a training that begins."""
    from scarmap.recipes.trained import record_recipe

    options = request.options
    how = provenance(
        device=device,
        processes=processes,
        seed=options.seed,
        epochs_scale=options.epochs_scale,
        max_steps=options.max_steps,
    )
    return record_of(record_recipe(request.name, request.row, recipe), material, request.data, how)


def record_of(
    recipe: Mapping[str, Any], material: Labelled, folder: Path, how: Mapping[str, Any]
) -> dict[str, Any]:
    """`run.json` of a run in which nothing is done.

    Args:
        recipe: The recipe, as it stands there.
        material: The data.
        folder: Where they are.
        how: Where the run comes from.
    """
    cases = material.cases
    return {
        "scarmap": __version__,
        "recipe": dict(recipe),
        "data": {
            "folder": str(folder.resolve()),
            "layout": material.layout,
            "num_cases": len(cases),
            "spacing_mm": median_spacing_mm(cases),
            "sha256": data_hash(material.files, recipe["sequences"]),
        },
        "split": record_split(material.split),
        "folds": [asdict(fold) for fold in material.split.folds],
        "provenance": dict(how),
        "state": {},
    }


def is_done(run: RunFolder, fold: int, step: str) -> bool:
    """Whether a stage, or the predictions, of a fold are finished."""
    return bool(run.read_record()["state"].get(f"fold_{fold}/{step}") == "done")


def mark_done(
    run: RunFolder,
    fold: int,
    step: str,
    *,
    remarks: Mapping[str, Sequence[str]] | None = None,
    made: Mapping[str, Any] | None = None,
) -> None:
    """Note in `run.json` that a stage, or the predictions, of a fold are finished.

    Only one process at a time may write the record of a run.

    Args:
        run: The run folder.
        fold: Number of the fold.
        step: Name of the stage, or `PREDICTIONS`.
        remarks: What is remarkable about each mask that was written; none where nothing is.
        made: How the step was made where that differs from the run's provenance: "hardware", and
            under "taken_over" the run that trained it.
    """
    record = run.read_record()
    record["state"][f"fold_{fold}/{step}"] = "done"
    if made:
        record.setdefault("made", {})[f"fold_{fold}/{step}"] = dict(made)
    flags = record.setdefault("flags", {})
    for name, told in (remarks or {}).items():
        flags.pop(name, None)
        if told:
            flags[name] = list(told)
    run.write_record(record)


def held_out_names(record: Mapping[str, Any]) -> set[str]:
    """Cases, or slices, that the folds held out whose predictions are finished.

    Args:
        record: Content of `run.json`.
    """
    folds = enumerate(record["folds"])
    finished = [
        fold
        for index, fold in folds
        if record["state"].get(f"fold_{index}/{PREDICTIONS}") == "done"
    ]
    return {name for fold in finished for name in fold["validation"]}


def is_scored(run: RunFolder) -> bool:
    """Whether the scores are those of all predictions that are finished."""
    held_out = held_out_names(run.read_record())
    file = run.evaluation / "summary.json"
    return not held_out or (file.is_file() and set(read_summary(file)["cases"]) == held_out)
