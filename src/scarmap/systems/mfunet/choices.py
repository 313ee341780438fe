"""Checks of MFU-Net's keywords, before anything is built or written."""

from scarmap.errors import RecipeError, suggest
from scarmap.recipes.settings import check_sizes


def check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise RecipeError unless a keyword has one of its values."""
    if value not in known:
        raise RecipeError(f"MFU-Net's {name} cannot be {value!r}. {suggest(str(value), known)}")


def check_ranges(
    *,
    width: int,
    size: int | None,
    spacing_mm: float | None,
    beta: float | None,
    positive: tuple[float, ...],
) -> None:
    """Raise RecipeError for numbers that no network or loss can have."""
    hint = "64 as published, 16 on a laptop"
    check_sizes(title="MFU-Net", hint=hint, width=width, size=size, spacing_mm=spacing_mm)
    if beta is not None and not 0 <= beta <= 1:
        raise RecipeError(
            f"MFU-Net's beta is {beta:g}; the weight of false negatives lies between 0 and 1."
        )
    if min(positive) < 0:
        raise RecipeError(f"MFU-Net's loss weights are {positive}; none may be negative.")


def check_auxiliary(auxiliary_weight: float, *, attention: bool, attention_variant: str) -> None:
    """Raise RecipeError for a loss on the attention's maps where the attention makes none."""
    if auxiliary_weight and not (attention and attention_variant == "released"):
        raise RecipeError(
            "auxiliary_weight is a loss on the maps of the released attention; add --set "
            "attention_variant=released and keep attention=True, or leave it at 0."
        )
