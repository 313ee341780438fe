"""The progress bar of a training: loss, validation Dice and time left."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

OnEpoch = Callable[[Mapping[str, int | float | str], int], None]


@contextmanager
def training_progress() -> Iterator[OnEpoch]:
    """A bar on a terminal, one line per epoch elsewhere; yields what the training loop calls after each epoch."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda row, planned: console.print(
            f"epoch {int(row['epoch']) + 1}/{planned} {describe(row)}", highlight=False
        )
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} epochs"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("training", total=None)

        def show(row: Mapping[str, int | float | str], planned: int) -> None:
            progress.update(task, total=planned, completed=int(row["epoch"]) + 1, description=describe(row))

        yield show


def describe(row: Mapping[str, int | float | str]) -> str:
    """Loss and, where it was validated, Dice of an epoch."""
    dice = row.get("validation_dice")
    shown = f", validation Dice {float(dice):.3f}" if dice is not None else ""
    return f"loss {float(row['loss']):.3f}{shown}"
