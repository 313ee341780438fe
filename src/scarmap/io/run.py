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

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarmap.errors import RunError
from scarmap.io.files import read_json, write_json

MONITORED = "monitored_"
"""Begins the columns of a log that an objective shows beside its losses: quantity, then region
where it has one."""

RECORD_PARTS = ("recipe", "data", "folds", "provenance", "state")


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

    def read_record(self) -> dict[str, Any]:
        """Read `run.json`.

        Raises:
            RunError: This is not a run folder, or its record is damaged.
        """
        if not self.record_file.is_file():
            raise RunError(
                f"{self.root} is not a run folder: it has no run.json. Give the folder that "
                "`scarmap train` wrote."
            )
        record = read_json(self.record_file)
        missing = [
            part for part in RECORD_PARTS if not isinstance(record, dict) or part not in record
        ]
        if missing:
            raise RunError(
                f"{self.record_file} is damaged: it has no {', '.join(missing)}. Restore it, or "
                "train again."
            )
        return dict(record)

    def write_record(self, record: dict[str, Any]) -> None:
        """Write `run.json`."""
        write_json(self.record_file, record)

    def logs(self) -> dict[tuple[int, str], list[dict[str, str]]]:
        """Training logs by (fold, stage), one dict per epoch, values as text."""
        logs = {}
        for path in sorted(self.root.glob("fold_*/*/log.csv")):
            with path.open(newline="", encoding="utf-8") as file:
                logs[int(path.parts[-3].removeprefix("fold_")), path.parts[-2]] = list(
                    csv.DictReader(file)
                )
        return logs
