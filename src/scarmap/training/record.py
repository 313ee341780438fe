"""`run.json`: what a run was asked for, where it comes from, and how far it is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch

from scarmap import __version__
from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.split import Split, record_split
from scarmap.io.run import RunFolder
from scarmap.training.fit import Options
from scarmap.training.provenance import data_hash, provenance
from scarmap.training.recipe import Recipe, Row
from scarmap.training.restore import record_recipe
from scarmap.volume import Case


@dataclass(frozen=True)
class Request:
    """A training that a user asked for.

    Attributes:
        name: Name of the recipe, for the record.
        row: The recipe.
        data: Folder of labelled cases.
        out: Run folder.
        folds: Numbers of the folds to train; None for all.
        device: "auto", "cpu" or "cuda".
        options: Seed, length and resumption.
        devices: Processes on this machine, each with a device of its own, that share every batch.
    """

    name: str
    row: Row
    data: Path
    out: Path
    folds: tuple[int, ...] | None = None
    device: str = "auto"
    options: Options = field(default_factory=Options)
    devices: int = 1


def new_record(
    request: Request,
    recipe: Recipe,
    files: Sequence[CaseFiles],
    cases: Sequence[Case],
    split: Split,
    device: torch.device,
    *,
    processes: int = 1,
) -> dict[str, Any]:
    """`run.json` of a training that begins."""
    options = request.options
    return {
        "scarmap": __version__,
        "recipe": record_recipe(request.name, request.row, recipe),
        "data": {
            "folder": str(request.data.resolve()),
            "layout": recipe.layout,
            "num_cases": len(cases),
            "spacing_mm": median_spacing_mm(cases),
            "sha256": data_hash(files, recipe.preparation.sequences),
        },
        "split": record_split(split),
        "folds": [asdict(fold) for fold in split.folds],
        "provenance": provenance(
            device=device,
            processes=processes,
            seed=options.seed,
            epochs_scale=options.epochs_scale,
            max_steps=options.max_steps,
        ),
        "state": {},
    }


def is_done(run: RunFolder, fold: int, step: str) -> bool:
    """Whether a stage, or the predictions, of a fold are finished."""
    return bool(run.read_record()["state"].get(f"fold_{fold}/{step}") == "done")


def mark_done(run: RunFolder, fold: int, step: str) -> None:
    """Note in `run.json` that a stage, or the predictions, of a fold are finished."""
    record = run.read_record()
    record["state"][f"fold_{fold}/{step}"] = "done"
    run.write_record(record)


def median_spacing_mm(cases: Sequence[Case]) -> float:
    """Median in-plane pixel size of some cases."""
    return median(case.grid.spacing_mm[0] for case in cases)
