"""Checks of MFU-Net's keywords, before anything is built or written."""

from scarmap.datasets.case_files import SEQUENCES
from scarmap.errors import RecipeError, suggest


def check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise RecipeError unless a keyword has one of its values."""
    if value not in known:
        raise RecipeError(f"MFU-Net's {name} cannot be {value!r}. {suggest(str(value), known)}")


def check_sequences(sequences: tuple[str, ...]) -> None:
    """Raise RecipeError unless some known sequences are named, each once."""
    if not isinstance(sequences, tuple) or not sequences or len(set(sequences)) < len(sequences):
        raise RecipeError(
            f"MFU-Net's sequences are {sequences!r}; name at least one, each once: sequences=LGE,T2,bSSFP."
        )
    for sequence in sequences:
        check_choice("sequences", sequence, SEQUENCES)


def check_ranges(
    *, width: int, size: int | None, spacing_mm: float | None, beta: float, positive: tuple[float, ...]
) -> None:
    """Raise RecipeError for numbers that no network or loss can have."""
    if width < 1:
        raise RecipeError(f"MFU-Net's width is {width}; it must be 1 or more, 64 as published, 16 on a laptop.")
    if size is not None and (size < 32 or size % 16):
        raise RecipeError(f"MFU-Net's size is {size}; the window's side must be a multiple of 16, and 32 or more.")
    if spacing_mm is not None and not 0.1 <= spacing_mm <= 10:
        raise RecipeError(f"MFU-Net's spacing_mm is {spacing_mm:g}; a pixel has between 0.1 and 10 mm.")
    if not 0 <= beta <= 1:
        raise RecipeError(f"MFU-Net's beta is {beta:g}; the weight of false negatives lies between 0 and 1.")
    if min(positive) < 0:
        raise RecipeError(f"MFU-Net's loss weights are {positive}; none may be negative.")


def check_auxiliary(auxiliary_weight: float, *, attention: bool, attention_variant: str) -> None:
    """Raise RecipeError where a loss on the attention's maps is asked of an attention that makes none."""
    if auxiliary_weight and not (attention and attention_variant == "released"):
        raise RecipeError(
            "auxiliary_weight is a loss on the maps of the released attention; add --set attention_variant=released "
            "and keep attention=True, or leave it at 0."
        )
