"""The files of a run folder. Everything that reads or writes a run asks here where things are.

::

    RUN/
      run.json                     recipe, data, split, folds, provenance, state of each stage
      fold_0/<stage>/log.csv       one row per epoch
      fold_0/<stage>/weights.safetensors, weights.json
      fold_0/<stage>/checkpoint.pt what --resume continues from
      fold_0/<stage>/tensorboard/
      fold_0/illustrations/*.npz   the system's own pictures, see `scarmap.io.illustrations`
      predictions/<case>.nii.gz    each validation case, predicted by the fold that did not train on
                                   it; in a run by slice <case>_z<number>.nii.gz, each such slice
      evaluation/cases.csv, summary.json
      evaluation/reliability_0.json
                                   held-out voxels of a fold by the probability that they were given
      report.html
      quantification/cohort.html, cohort.csv, studies/<case>.html
                                   the held-out masks measured, see `scarmap report --studies`
      .locks/                      empty files that a writing process holds, see `scarmap.io.lock`
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarmap.errors import DataError, RunError
from scarmap.io.files import read_rows, write_json
from scarmap.io.record import (
    ABOVE_ZERO,
    AT_LEAST_ZERO,
    COUNT,
    FILE_NAME,
    Each,
    IfThere,
    Maybe,
    Record,
    Shape,
    Such,
    one_of,
    read_record,
)

MONITORED = "monitored_"
"""Begins the columns of a log that an objective shows beside its losses: quantity, then region
where it has one."""

_WORDS = ("name", "paper", "table", "published_convention", "note", "function", "layout")
_SPREAD = (float, float)
"""A published mean and its standard deviation."""
_STAGE = {"name": FILE_NAME, "inputs": IfThere([FILE_NAME])}
_STEP = Such(
    "fold_NUMBER/STEP",
    lambda value: isinstance(value, str) and bool(re.fullmatch(r"fold_\d{1,6}/[^/\\]+", value)),
)
_RECORD: Shape = {
    "scarmap": Maybe(str),
    "recipe": {
        **dict.fromkeys(_WORDS, Maybe(str)),
        "published": IfThere(Each(_SPREAD)),
        "also_published": IfThere(Each(Each(_SPREAD))),
        "settings": IfThere(Each(object)),
        "details": IfThere({"stages": IfThere([_STAGE])}),
        "sequences": IfThere([str]),
    },
    "data": {
        **dict.fromkeys(("folder", "layout", "sha256"), Maybe(str)),
        "num_cases": Maybe(COUNT),
        "spacing_mm": Maybe(ABOVE_ZERO),
    },
    "split": Maybe(
        {
            "unit": IfThere(one_of("patient", "slice")),
            "notes": IfThere([str]),
            "slices": IfThere(Each((FILE_NAME, COUNT), FILE_NAME)),
        }
    ),
    "folds": [{"train": IfThere([FILE_NAME]), "validation": IfThere([FILE_NAME])}],
    "provenance": {
        **dict.fromkeys(
            ("commit", "command", "hardware", "python", "torch", "started"), Maybe(str)
        ),
        "seed": Maybe(int),
        "epochs_scale": IfThere(AT_LEAST_ZERO),
        "max_steps": Maybe(COUNT),
        "processes": Maybe(COUNT),
    },
    "state": Each(str, _STEP),
    "made": IfThere(Each({"hardware": Maybe(str), "taken_over": Maybe(str)}, _STEP)),
    "flags": IfThere(Each([str])),
}


@dataclass(frozen=True)
class RunFolder:
    """Paths inside one run folder."""

    root: Path

    @property
    def record_file(self) -> Path:
        """`run.json`: recipe, data, folds, provenance and state."""
        return self.root / "run.json"

    @property
    def predictions(self) -> Path:
        """Out-of-fold masks, one file per validation case."""
        return self.root / "predictions"

    @property
    def evaluation(self) -> Path:
        """Scores of the out-of-fold masks."""
        return self.root / "evaluation"

    @property
    def quantification(self) -> Path:
        """Figures and pages of the out-of-fold masks, if they were asked for."""
        return self.root / "quantification"

    @property
    def report(self) -> Path:
        """The page."""
        return self.root / "report.html"

    def fold(self, index: int) -> Path:
        """Folder of one fold."""
        return self.root / f"fold_{index}"

    def stage(self, index: int, stage: str) -> Path:
        """Folder of one stage of one fold."""
        return self.fold(index) / stage

    def illustrations(self, index: int) -> Path:
        """Folder of the system's own pictures of one fold."""
        return self.fold(index) / "illustrations"

    def lock(self, step: str = "") -> Path:
        """Held by who writes this folder, or does one step of it; see `scarmap.io.lock`."""
        return self.root / ".locks" / (step or "run")

    def read_record(self) -> Record:
        """Read `run.json`; a key that is asked for and is not there is an error that names it.

        Raises:
            RunError: This is not a run folder, or its record is damaged.
        """
        if not self.record_file.is_file():
            raise RunError(
                f"{self.root} is not a run folder: it has no run.json. Give the folder that "
                "`scarmap train` wrote."
            )
        return read_record(self.record_file, _RECORD)

    def write_record(self, record: dict[str, Any]) -> None:
        """Write `run.json`."""
        write_json(self.record_file, record)

    def logs(self) -> dict[tuple[int, str], list[dict[str, str]]]:
        """Training logs by (fold, stage), one dict per epoch, values as text.

        Raises:
            RunError: One of them is damaged.
        """
        logs = {}
        for path in sorted(self.root.glob("fold_*/*/log.csv")):
            fold = path.parts[-3].removeprefix("fold_")
            if fold.isdecimal():
                logs[int(fold), path.parts[-2]] = read_log(path)
        return logs


def read_log(path: Path) -> list[dict[str, str]]:
    """One log, one dict per epoch, values as text.

    Raises:
        RunError: It is damaged.
    """
    try:
        rows = read_rows(path)
    except DataError as problem:
        raise RunError(str(problem)) from None
    for number, row in enumerate(rows, start=2):
        _check_log_row(row, f"{path}, line {number},")
    return rows


def _check_log_row(row: Mapping[str, str], where: str) -> None:
    if not row.get("epoch", "").isdecimal():
        raise RunError(_damaged_log(where, "epoch", row.get("epoch")))
    seconds = row.get("seconds", "0")
    try:
        fits = AT_LEAST_ZERO.holds(float(seconds))
    except ValueError:
        fits = False
    if not fits:
        raise RunError(_damaged_log(where, "seconds", seconds))


def _damaged_log(where: str, column: str, value: str | None) -> str:
    return (
        f"{where} holds {value!a} under {column!r}; expected a number. Restore the file, or "
        "train this stage again."
    )
