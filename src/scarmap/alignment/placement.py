"""Put one sequence on another's grid by the scanner's geometry, interpolated once.

A stack's slices are far apart and each is its own breath-hold, so nothing is interpolated between
them: a slice is taken from the nearest plane, or the sequence has none there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.errors import GeometryError
from scarmap.volume import Grid, ImageArray, Volume

LARGEST_TILT_DEG = 10.0
"""Between two stacks of the same view; a heart's border then lies 6 mm off the plane."""
SLACK = 1e-3
"""Share of the distance between slices that rounding in headers may add."""


@dataclass(frozen=True)
class Partner:
    """The slice of another stack that shows a slice's plane.

    Attributes:
        number: Its number in its own stack, from 0.
        distance_mm: From the middle of the slice to its plane.
    """

    number: int
    distance_mm: float


Partners = tuple[Partner | None, ...]
"""One entry for each slice of a grid; None where the other stack has no plane there."""


def columns_mm(grid: Grid) -> NDArray[np.float64]:
    """Steps from voxel to voxel in the patient, (3, 3), as long as the header's `pixdim` states.

    Raises:
        GeometryError: The header does not say where the slices lie.
    """
    columns = grid.affine[:3, :3]
    lengths = np.linalg.norm(columns, axis=0)
    if not (np.isfinite(columns).all() and lengths.all() and abs(np.linalg.det(columns)) > 0):
        raise GeometryError(
            f"The header of {grid.source} does not say where its slices lie in the patient, so it "
            "cannot be put beside another image. Export the series again with its orientation."
        )
    steps: NDArray[np.float64] = columns / lengths * np.array(grid.spacing_mm)
    return steps


def find_partners(grid: Grid, other: Grid) -> Partners:
    """The plane of another stack that is nearest to each slice, at most half a slice distance away.

    Distances are measured from the middle of each slice, and half of the grid's own slice distance
    counts, so a plane is not used for slices that it does not show.

    Args:
        grid: The stack to be filled.
        other: The stack to take slices from.

    Raises:
        GeometryError: The two stacks are not of the same view, or a header has no orientation.
    """
    normal, other_normal = normal_of(grid), normal_of(other)
    tilt_deg = float(np.rad2deg(np.arccos(min(1.0, abs(float(normal @ other_normal))))))
    if tilt_deg > LARGEST_TILT_DEG:
        raise GeometryError(
            f"{other.source} is tilted by {tilt_deg:.0f} degrees against {grid.source}, so the two "
            f"do not show the same slices (allowed: {LARGEST_TILT_DEG:g} degrees). Give images of "
            "the same view."
        )
    apart = (_middles(grid)[:, None] - _middles(other)[None]) @ other_normal
    nearest = np.abs(apart).argmin(1)
    allowed = (0.5 + SLACK) * grid.spacing_mm[2]
    found = [(int(k), float(abs(apart[z, k]))) for z, k in enumerate(nearest)]
    return tuple(Partner(k, mm) if mm <= allowed else None for k, mm in found)


def normal_of(grid: Grid) -> NDArray[np.float64]:
    """Unit vector across a grid's slices."""
    steps = columns_mm(grid)
    across = np.cross(steps[:, 0], steps[:, 1])
    unit: NDArray[np.float64] = across / np.linalg.norm(across)
    return unit


def _middles(grid: Grid) -> NDArray[np.float64]:
    steps, (across, down, depth) = columns_mm(grid), grid.shape
    first = grid.affine[:3, 3] + steps[:, :2] @ ((across - 1) / 2, (down - 1) / 2)
    middles: NDArray[np.float64] = first + np.arange(depth)[:, None] * steps[:, 2]
    return middles


def place(
    image: Volume,
    grid: Grid,
    partners: Sequence[Partner | None],
    moves_mm: NDArray[np.float64] | None = None,
) -> Volume:
    """Resample an image in the plane onto a grid, with one linear interpolation.

    Args:
        image: The image of another sequence.
        grid: Where it is to lie.
        partners: Its slice for each slice of the grid, from `find_partners`.
        moves_mm: (Z, 2), how far the content of each slice is moved along the grid's first and
            second axis; None moves nothing.

    Returns:
        The image on the grid. A slice without a partner is zero everywhere, which networks take for
        a sequence that is not there; what a partner does not cover is filled with the image's
        minimum.
    """
    moves = np.zeros((len(partners), 2)) if moves_mm is None else moves_mm
    array = np.zeros(grid.shape, dtype=np.float32)
    smoothed: dict[int, ImageArray] = {}
    for z, (partner, move) in enumerate(zip(partners, moves, strict=True)):
        if partner is None:
            continue
        matrix, offset = _in_plane(image.grid, grid, partner.number, z, move)
        if partner.number not in smoothed:
            smoothed[partner.number] = _without_detail(image.array[..., partner.number], matrix)
        array[..., z] = ndimage.affine_transform(
            smoothed[partner.number],
            matrix,
            offset,
            output_shape=grid.shape[:2],
            output=np.float32,
            order=1,
            mode="grid-constant",
            cval=float(image.array.min()),
        )
    return Volume(array, grid)


def _in_plane(
    source: Grid, target: Grid, number: int, z: int, move_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From pixels of a target slice to pixels of a source slice, which is met along its normal."""
    wanted, given = columns_mm(target), columns_mm(source)
    back = np.linalg.inv(np.column_stack([given[:, :2], normal_of(source)]))[:2]
    matrix = back @ wanted[:, :2]
    corner = target.affine[:3, 3] + z * wanted[:, 2]
    corner = corner - (wanted[:, :2] / target.spacing_mm[:2]) @ move_mm
    offset = back @ (corner - source.affine[:3, 3] - number * given[:, 2])
    return matrix.round(9), offset.round(6)


def _without_detail(slice_: ImageArray, matrix: NDArray[np.float64]) -> ImageArray:
    """The slice without what the coarser pixels of its target cannot hold."""
    ratio = np.linalg.norm(matrix, axis=1)
    if (ratio <= 1.1).all():
        return slice_
    smooth: ImageArray = ndimage.gaussian_filter(
        slice_, 0.45 * np.sqrt(np.maximum(ratio**2 - 1, 0))
    )
    return smooth


def working_grid(grid: Grid, pixel_mm: float) -> Grid:
    """The same slices with other pixels over the same field of view; its edges stay in place."""
    shape = [max(1, round(grid.shape[axis] * grid.spacing_mm[axis] / pixel_mm)) for axis in (0, 1)]
    zoom = np.array([grid.shape[axis] / shape[axis] for axis in (0, 1)])
    affine = grid.affine.copy()
    affine[:, :2] = grid.affine[:, :2] * zoom
    affine[:3, 3] += columns_mm(grid)[:, :2] @ ((zoom - 1) / 2)
    spacing = (grid.spacing_mm[0] * zoom[0], grid.spacing_mm[1] * zoom[1], grid.spacing_mm[2])
    sizes = (shape[0], shape[1], grid.shape[2])
    return replace(
        grid,
        shape=sizes,
        spacing_mm=(float(spacing[0]), float(spacing[1]), spacing[2]),
        affine=affine,
    )
