"""A slice of a mask as run lengths, the way pages send it."""

from collections.abc import Sequence

import numpy as np

from scarmap.errors import DataError
from scarmap.labels import INDEX, LabelArray


def encode(plane: LabelArray) -> list[int]:
    """Run lengths of a slice.

    Args:
        plane: (X, Y), tissue indices.

    Returns:
        Value and count in turn, row after row from the first Y on.

    >>> encode(np.array([[1, 1], [1, 0]], dtype=np.uint8))
    [1, 3, 0, 1]
    """
    pixels = plane.T.ravel()
    starts = np.flatnonzero(np.diff(pixels, prepend=pixels[0] + 1))
    counts = np.diff(starts, append=pixels.size)
    return np.stack([pixels[starts], counts], axis=1).ravel().tolist()


def decode(runs: Sequence[int], *, width: int, height: int) -> LabelArray:
    """The slice that `encode` made run lengths of.

    Args:
        runs: Value and count in turn.
        width: Voxels along X.
        height: Voxels along Y.

    Returns:
        (X, Y).

    Raises:
        DataError: These are no run lengths of such a slice.
    """
    if len(runs) % 2 or not runs or len(runs) > 2 * width * height:
        raise DataError("A slice is sent as run lengths: value and count in turn.")
    values, counts = np.array(runs[::2]), np.array(runs[1::2])
    if min(runs) < 0 or counts.min() < 1 or values.max() >= len(INDEX):
        raise DataError(f"A slice holds tissues 0 to {len(INDEX) - 1}, each run of at least one.")
    if max(runs[1::2]) > width * height or int(counts.sum()) != width * height:
        raise DataError(f"The slice does not hold {width} x {height} pixels.")
    pixels = np.repeat(values.astype(np.uint8), counts)
    return np.ascontiguousarray(pixels.reshape(height, width).T)
