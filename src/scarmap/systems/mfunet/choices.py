"""Checks of MFU-Net's keywords, before anything is built or written, and what None stands for."""

from collections.abc import Mapping
from typing import Any

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


_WEIGHTS_AND_BETA: Mapping[str, tuple[tuple[float, float, float], float]] = {
    "paper": ((1.0, 3.0, 5.0), 0.7),
    "released": ((1.0, 3.0, 7.0), 0.3),
    "balanced": ((1.0, 3.0, 5.0), 0.7),
    "dice-cross-entropy": ((1.0, 1.0, 1.0), 0.7),
}
"""Loss to its weights of the anatomy and the two pathologies, and of the false negatives."""


def head_losses(
    schedule: str, loss: str | None, weights: tuple[float, ...] | None, beta: float | None
) -> dict[str, Any]:
    """Loss of the heads, its weights and its beta, each the schedule's or the loss's own if None.

    >>> head_losses("modern", None, None, None)["loss"]
    'dice-cross-entropy'
    >>> head_losses("published", "released", None, 0.5)
    {'weights': (1.0, 3.0, 7.0), 'loss': 'released', 'beta': 0.5}
    """
    loss = loss or ("dice-cross-entropy" if schedule == "modern" else "balanced")
    own_weights, own_beta = _WEIGHTS_AND_BETA[loss]
    beta = own_beta if beta is None else beta
    return {"weights": weights or own_weights, "loss": loss, "beta": beta}
