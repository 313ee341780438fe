"""Where the slices of a phantom lie: numbers of voxels, their size, an oblique affine and heights in the heart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import DataError
from scarmap.phantom.contour import Field
from scarmap.volume import Grid

LOWEST_MM = 13.0
"""Height of the lowest slice that a stack may have; below it there is no blood."""


@dataclass(frozen=True)
class Geometry:
    """One stack of short-axis slices.

    Attributes:
        grid: Voxels in the scanner's frame.
        pixel_mm: Width of a voxel in the plane.
        thickness_mm: Thickness of a slice, without the gap.
        heights_mm: (Z,), height of each slice above the epicardial apex, from the apex to the base.
        centre_mm: Where the left ventricle's axis crosses the plane, from the centre of the array along (X, Y).
        anterior: 1 when Y runs to the anterior wall, -1 when it runs away from it.
    """

    grid: Grid
    pixel_mm: float
    thickness_mm: float
    heights_mm: Field
    centre_mm: tuple[float, float]
    anterior: int


def draw_geometry(rng: np.random.Generator, layout: str, *, num_slices: int | None, in_plane: int | None) -> Geometry:
    """Draw the slices of one study as the data set of a layout has them.

    Args:
        rng: Source of randomness.
        layout: "myops2020" or "emidec".
        num_slices: Number of slices; drawn when None.
        in_plane: Voxels along X and Y over the same field of view; drawn when None.

    Raises:
        DataError: Fewer than one slice, or fewer than 16 voxels along a side.
    """
    if (num_slices is not None and num_slices < 1) or (in_plane is not None and in_plane < 16):
        raise DataError(
            f"A phantom of {num_slices} slices with {in_plane} voxels a side cannot be made; it needs at least 1 "
            f"slice and 16 voxels."
        )
    emidec = layout == "emidec"
    spacing, count = _draw_stack(rng, emidec, num_slices)
    pixel = float(rng.uniform(1.37, 1.46) if emidec else rng.uniform(0.729, 0.762))
    field_mm = rng.uniform(300, 360, 2) if emidec else rng.uniform(330, 372, 2)
    shape = [round(float(length) / pixel) for length in field_mm]
    if in_plane is not None:
        shape, pixel = [in_plane, in_plane], float(field_mm.mean()) / in_plane
    middle = 48 + float(rng.normal(0, 3))
    heights = (np.arange(count) - (count - 1) / 2) * spacing
    heights += max(middle, LOWEST_MM - heights[0])
    centre = (0.03 * field_mm[0] + rng.normal(0, 8), rng.normal(0, 8))
    grid_shape, steps = (shape[0], shape[1], count), (pixel, pixel, spacing)
    axes = np.diag([-1.0, -1.0, 1.0]) if emidec else _oblique_axes(rng)
    affine = np.eye(4)
    affine[:3, :3] = axes * steps
    affine[:3, 3] = rng.normal(0, 15, 3) - affine[:3, :3] @ (np.array(grid_shape) - 1) / 2
    return Geometry(
        Grid(grid_shape, steps, affine),
        pixel,
        float(rng.uniform(5, 8)) if not emidec else 8.0,
        heights.astype(np.float32),
        (float(centre[0]), float(centre[1])),
        -1 if emidec else 1,
    )


def plane_coordinates(geometry: Geometry, shift_mm: tuple[float, ...]) -> tuple[Field, Field]:
    """Lateral and anterior distance of each voxel from the left ventricle's axis.

    Args:
        geometry: The stack.
        shift_mm: Movement of the patient along (X, Y) of the array.

    Returns:
        (X, 1) and (1, Y), float32, millimetres.
    """
    lateral, anterior = (
        (np.arange(size) - (size - 1) / 2) * geometry.pixel_mm - centre - shift
        for size, centre, shift in zip(geometry.grid.shape[:2], geometry.centre_mm, shift_mm, strict=True)
    )
    return (
        lateral.astype(np.float32)[:, None],
        (geometry.anterior * anterior).astype(np.float32)[None, :],
    )


def _draw_stack(rng: np.random.Generator, emidec: bool, num_slices: int | None) -> tuple[float, int]:
    spacing = 10.0 if emidec else float(rng.choice([12.0, 14.0, 23.0]))
    drawn = int(rng.integers(5, 11)) if emidec else int(rng.integers(3, 4 if spacing > 20 else 7))
    count = drawn if num_slices is None else num_slices
    if count > 1 and (count - 1) * spacing > 90:
        spacing = 80.0 / (count - 1)
    elif not emidec and count > 1 and (count - 1) * spacing > 72:
        spacing = max(72.0 / (count - 1), 12.0)
    return spacing, count


def _oblique_axes(rng: np.random.Generator) -> NDArray[np.float64]:
    """Unit vectors of X, Y and Z in the scanner's frame (right, anterior and superior are positive)."""
    to_base = np.array([0.68, -0.66, 0.32]) + rng.normal(0, 0.08, 3)
    to_base /= np.linalg.norm(to_base)
    up = np.array([0.0, 0.0, 1.0]) - to_base[2] * to_base
    up /= np.linalg.norm(up)
    return np.stack([np.cross(to_base, up), up, to_base], axis=1)
