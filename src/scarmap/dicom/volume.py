"""Slices to a volume: array (X, Y, Z) with a RAS affine, every voxel where the scanner put it."""

from collections.abc import Sequence

import numpy as np

from scarmap.dicom.elements import Vector
from scarmap.dicom.frames import Frame
from scarmap.volume import Grid, ImageArray, Volume

TO_RAS = np.diag([-1.0, -1.0, 1.0])
"""DICOM's axes run to the left and to the back, NIfTI's to the right and to the front."""

FLAGGED_MM = 1.0
"""Smallest distance between a slice and its place on the even grid that is told."""

HEART_MM = 50.0
"""Reach of the heart from the middle of its picture, where that distance is measured."""


def stack_grid(frames: Sequence[Frame]) -> tuple[Grid, float]:
    """The even grid of parallel slices.

    Args:
        frames: One per slice, ascending along the normal.

    Returns:
        The grid, whose X runs along rows, Y down columns and Z along the normal, and the largest
        distance of a slice from it in millimetres, in the reach of the heart.
    """
    first = frames[0]
    assert first.axes is not None
    row, column, normal = *first.axes, first.normal
    heights = np.array([float(frame.position @ normal) for frame in frames])
    step = float(np.median(np.diff(heights))) if len(frames) > 1 else first.thickness_mm or 1.0
    down, across = first.spacing_mm
    ideal = first.position + step * np.arange(len(frames))[:, None] * normal
    offsets = np.stack([frame.position for frame in frames]) - ideal
    middle = offsets.mean(axis=0) if len(frames) > 1 else np.zeros(3)
    turned = np.stack([_landmarks(frame) for frame in frames]) - _landmarks(first)
    away = float(np.linalg.norm(offsets[:, None] - middle + turned, axis=2).max())
    if away < 1e-3:  # rounding of headers: the first slice is where it says
        middle = np.zeros(3)
    affine = np.eye(4)
    affine[:3, :3] = TO_RAS @ np.stack([row * across, column * down, normal * step], axis=1)
    affine[:3, 3] = TO_RAS @ (first.position + middle)
    shape = (first.shape[1], first.shape[0], len(frames))
    return Grid(shape, (across, down, step), affine), away


def _landmarks(frame: Frame) -> Vector:
    """(4, 3), from the first pixel to where the heart may end, along rows and columns."""
    assert frame.axes is not None
    (rows, columns), (down, across) = frame.shape, frame.spacing_mm
    middle = np.array([(columns - 1) / 2 * across, (rows - 1) / 2 * down])
    reach = HEART_MM * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    points: Vector = (middle + reach) @ frame.axes
    return points


def stack_volume(frames: Sequence[Frame], values: Sequence[ImageArray]) -> Volume:
    """A volume of slices.

    Args:
        frames: One per slice, ascending along the normal.
        values: (rows, columns) of each.
    """
    grid, _ = stack_grid(frames)
    array = np.stack([np.asarray(plane.T) for plane in values], axis=2)
    return Volume(array.astype(np.float32), grid)


def offset_flag(frames: Sequence[Frame]) -> str | None:
    """A sentence where slices lie off an even grid; None where they do not."""
    away = stack_grid(frames)[1]
    if away <= FLAGGED_MM:
        return None
    return (
        "its slices are not evenly spaced, or are shifted in the plane or turned a little, by up "
        f"to {away:.1f} mm from the even grid that its NIfTI file can hold"
    )
