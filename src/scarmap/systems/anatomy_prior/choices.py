"""Checks of the anatomy prior's keywords, before anything is built or written."""

from scarmap.datasets.case_files import SEQUENCES
from scarmap.errors import RecipeError, suggest

PENALTY_WEIGHT = 0.01


def check_sequences(sequences: tuple[str, ...]) -> None:
    """Raise RecipeError unless known sequences are named, each at most once."""
    if not isinstance(sequences, tuple) or len(set(sequences)) < len(sequences):
        raise RecipeError(f"The anatomy prior's sequences are {sequences!r}; name each once: sequences=LGE,T2.")
    for sequence in sequences:
        if sequence not in SEQUENCES:
            raise RecipeError(
                f"The anatomy prior's sequences cannot hold {sequence!r}. {suggest(str(sequence), SEQUENCES)}"
            )


def check_penalty(*, penalty: bool, penalty_weight: float, literal_penalty: bool) -> None:
    """Raise RecipeError where a penalty is described that is left out."""
    if not penalty and (literal_penalty or penalty_weight != PENALTY_WEIGHT):
        raise RecipeError(
            "The anatomy prior's penalty is off, so penalty_weight and literal_penalty would change nothing. Set "
            "penalty=True, or leave them out."
        )


def check_ranges(
    *, width: int, size: int | None, spacing_mm: float | None, penalty_weight: float, smallest_infarct_ml: float | None
) -> None:
    """Raise RecipeError for numbers that no network, loss or patient can have."""
    if width < 1:
        raise RecipeError(
            f"The anatomy prior's width is {width}; it must be 1 or more, 32 by default, 12 on two cores."
        )
    if size is not None and (size < 32 or size % 16):
        raise RecipeError(f"The anatomy prior's size is {size}; the window's side must be a multiple of 16 from 32 on.")
    if spacing_mm is not None and not 0.1 <= spacing_mm <= 10:
        raise RecipeError(f"The anatomy prior's spacing_mm is {spacing_mm:g}; a pixel has between 0.1 and 10 mm.")
    if penalty_weight < 0 or (smallest_infarct_ml or 0) < 0:
        raise RecipeError(
            f"The anatomy prior's penalty_weight and smallest_infarct_ml must not be negative; they are "
            f"{penalty_weight:g} and {smallest_infarct_ml}."
        )
