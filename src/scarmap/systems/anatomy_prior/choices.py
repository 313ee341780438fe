"""Checks of the anatomy prior's keywords, before anything is built or written."""

from scarmap.errors import RecipeError
from scarmap.recipes.settings import check_sizes

PENALTY_WEIGHT = 0.01


def check_penalty(*, penalty: bool, penalty_weight: float, literal_penalty: bool) -> None:
    """Raise RecipeError where a penalty is described that is left out."""
    if not penalty and (literal_penalty or penalty_weight != PENALTY_WEIGHT):
        raise RecipeError(
            "The anatomy prior's penalty is off, so penalty_weight and literal_penalty would "
            "change nothing. Set penalty=True, or leave them out."
        )


def check_ranges(
    *,
    width: int,
    size: int | None,
    spacing_mm: float | None,
    penalty_weight: float,
    smallest_infarct_ml: float | None,
) -> None:
    """Raise RecipeError for numbers that no network, loss or patient can have."""
    hint = "32 by default, 12 on two cores"
    check_sizes(title="The anatomy prior", hint=hint, width=width, size=size, spacing_mm=spacing_mm)
    if penalty_weight < 0 or (smallest_infarct_ml or 0) < 0:
        raise RecipeError(
            "The anatomy prior's penalty_weight and smallest_infarct_ml must not be negative; "
            f"they are {penalty_weight:g} and {smallest_infarct_ml}."
        )
