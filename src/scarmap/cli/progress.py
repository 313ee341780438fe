"""How far a command is: of a training its stages and epochs, of a cohort its cases.

In a terminal a bar with n of N and the time left, elsewhere a line each, with `--quiet` nothing.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

QUIET, VERBOSE = "quiet", "verbose"
LOUDNESS: ContextVar[str] = ContextVar("LOUDNESS", default="")
"""What the user asked for: `QUIET`, `VERBOSE`, or neither."""

_LogRow = Mapping[str, int | float | str]


class OnCase(Protocol):
    """Called when a case is done."""

    def __call__(self, name: str, planned: int | None = None, /) -> None:
        """Count a case; `planned` corrects how many there are."""


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
    console = Console(stderr=True, quiet=LOUDNESS.get() == QUIET)
    if wants_lines(console) or os.environ.get("LOCAL_RANK", "0") != "0":
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


@contextmanager
def case_progress(doing: str, planned: int | None = None) -> Iterator[OnCase]:
    """Show how many cases are done while the block runs; the function is called with each name.

    Args:
        doing: What is done with them, such as "segmenting".
        planned: How many cases there are, those that turn out to be done before included; None
            where the function is told.
    """
    console = Console(stderr=True, quiet=LOUDNESS.get() == QUIET)
    if wants_lines(console):
        ended: list[str] = []

        def say(name: str, total: int | None = planned, /) -> None:
            ended.append(name)
            line = f"[{len(ended)}/{total}] {doing}: {name}"
            console.print(line, highlight=False, markup=False, soft_wrap=True)

        yield say
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(doing, total=planned)

        def move(name: str, total: int | None = planned, /) -> None:
            progress.update(task, advance=1, total=total, description=f"{doing} ({name})")

        yield move


def wants_lines(console: Console) -> bool:
    """Whether progress is told in lines, or not at all, rather than by bars."""
    return not console.is_terminal or console.quiet or LOUDNESS.get() == VERBOSE


def _describe(row: _LogRow) -> str:
    """Loss and, where it was validated, Dice of an epoch."""
    dice = row.get("validation_dice")
    shown = f", validation Dice {float(dice):.3f}" if dice is not None else ""
    return f"loss {float(row['loss']):.3f}{shown}"
