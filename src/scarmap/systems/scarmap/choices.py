"""Checks of the recipe's keywords, before anything is built or written."""

from collections.abc import Mapping

from scarmap.datasets.case_files import SEQUENCES
from scarmap.errors import RecipeError, suggest

BUILTIN_WIDTH = 16
"""Channels of the built-in model at full resolution."""

BUILTIN_RESIDUAL = False
"""Whether the built-in model has residual blocks."""


def check_sequences(sequences: tuple[str, ...]) -> None:
    """Raise RecipeError unless known sequences are named, each once and at least one."""
    if not isinstance(sequences, tuple) or not sequences or len(set(sequences)) < len(sequences):
        raise RecipeError(
            f"The recipe scarmap's sequences are {sequences!r}; name each once: sequences=LGE,T2."
        )
    for sequence in sequences:
        if sequence not in SEQUENCES:
            raise RecipeError(
                f"The recipe scarmap's sequences cannot hold {sequence!r}. "
                f"{suggest(str(sequence), SEQUENCES)}"
            )


def check_start(start: str | None, *, width: int, residual: bool) -> None:
    """Raise RecipeError unless the built-in model has the width and the blocks of the network that starts from it."""
    if start == "builtin" and residual != BUILTIN_RESIDUAL:
        raise RecipeError(
            "The recipe scarmap starts from the built-in model, whose blocks are "
            f"{'residual' if BUILTIN_RESIDUAL else 'plain'}; leave residual out, or add --set "
            "start=none to begin with random weights."
        )
    if start == "builtin" and width != BUILTIN_WIDTH:
        raise RecipeError(
            f"The recipe scarmap starts from the built-in model, which has width {BUILTIN_WIDTH} "
            f"and not {width}; leave the width out, or add --set start=none to begin with random "
            "weights."
        )


def check_ranges(
    *,
    width: int,
    size: int,
    spacing_mm: float,
    pathology_threshold: float,
    smallest_percent: Mapping[str, float],
) -> None:
    """Raise RecipeError for numbers that no network or patient can have."""
    if width < 1:
        raise RecipeError(
            f"The recipe scarmap's width is {width}; it must be 1 or more, 16 by default."
        )
    if size < 32 or size % 16:
        raise RecipeError(
            f"The recipe scarmap's size is {size}; the window's side must be a multiple of 16 from "
            "32 on."
        )
    if not 0.1 <= spacing_mm <= 10:
        raise RecipeError(
            f"The recipe scarmap's spacing_mm is {spacing_mm:g}; a pixel has between 0.1 and 10 mm."
        )
    if not 0 < pathology_threshold < 1:
        raise RecipeError(
            f"The recipe scarmap's pathology_threshold is {pathology_threshold:g}; a share of a "
            "probability lies between 0 and 1."
        )
    for name, percent in smallest_percent.items():
        if not 0 <= percent < 100:
            raise RecipeError(
                f"The recipe scarmap's smallest_{name}_percent is {percent:g}; a share of the wall "
                "is 0 to 100 %."
            )
