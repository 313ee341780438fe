"""Where the slices of a phantom lie: voxels, oblique affine and heights in the heart."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from scarmap.errors import DataError
from scarmap.phantom.contour import Field
from scarmap.phantom.heart.anatomy import Points
from scarmap.phantom.scan.protocol import Style
from scarmap.volume import Grid


@dataclass(frozen=True)
class Placement:
    """Where stacks of a style lie.

    Attributes:
        lowest_mm: Least height of the lowest slice above the epicardial apex.
        highest: Height of the highest slice that fits, a share of the heart's length.
        spread_mm: Standard deviation of the stack's middle.
        narrowest: Least width of the image over its height.
        upright: Share of studies whose affine hides that they are oblique.
        basal_first: Share of studies that count their slices from the base.
    """

    lowest_mm: float
    highest: float
    spread_mm: float
    narrowest: float
    upright: float
    basal_first: float


PLACEMENTS: Mapping[str, Placement] = {
    "myops2020": Placement(14.0, 0.93, 3.0, 0.95, 0.0, 0.0),
    "emidec": Placement(13.0, 1.0, 3.0, 0.62, 1.0, 0.0),
    "random": Placement(4.0, 1.12, 6.0, 0.65, 0.3, 0.25),
}
"""Placements by style, as the data sets have them: no slice of MyoPS 2020 or of EMIDEC misses the
left ventricle."""

SUB_SLICES = (-0.4, -0.2, 0.0, 0.2, 0.4)
"""Thin planes that are averaged into a slice, as shares of its thickness from its middle."""

TILT_DEG = 3.5
"""Spread of the angle between the stack's normal and the heart's axis, about each axis of the
plane."""


@dataclass(frozen=True)
class Geometry:
    """One stack of short-axis slices.

    Attributes:
        grid: Voxels in the scanner's frame.
        pixel_mm: Width of a voxel in the plane.
        thickness_mm: Thickness of a slice, without the gap.
        heights_mm: (Z,), height above the epicardial apex at which the heart's axis crosses each
            slice.
        pivot_mm: Height about which the stack is tilted.
        tilt: (3, 3), rotation from the stack (lateral, anterior, along its normal to the base) to
            the heart.
        centre_mm: Where the left ventricle's axis crosses the pivot, from the centre of the array
            along (X, Y).
        anterior: 1 when Y runs to the anterior wall, -1 when it runs away from it.
    """

    grid: Grid
    pixel_mm: float
    thickness_mm: float
    heights_mm: Field
    pivot_mm: float
    tilt: NDArray[np.float64]
    centre_mm: tuple[float, float]
    anterior: int


def draw_geometry(
    rng: np.random.Generator,
    style: Style,
    *,
    heart_length_mm: float,
    num_slices: int | None = None,
    in_plane: int | None = None,
) -> Geometry:
    """Draw the slices of one study.

    Args:
        rng: Source of randomness.
        style: Sizes and numbers to draw from.
        heart_length_mm: Apex to base; the stack lies about the middle of the heart.
        num_slices: Number of slices; drawn when None.
        in_plane: Voxels along X and Y over the same field of view; drawn when None.

    Raises:
        DataError: Fewer than one slice, or fewer than 16 voxels along a side.
    """
    if (num_slices is not None and num_slices < 1) or (in_plane is not None and in_plane < 16):
        raise DataError(
            f"A phantom of {num_slices} slices with {in_plane} voxels a side cannot be made; it "
            "needs at least 1 slice and 16 voxels."
        )
    place = PLACEMENTS[style.name]
    spacing, count = _draw_stack(rng, style, place, num_slices, heart_length_mm)
    pixel = float(rng.uniform(*style.pixel_mm))
    field_mm = rng.uniform(*style.field_of_view_mm, 2) * (rng.uniform(place.narrowest, 1), 1)
    shape = [round(float(length) / pixel) for length in field_mm]
    if in_plane is not None:
        shape, pixel = [in_plane, in_plane], float(np.mean(field_mm)) / in_plane
    heights = (np.arange(count) - (count - 1) / 2) * spacing
    heights += max(
        0.51 * heart_length_mm + float(rng.normal(0, place.spread_mm)), place.lowest_mm - heights[0]
    )
    centre = (0.03 * field_mm[0] + rng.normal(0, 8), rng.normal(0, 8))
    tilt = np.deg2rad(np.clip(rng.normal(0, TILT_DEG, 2), -9, 9))
    rotation = np.asarray(
        Rotation.from_rotvec([tilt[0], tilt[1], 0.0]).as_matrix(), dtype=np.float64
    )
    heights = heights.mean() + (heights - heights.mean()) / rotation[2, 2]
    upright = bool(rng.random() < place.upright)
    axes = np.diag([-1.0, -1.0, 1.0]) if upright else _oblique_axes(rng)
    if rng.random() < place.basal_first:
        axes, heights = axes * (1, 1, -1), heights[::-1]
    steps = (pixel, pixel, spacing)
    grid_shape = (shape[0], shape[1], count)
    affine = np.eye(4)
    affine[:3, :3] = axes * steps
    affine[:3, 3] = rng.normal(0, 15, 3) - affine[:3, :3] @ (np.array(grid_shape) - 1) / 2
    return Geometry(
        grid=Grid(grid_shape, steps, affine),
        pixel_mm=pixel,
        thickness_mm=min(float(rng.uniform(*style.thickness_mm)), spacing),
        heights_mm=heights.astype(np.float32),
        pivot_mm=float(heights.mean()),
        tilt=rotation,
        centre_mm=(float(centre[0]), float(centre[1])),
        anterior=-1 if upright else 1,
    )


def plane_coordinates(geometry: Geometry, shift_mm: tuple[float, ...]) -> tuple[Field, Field]:
    """Lateral and anterior distance of each voxel from the middle of the stack.

    Args:
        geometry: The stack.
        shift_mm: Movement of the patient along (X, Y) of the array.

    Returns:
        (X, 1) and (1, Y), float32, millimetres.
    """
    lateral, anterior = (
        (np.arange(size) - (size - 1) / 2) * geometry.pixel_mm - centre - shift
        for size, centre, shift in zip(
            geometry.grid.shape[:2], geometry.centre_mm, shift_mm, strict=True
        )
    )
    return (
        lateral.astype(np.float32)[:, None],
        (geometry.anterior * anterior).astype(np.float32)[None, :],
    )


def heart_points(
    geometry: Geometry, lateral_mm: Field, anterior_mm: Field, *, heights_mm: Field
) -> Points:
    """Where points of the stack's planes lie in the heart.

    Args:
        geometry: The stack.
        lateral_mm: Lateral distance from the middle of the stack.
        anterior_mm: Anterior distance from it.
        heights_mm: Height at which the heart's axis crosses the plane of each point; all three
            broadcast.

    Returns:
        Points of the common shape, float32.
    """
    along = (heights_mm - geometry.pivot_mm) * geometry.tilt[2, 2]
    u_mm, v_mm, w_mm = (
        (row[0] * lateral_mm + row[1] * anterior_mm + row[2] * along).astype(np.float32)
        for row in geometry.tilt
    )
    return Points(u_mm, v_mm, (w_mm + geometry.pivot_mm).astype(np.float32))


def axis_crossing(geometry: Geometry, heights_mm: Field) -> tuple[Field, Field]:
    """Lateral and anterior distance of the heart's axis from the stack's middle in each plane."""
    away = (heights_mm - geometry.pivot_mm).astype(np.float32)
    return away * np.float32(geometry.tilt[2, 0]), away * np.float32(geometry.tilt[2, 1])


def sub_slices(geometry: Geometry, heights_mm: Field) -> Field:
    """Thin planes that are averaged into slices: heights (Z,) to (Z, n)."""
    thickness = geometry.thickness_mm / geometry.tilt[2, 2]
    thin: Field = (heights_mm[:, None] + np.array(SUB_SLICES) * thickness).astype(np.float32)
    return thin


def _draw_stack(
    rng: np.random.Generator,
    style: Style,
    place: Placement,
    num_slices: int | None,
    length_mm: float,
) -> tuple[float, int]:
    spacing = float(rng.uniform(*style.spacing_mm))
    room_mm = place.highest * length_mm - place.lowest_mm
    drawn = int(rng.integers(style.slices[0], style.slices[1] + 1))
    count = max(min(drawn, int(room_mm / spacing) + 1), 2) if num_slices is None else num_slices
    if count > 1 and (count - 1) * spacing > room_mm:
        spacing = room_mm / (count - 1)
    return spacing, count


def _oblique_axes(rng: np.random.Generator) -> NDArray[np.float64]:
    """Unit vectors of X, Y and Z; right, anterior and superior are positive."""
    to_base = np.array([0.64, -0.68, 0.34]) + rng.normal(0, 0.08, 3)
    to_base /= np.linalg.norm(to_base)
    up = np.array([0.0, 0.0, 1.0]) - to_base[2] * to_base
    up /= np.linalg.norm(up)
    across = np.cross(to_base, up)
    roll = np.deg2rad(np.clip(rng.normal(0, 7), -15, 15))
    first = np.cos(roll) * across + np.sin(roll) * up
    return np.stack([first, np.cos(roll) * up - np.sin(roll) * across, to_base], axis=1)
