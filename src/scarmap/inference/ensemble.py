"""Averages of probabilities: over the folds of a run, and over turned views of a slice."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

Predict = Callable[[Tensor], Tensor]
"""Slices (Z, S, H, W) to probabilities (Z, K, H, W)."""


def average(members: Sequence[Predict], slices: Tensor) -> Tensor:
    """Mean probabilities of several segmenters.

    Args:
        members: At least one.
        slices: (Z, S, H, W).

    Returns:
        (Z, K, H, W).
    """
    total = members[0](slices)
    for member in members[1:]:
        total = total + member(slices)
    return total / len(members)


def eight_views(predict: Predict, slices: Tensor) -> Tensor:
    """Mean probabilities over the eight mirrored and quarter-turned views of each slice.

    Args:
        predict: Segments slices.
        slices: (Z, S, H, W), square.

    Returns:
        (Z, K, H, W), in the original orientation.
    """
    return average(
        [partial(_seen_as, predict, turns=number % 4, mirrored=number >= 4) for number in range(8)],
        slices,
    )


def _seen_as(predict: Predict, slices: Tensor, *, turns: int, mirrored: bool) -> Tensor:
    view = torch.rot90(slices.flip(-1) if mirrored else slices, turns, dims=(-2, -1))
    back = torch.rot90(predict(view.contiguous()), -turns, dims=(-2, -1))
    return back.flip(-1) if mirrored else back
