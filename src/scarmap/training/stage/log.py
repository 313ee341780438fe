"""One row per epoch, to CSV and TensorBoard."""

import csv
from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard.writer import SummaryWriter

from scarmap.io.files import replacing
from scarmap.io.run import read_log

Cell = int | float | str


class EpochLog:
    """The log of one stage; rows of epochs that a resumed training repeats are dropped first.

    Args:
        folder: Folder of the stage.
        first_epoch: Rows from this epoch on are discarded.

    Raises:
        RunError: The log that is there is damaged.
    """

    def __init__(self, folder: Path, *, first_epoch: int) -> None:
        self.path = folder / "log.csv"
        self.rows: list[dict[str, Cell]] = []
        if first_epoch and self.path.is_file():
            before = [row for row in read_log(self.path) if int(row["epoch"]) < first_epoch]
            self.rows = [dict(row) for row in before]
        self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=first_epoch)

    def append(self, row: Mapping[str, Cell]) -> None:
        """Add the row of one epoch and write the file."""
        self.rows.append(dict(row))
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        with (
            replacing(self.path) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.rows)
        for name, value in row.items():
            if isinstance(value, float):
                self.board.add_scalar(name, value, int(row["epoch"]))

    def close(self) -> None:
        """Flush what TensorBoard still holds."""
        self.board.close()
