"""What a command shows while it works: a training's progress bars, or that it is still alive."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

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


_WORD_EVERY_S = 20.0
"""Where no terminal shows a status."""


@contextmanager
def alive(doing: str, *, every_s: float = _WORD_EVERY_S) -> Iterator[Callable[[str], None]]:
    """Show that a command works: a status on a terminal, a line now and then elsewhere.

    Args:
        doing: What it does, such as "measuring".
        every_s: Seconds between lines.

    Yields:
        To be called with each case that has ended.
    """
    console = Console(stderr=True)
    ended: list[str] = []
    if console.is_terminal:
        with console.status(doing) as status:
            yield lambda name: status.update(f"{doing}, done: {name}")
        return
    over, began = Event(), monotonic()

    def tell() -> None:
        while not over.wait(every_s):
            done = f", {len(ended)} cases done" if ended else ""
            print(f"{doing} for {monotonic() - began:.0f} s{done}", file=sys.stderr, flush=True)

    teller = Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield ended.append
    finally:
        over.set()
        teller.join()


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
