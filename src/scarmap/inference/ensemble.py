"""Averages of probabilities: over the folds of a run, and over turned views of a slice."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

Maps = NDArray[np.float32]
Predict = Callable[[Maps], Maps]
"""Slices (Z, S, H, W) to probabilities (Z, K, H, W)."""


def average(members: Sequence[Predict], slices: Maps) -> Maps:
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
    return total / np.float32(len(members))


def average_views(predict: Predict, slices: Maps, *, views: int) -> Maps:
    """Mean probabilities over views of each slice.

    Args:
        predict: Segments slices.
        slices: (Z, S, H, W), square if there is more than one view.
        views: 1 for the slices as they are, 4 for their quarter turns, 8 for those of the mirrored
            slices as well.

    Returns:
        (Z, K, H, W), in the original orientation.
    """
    seen = [(number % 4, number >= 4) for number in range(views)]
    return average(
        [partial(_seen_as, predict, turns=turns, mirrored=mirrored) for turns, mirrored in seen],
        slices,
    )


def _seen_as(predict: Predict, slices: Maps, *, turns: int, mirrored: bool) -> Maps:
    view = np.rot90(slices[..., ::-1] if mirrored else slices, turns, axes=(-2, -1))
    back = np.rot90(predict(np.ascontiguousarray(view)), -turns, axes=(-2, -1))
    return back[..., ::-1] if mirrored else back
