"""Checks of the recipe's keywords, before anything is built or written."""

from collections.abc import Mapping

from scarmap.errors import RecipeError
from scarmap.recipes.settings import check_sizes

_BUILTIN_WIDTH = 16
"""Channels of the built-in model at full resolution."""

_BUILTIN_RESIDUAL = False
"""Whether the built-in model has residual blocks."""


def check_start(start: str | None, *, width: int, residual: bool) -> None:
    """Raise RecipeError unless the network has the width and the blocks of the built-in model."""
    if start == "builtin" and residual != _BUILTIN_RESIDUAL:
        raise RecipeError(
            "The recipe scarmap starts from the built-in model, whose blocks are "
            f"{'residual' if _BUILTIN_RESIDUAL else 'plain'}; leave residual out, or add --set "
            "start=none to begin with random weights."
        )
    if start == "builtin" and width != _BUILTIN_WIDTH:
        raise RecipeError(
            f"The recipe scarmap starts from the built-in model, which has width {_BUILTIN_WIDTH} "
            f"and not {width}; leave the width out, or add --set start=none to begin with random "
            "weights."
        )


def decisions(
    pathology: float, infarct: float | None, no_reflow: float | None
) -> float | dict[str, float]:
    """Threshold of each nested region, or the one of all where only one is given.

    >>> decisions(0.5, None, None), decisions(0.3, 0.5, None)["mvo"]
    (0.5, 0.3)
    """
    if infarct is None and no_reflow is None:
        return pathology
    return {
        "scar_and_edema": pathology,
        "whole_infarct": pathology if infarct is None else infarct,
        "mvo": pathology if no_reflow is None else no_reflow,
    }


def check_ranges(
    *,
    width: int,
    size: int,
    spacing_mm: float,
    thresholds: Mapping[str, float | None],
    smallest_percent: Mapping[str, float],
) -> None:
    """Raise RecipeError for numbers that no network or patient can have."""
    check_sizes(
        title="The recipe scarmap",
        hint="16 by default",
        width=width,
        size=size,
        spacing_mm=spacing_mm,
    )
    for name, share in thresholds.items():
        if share is not None and not 0 < share < 1:
            raise RecipeError(
                f"The recipe scarmap's {name}_threshold is {share:g}; a share of a probability "
                "lies between 0 and 1."
            )
    for name, percent in smallest_percent.items():
        if not 0 <= percent < 100:
            raise RecipeError(
                f"The recipe scarmap's smallest_{name}_percent is {percent:g}; a share of the wall "
                "is 0 to 100 %."
            )
