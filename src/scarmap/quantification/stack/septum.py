"""The septum: where the right ventricle touches the left one, seen from the centre of that."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scarmap.labels import MaskArray
from scarmap.quantification.stack.chords import Numbers, directions_deg

_FARTHEST_MM = 5.0
"""A right ventricle farther than this from the left one does not touch it."""

_BEYOND_NEAREST = 0.5
"""Contact is what lies at most this many voxels farther from the right ventricle than the nearest
place: diagonal neighbours do, the next row does not."""


@dataclass(frozen=True)
class Septum:
    """The septum of one slice. Degrees from +X towards +Y, 0 up to 360.

    Attributes:
        middle_deg: Circular mean of the directions in which the right ventricle touches.
        low_deg: Where contact begins, going from +X towards +Y.
        high_deg: Where it ends.
    """

    middle_deg: float
    low_deg: float
    high_deg: float


def find_septum(
    ventricle: MaskArray,
    right: MaskArray,
    *,
    centre: tuple[float, float],
    spacing_mm: tuple[float, float],
) -> Septum | None:
    """Find the septum of one slice from the contact of both ventricles.

    Source: contact of the dilated right ventricle with the left one's outer contour, as
        ukbb_cardiac finds the septum.
    Differs: distances in millimetres instead of dilations, and the circular mean of all contact
        instead of the middle entry of a list, which fails where the list begins inside the septum.

    Args:
        ventricle: (X, Y), left ventricle, cavity and wall.
        right: (X, Y), cavity of the right ventricle.
        centre: Centre of the left ventricle in voxels.
        spacing_mm: Voxel size along (X, Y).

    Returns:
        The septum, or None where the right ventricle is missing or does not touch.
    """
    if not right.any() or not ventricle.any():
        return None
    filled = ndimage.binary_fill_holes(ventricle)
    border = filled & ~ndimage.binary_erosion(filled)
    distance = ndimage.distance_transform_edt(~right, sampling=spacing_mm)
    nearest = float(distance[border].min())
    if nearest > _FARTHEST_MM:
        return None
    contact = border & (distance <= nearest + _BEYOND_NEAREST * max(spacing_mm))
    angles = directions_deg(np.nonzero(contact), centre=centre, spacing_mm=spacing_mm)
    middle = mean_direction(angles)
    turned = turn_deg(angles, middle)
    return Septum(
        middle, float(middle + turned.min()) % 360.0, float(middle + turned.max()) % 360.0
    )


def mean_direction(angles_deg: Numbers) -> float:
    """Circular mean of directions, 0 up to 360; it does not mind the jump at 360.

    >>> round(mean_direction(np.array([350.0, 30.0])), 6)
    10.0
    """
    turned = np.deg2rad(angles_deg)
    return float(np.rad2deg(np.arctan2(np.sin(turned).sum(), np.cos(turned).sum()))) % 360.0


def turn_deg(angles_deg: Numbers, origin_deg: float) -> Numbers:
    """Smallest turn from one direction to others, -180 up to 180.

    >>> turn_deg(np.array([10.0, 350.0]), 350.0).tolist()
    [20.0, 0.0]
    """
    turned: Numbers = (np.asarray(angles_deg) - origin_deg + 180.0) % 360.0 - 180.0
    return turned
