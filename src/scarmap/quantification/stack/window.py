"""The part of a stack that holds the heart: measuring there costs a tenth of the whole field."""

from dataclasses import replace
from typing import TypeVar

import numpy as np

from scarmap.labels import LabelArray, MaskArray
from scarmap.volume import LabelMap, Volume

Stack = TypeVar("Stack", Volume, LabelMap)
Window = tuple[slice, slice]

_MARGIN = 3
"""Voxels of background around the heart, so that what is dilated there does not meet the border."""


def heart_window(labels: LabelArray) -> Window:
    """Smallest window along (X, Y) that holds all labels, with a margin.

    It is the whole plane where there are none.

    Args:
        labels: (X, Y, Z), tissue indices.
    """
    shown: MaskArray = np.asarray(labels.any(axis=2))
    if not shown.any():
        return slice(0, labels.shape[0]), slice(0, labels.shape[1])
    along_x, along_y = (np.asarray(shown.any(axis=axis)) for axis in (1, 0))
    return _with_margin(along_x), _with_margin(along_y)


def cropped(stack: Stack, window: Window) -> Stack:
    """The part of an image or mask in a window, where it lies in the patient.

    Its grid keeps its `source`, for error messages.

    Args:
        stack: (X, Y, Z).
        window: What to keep along (X, Y).
    """
    array = stack.array[window]
    affine = stack.grid.affine.copy()
    affine[:, 3] = affine @ (window[0].start, window[1].start, 0, 1)
    shape = (array.shape[0], array.shape[1], array.shape[2])
    return replace(stack, array=array, grid=replace(stack.grid, shape=shape, affine=affine))


def _with_margin(held: MaskArray) -> slice:
    first, last = np.flatnonzero(held)[[0, -1]]
    return slice(max(int(first) - _MARGIN, 0), min(int(last) + _MARGIN + 1, len(held)))
