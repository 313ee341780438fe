"""From a mask (X, Y, Z) in any stored order to the pixels of its frames."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from scarmap.dicom.out.source import Source, grid_of
from scarmap.errors import GeometryError
from scarmap.labels import LabelArray
from scarmap.volume import Grid, LabelMap

TOLERANCE_MM = 0.5
"""In plane: header rounding is far below, another series' field of view far above."""

STEP_TOLERANCE = 0.1
"""Share of the step from slice to slice by which mask and frames may differ in it."""


def on_frames(labels: LabelMap, source: Source) -> LabelArray:
    """The mask of each frame, for a mask whose array follows the frames.

    Args:
        labels: X is the column, Y the row and Z the frame.
        source: The frames, in the array's order.

    Returns:
        (frames, rows, columns).

    Raises:
        GeometryError: The sizes differ.
    """
    expected = (source.columns, source.rows, len(source.frames))
    if labels.array.shape != expected:
        raise GeometryError(
            f"The mask has {labels.array.shape} voxels, its series {expected} (columns, rows, "
            "frames). Give the mask on the grid of the LGE images, all slices of it."
        )
    return np.ascontiguousarray(np.transpose(labels.array, (2, 1, 0)))


def turned_to_frames(labels: LabelMap, source: Source) -> LabelMap | None:
    """The mask with its axes as the frames have them; None where it lies elsewhere.

    Other software stores the same mask with rows or slices reversed, or with X and Y exchanged; its
    affine says so. Slices are told apart by their order: a stack with a gap, or one whose slices
    were shifted, fits no affine exactly, so beyond the direction and size of the planes only one
    end of the stack must coincide, or its middle.

    Args:
        labels: A mask of any order of axes whose third axis is that of the slices.
        source: The frames.
    """
    grid = grid_of(source)
    for exchanged, flips in product((False, True), product((False, True), repeat=3)):
        candidate = _turned(labels, exchanged, flips)
        if candidate.grid.shape == grid.shape and _fits(candidate.grid, source, grid):
            return LabelMap(candidate.array, grid)
    return None


def _turned(labels: LabelMap, exchanged: bool, flips: tuple[bool, ...]) -> LabelMap:
    array, affine = labels.array, labels.grid.affine.copy()
    spacing = list(labels.grid.spacing_mm)
    if exchanged:
        array = np.swapaxes(array, 0, 1)
        affine[:, [0, 1]] = affine[:, [1, 0]]
        spacing[:2] = spacing[1], spacing[0]
    for axis, flipped in enumerate(flips):
        if flipped:
            array = np.flip(array, axis)
            affine[:, 3] += affine[:, axis] * (array.shape[axis] - 1)
            affine[:, axis] *= -1
    shape = (array.shape[0], array.shape[1], array.shape[2])
    return LabelMap(array, Grid(shape, (spacing[0], spacing[1], spacing[2]), affine))


def _fits(mask: Grid, source: Source, grid: Grid) -> bool:
    step_mm = grid.spacing_mm[2]
    steps = np.linalg.norm(mask.affine[:3, 2] - grid.affine[:3, 2])
    if grid.shape[2] > 1 and steps > STEP_TOLERANCE * step_mm:
        return False
    columns, rows = np.meshgrid((0, source.columns - 1), (0, source.rows - 1))
    depth = np.arange(len(source.frames))
    index = np.array(
        [[x, y, z, 1.0] for z in depth for x, y in zip(columns.flat, rows.flat, strict=True)]
    ).T
    away = (mask.affine @ index)[:3].reshape(3, len(depth), 4) - _corners(source, columns, rows)
    moved = away.mean(axis=2)
    turned_mm = np.linalg.norm(away - moved[:, :, None], axis=0).max()
    anchors = (moved[:, 0], moved[:, -1], moved.mean(axis=1), np.median(moved, axis=1))
    return bool(turned_mm <= TOLERANCE_MM) and any(
        np.linalg.norm(each) <= TOLERANCE_MM for each in anchors
    )


def _corners(
    source: Source, columns: NDArray[np.int_], rows: NDArray[np.int_]
) -> NDArray[np.float64]:
    """Corner pixels of every frame as headers place them, right-anterior-head, (3, Z, 4)."""
    down_mm, across_mm = source.pixel_spacing_mm
    in_plane = (
        source.row_direction[:, None] * columns.ravel() * across_mm
        + source.column_direction[:, None] * rows.ravel() * down_mm
    )
    positions = np.array([frame.position_mm for frame in source.frames]).T
    turned = np.array([-1.0, -1.0, 1.0])[:, None, None]
    placed: NDArray[np.float64] = turned * (positions[:, :, None] + in_plane[:, None, :])
    return placed
