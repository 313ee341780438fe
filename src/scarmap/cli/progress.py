"""The progress bar of a training: which fold and stage, loss, validation Dice and time left."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_LogRow = Mapping[str, int | float | str]


class _Lines:
    """One line per epoch, for logs.

    Args:
        console: Where to print.
    """

    def __init__(self, console: Console) -> None:
        self.console = console

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(text, highlight=False, markup=False)

    def on_stage(self, title: str) -> None:
        """A stage begins."""
        self.console.print(title, highlight=False)

    def on_epoch(self, row: _LogRow, planned: int) -> None:
        """An epoch has ended."""
        self.console.print(
            f"epoch {int(row['epoch']) + 1}/{planned} {_describe(row)}", highlight=False
        )


class _Bars:
    """One bar per stage, for terminals.

    Args:
        progress: The display.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.title = ""
        self.task: TaskID | None = None

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self.progress.console.print(text, highlight=False, markup=False)

    def on_stage(self, title: str) -> None:
        """A stage begins."""
        self.title = title
        self.task = self.progress.add_task(title, total=None)

    def on_epoch(self, row: _LogRow, planned: int) -> None:
        """An epoch has ended."""
        assert self.task is not None
        text = f"{self.title}: {_describe(row)}"
        self.progress.update(
            self.task, total=planned, completed=int(row["epoch"]) + 1, description=text
        )


@contextmanager
def training_progress() -> Iterator[_Lines | _Bars]:
    """Show a training while the block runs: bars on a terminal, one line per epoch elsewhere.

    Of several processes only the first has something to show, so the others draw no bars.
    """
    console = Console(stderr=True)
    if not console.is_terminal or os.environ.get("LOCAL_RANK", "0") != "0":
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} epochs"),
    )
    with Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console
    ) as progress:
        yield _Bars(progress)


def _describe(row: _LogRow) -> str:
    """Loss and, where it was validated, Dice of an epoch."""
    dice = row.get("validation_dice")
    shown = f", validation Dice {float(dice):.3f}" if dice is not None else ""
    return f"loss {float(row['loss']):.3f}{shown}"
