"""A training that a user asked for."""

from dataclasses import dataclass, field
from pathlib import Path

from scarmap.recipes.recipe import Row
from scarmap.training.stage.fit import Options


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
