"""Training a recipe, in one call."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scarmap.io.run import RunFolder
    from scarmap.recipes.recipe import Recipe


def train(
    data: str | Path,
    out: str | Path,
    recipe: "str | Callable[..., Recipe]" = "scarmap",
    *,
    settings: Mapping[str, Any] | None = None,
    folds: Sequence[int] | None = None,
    seed: int = 1,
    epochs_scale: float = 1.0,
    resume: bool = False,
    device: str = "auto",
    devices: int = 1,
) -> "RunFolder":
    """Train a recipe on a folder of labelled cases; what its folds held out is scored.

    Args:
        data: Folder of labelled cases, or of several data sets, or a worklist.
        out: Run folder to write.
        recipe: Name of `scarmap recipes list`, `module:function` of one's own, or that function,
            which may be a partial that sets keywords.
        settings: Keywords to set on the recipe.
        folds: Numbers of folds; None for all.
        seed: Everything random follows from it.
        epochs_scale: Factor on the length of every phase.
        resume: Continue a run that was stopped.
        device: "auto", "cpu" or "cuda".
        devices: Devices of this machine that share every batch.

    Returns:
        The run folder: `scarmap.load_model(run.root)` loads it, `scarmap.write_report(run.root)`
            makes its page.

    Raises:
        DataError: The data cannot be trained on.
        RecipeError: There is no such recipe or setting, or it does not fit the data.
        RunError: The folder holds another run, or one that was not asked to be resumed.

    >>> import scarmap
    >>> scarmap.train("nowhere", "run", "scramap")
    Traceback (most recent call last):
    scarmap.errors.RecipeError: There is no recipe 'scramap'. Did you mean 'scarmap'? ...
    """
    from scarmap.systems.catalogue import choose
    from scarmap.training.run.request import Request
    from scarmap.training.run.train import train as train_run
    from scarmap.training.stage.fit import Options

    name, given = _named(recipe)
    choice = choose(name, {**given, **(settings or {})})
    options = Options(seed=seed, epochs_scale=epochs_scale, resume=resume)
    numbers = None if folds is None else tuple(folds)
    return train_run(
        Request(name, choice.row, Path(data), Path(out), numbers, device, options, devices)
    )


def _named(recipe: "str | Callable[..., Recipe]") -> tuple[str, dict[str, Any]]:
    """A recipe's name, and the keywords that a partial sets."""
    from scarmap.recipes.describe import unwrap

    if isinstance(recipe, str):
        return recipe, {}
    function, given = unwrap(recipe)
    return f"{function.__module__}:{function.__qualname__}", given
