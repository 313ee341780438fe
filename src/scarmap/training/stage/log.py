"""One row per epoch, to CSV and TensorBoard."""

import csv
import os
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from scarmap.errors import DataError, RunError
from scarmap.io.files import NO_ROOM, no_room, replacing
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
        self.board = _Board(folder / "tensorboard", first_epoch=first_epoch)

    def append(self, row: Mapping[str, Cell]) -> None:
        """Add the row of one epoch and write the file.

        Raises:
            RunError: The folder was removed meanwhile.
            DataError: There is no room.
        """
        if self.rows and not self.path.is_file():
            raise RunError(
                f"{self.path.parent} was removed while this stage was trained. Train again, and "
                "leave the folder in its place."
            )
        self.rows.append(dict(row))
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        with (
            replacing(self.path) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.rows)
        numbers = {name: value for name, value in row.items() if isinstance(value, float)}
        self.board.add(numbers, int(row["epoch"]))


class _Board:
    """A file of TensorBoard, written as epochs end; its own writer's thread hides what goes wrong.

    Args:
        folder: Made if missing.
        first_epoch: TensorBoard forgets what earlier files say from this epoch on.
    """

    def __init__(self, folder: Path, *, first_epoch: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"events.out.tfevents.{time.time_ns()}.{os.getpid()}"
        self._write(Event(file_version="brain.Event:2"))
        start = SessionLog(status=SessionLog.START)
        self._write(Event(step=first_epoch, session_log=start))

    def add(self, numbers: Mapping[str, float], epoch: int) -> None:
        """Add the numbers of one epoch."""
        values = [Summary.Value(tag=name, simple_value=value) for name, value in numbers.items()]
        self._write(Event(step=epoch, summary=Summary(value=values)))

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        try:
            with self.path.open("ab") as file:
                RecordWriter(file).write(event.SerializeToString())
        except OSError as problem:
            if problem.errno in NO_ROOM:
                raise DataError(no_room(self.path, problem)) from None
            raise
