"""Overlap of two masks: Dice and Jaccard."""

from math import nan

import numpy as np

from scarmap.labels import MaskArray


def dice(prediction: MaskArray, truth: MaskArray, *, empty: float = nan) -> float:
    """Dice coefficient, twice the shared voxels over the sum of both sizes.

    Args:
        prediction: Boolean, any shape.
        truth: Boolean, the same shape.
        empty: Result when both masks are empty. When only one is empty the result is 0.

    Returns:
        Ratio from 0 to 1.

    >>> dice(np.array([True, True, False]), np.array([False, True, False]))
    0.6666666666666666
    """
    size = int(np.count_nonzero(prediction) + np.count_nonzero(truth))
    return 2 * _shared(prediction, truth) / size if size else empty


def jaccard(prediction: MaskArray, truth: MaskArray, *, empty: float = nan) -> float:
    """Jaccard index, the shared voxels over the voxels in either mask.

    Args:
        prediction: Boolean, any shape.
        truth: Boolean, the same shape.
        empty: Result when both masks are empty. When only one is empty the result is 0.

    Returns:
        Ratio from 0 to 1.

    >>> jaccard(np.array([True, True, False]), np.array([False, True, False]))
    0.5
    """
    shared = _shared(prediction, truth)
    union = int(np.count_nonzero(prediction) + np.count_nonzero(truth)) - shared
    return shared / union if union else empty


def _shared(prediction: MaskArray, truth: MaskArray) -> int:
    assert prediction.shape == truth.shape, f"masks of shapes {prediction.shape} and {truth.shape}"
    return int(np.count_nonzero(prediction & truth))
