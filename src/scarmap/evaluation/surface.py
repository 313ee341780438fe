"""Distances between the surfaces of two masks, in millimetres.

The surface of a mask is made of its voxels that touch the background through a face; what lies
outside the array is background. In a stack of one slice every voxel therefore belongs to the
surface. Distances run from voxel centre to voxel centre, from each surface voxel of one mask to the
nearest surface voxel of the other. The three numbers agree with MONAI's
`compute_hausdorff_distance` and `compute_average_surface_distance(symmetric=True)`, except that an
empty mask gives NaN here and infinity there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.labels import MaskArray


@dataclass(frozen=True)
class SurfaceErrors:
    """Surface metrics of one pair of masks, in millimetres.

    Attributes:
        hausdorff_mm: The largest distance.
        hausdorff95_mm: The larger of the two directed 95th percentiles, interpolated linearly.
        assd_mm: Average symmetric surface distance: the mean over the surface voxels of both masks
            together.
    """

    hausdorff_mm: float
    hausdorff95_mm: float
    assd_mm: float


def hausdorff_mm(prediction: MaskArray, truth: MaskArray, *, spacing_mm: Sequence[float]) -> float:
    """Hausdorff distance: from the worst surface voxel of either mask to the other's surface.

    Args:
        prediction: Boolean, any number of axes.
        truth: Boolean, the same shape.
        spacing_mm: Distance between voxel centres along each axis.

    Returns:
        Millimetres; NaN when either mask is empty.

    >>> line = np.arange(6)
    >>> hausdorff_mm(line < 2, line < 5, spacing_mm=(1.5,))
    4.5
    """
    return surface_errors(prediction, truth, spacing_mm=spacing_mm).hausdorff_mm


def surface_errors(
    prediction: MaskArray, truth: MaskArray, *, spacing_mm: Sequence[float]
) -> SurfaceErrors:
    """All three surface metrics from one pair of distance transforms.

    Args:
        prediction: Boolean, any number of axes.
        truth: Boolean, the same shape.
        spacing_mm: Distance between voxel centres along each axis.

    Returns:
        The metrics, each NaN when either mask is empty.
    """
    assert prediction.shape == truth.shape, f"masks of shapes {prediction.shape} and {truth.shape}"
    if not (prediction.any() and truth.any()):
        return SurfaceErrors(nan, nan, nan)
    (box,) = ndimage.find_objects((prediction | truth).astype(np.int8))
    first, second = _surface(prediction[box]), _surface(truth[box])
    there, back = _distances_mm(first, second, spacing_mm), _distances_mm(second, first, spacing_mm)
    return SurfaceErrors(
        hausdorff_mm=float(max(there.max(), back.max())),
        hausdorff95_mm=float(max(np.percentile(there, 95), np.percentile(back, 95))),
        assd_mm=float(np.concatenate([there, back]).mean()),
    )


def _surface(mask: MaskArray) -> MaskArray:
    inside: MaskArray = ndimage.binary_erosion(mask)
    return mask & ~inside


def _distances_mm(
    start: MaskArray, goal: MaskArray, spacing_mm: Sequence[float]
) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(
        ~goal, sampling=tuple(spacing_mm)
    )
    return distance[start]
