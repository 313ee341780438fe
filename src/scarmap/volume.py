"""Images, label maps and cases: arrays (X, Y, Z) that know where they lie in the patient.

The slice axis is the third array axis. Short-axis stacks are oblique, so nothing here reorients an
array to an anatomical frame: a mask goes back to disk voxel for voxel as its image came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.errors import DataError, GeometryError
from scarmap.labels import LabelArray

ImageArray = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)
Stack = TypeVar("Stack", "Volume", "LabelMap")


@dataclass(frozen=True)
class Grid:
    """Where voxels lie.

    Attributes:
        shape: Number of voxels along (X, Y, Z).
        spacing_mm: Distance between voxel centres along (X, Y, Z). It is the header's `pixdim`,
            which wins over the affine's column norms where the two disagree, as they do in EMIDEC.
        affine: Voxel indices to millimetres, (4, 4).
        source: File whose header a result on this grid is written back with; None for arrays made
            in memory.
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    affine: NDArray[np.float64]
    source: Path | None = None

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres; slice gaps count towards their slice."""
        return float(np.prod(self.spacing_mm)) / 1000.0


@dataclass(frozen=True)
class Volume:
    """One image. `array`: (X, Y, Z), float32, finite, scanner units."""

    array: ImageArray
    grid: Grid


@dataclass(frozen=True)
class LabelMap:
    """One segmentation. `array`: (X, Y, Z), uint8, indices into `scarmap.labels.TISSUES`."""

    array: LabelArray
    grid: Grid


@dataclass(frozen=True)
class Case:
    """One study: images of one or more sequences on one grid and, where they exist, its labels.

    Attributes:
        name: Case identifier; never a patient's name.
        layout: Label layout, which decides the codes that masks are written in.
        images: Sequence name ("LGE", "T2", "bSSFP") to image.
        labels: The truth, or None.
        left_out: Sequences whose images lie on another grid and were therefore not taken.
    """

    name: str
    layout: str
    images: Mapping[str, Volume]
    labels: LabelMap | None = None
    left_out: tuple[str, ...] = ()

    @property
    def grid(self) -> Grid:
        """The grid that all images of the case share; that of its labels where it has no image.

        Raises:
            DataError: The case has neither.
        """
        for image in self.images.values():
            return image.grid
        if self.labels is None:
            raise DataError(
                f"Case {self.name} has neither an image nor labels. Give it at least one of them."
            )
        return self.labels.grid


def check_same_grid(
    first: Grid, second: Grid, *, what: str, tolerance_mm: float = 0.5, remedy: str = ""
) -> None:
    """Raise unless two grids place every corner voxel within a tolerance of each other.

    Args:
        first: The grid to compare with.
        second: The grid in question.
        what: Names both, for the message: "the T2 image /a/b.nii.gz and the LGE image /a/c.nii.gz".
        tolerance_mm: Largest allowed distance; header rounding is far below it, a shifted scan far
            above.
        remedy: Ends the message, for whoever can do more about it.

    Raises:
        GeometryError: Shapes differ, or a corner is further apart than the tolerance.
    """
    end = f" {remedy}" if remedy else ""
    if first.shape != second.shape:
        raise GeometryError(
            f"{what} have different sizes, {first.shape} and {second.shape} voxels. All sequences "
            f"and masks of a case must lie on one grid: resample them to one image first.{end}"
        )
    distance_mm = corner_distance_mm(first, second)
    if distance_mm > tolerance_mm:
        raise GeometryError(
            f"{what} lie on different grids: their corners are up to {distance_mm:.1f} mm apart "
            f"(allowed: {tolerance_mm:g} mm). Resample one to the other, or copy the right header "
            f"if only that is wrong.{end}"
        )


def corner_distance_mm(first: Grid, second: Grid) -> float:
    """Largest distance in millimetres between the same corner voxel of two grids of equal shape."""
    corners = np.array(
        np.meshgrid(*[(0, size - 1) for size in first.shape], indexing="ij")
    ).reshape(3, -1)
    homogeneous = np.vstack([corners, np.ones(corners.shape[1])])
    offset = (first.affine - second.affine) @ homogeneous
    spacing = corners * (np.subtract(first.spacing_mm, second.spacing_mm))[:, None]
    placed = np.linalg.norm(offset[:3], axis=0).max()
    return float(max(placed, np.abs(spacing).max()))


def crop_or_pad(
    array: NDArray[Scalar], *, centre: tuple[float, float], size: tuple[int, int], fill: float = 0
) -> NDArray[Scalar]:
    """Cut a window out of the first two axes; what lies outside the array is filled.

    Args:
        array: (X, Y, ...).
        centre: Centre of the window in voxels, (x, y).
        size: Size of the window in voxels, (x, y).
        fill: Value outside the array.

    Returns:
        (size[0], size[1], ...), same dtype.
    """
    window = np.full((*size, *array.shape[2:]), fill, dtype=array.dtype)
    source, target = _overlap(array.shape[:2], centre, size)
    window[target] = array[source]
    return window


def _overlap(
    shape: tuple[int, ...], centre: tuple[float, float], size: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    source, target = [], []
    for length, middle, extent in zip(shape, centre, size, strict=True):
        start = round(middle - extent / 2)
        low, high = max(start, 0), min(start + extent, length)
        source.append(slice(low, max(high, low)))
        target.append(slice(low - start, max(high, low) - start))
    return (source[0], source[1]), (target[0], target[1])


def resample_in_plane(
    array: NDArray[Scalar], *, shape: tuple[int, int], order: Literal[0, 1] = 1
) -> NDArray[Scalar]:
    """Resample the first two axes to a new number of voxels over the same field of view.

    Voxel edges stay in place (the first and last voxel keep their outer borders), so resampling
    there and back moves nothing.

    Args:
        array: (X, Y, ...), floating for `order=1`.
        shape: New size (x, y).
        order: 1 for linear (images, probabilities), 0 for nearest (labels).

    Returns:
        (x, y, ...), same dtype.
    """
    if tuple(array.shape[:2]) == tuple(shape):
        return array
    zoom = [new / old for new, old in zip(shape, array.shape[:2], strict=True)]
    resampled = np.empty((*shape, *array.shape[2:]), dtype=array.dtype)
    for plane in np.ndindex(
        array.shape[2:]
    ):  # plane by plane: a zoom over all axes interpolates along each of them
        image = cast("Any", array[(..., *plane)])
        resampled[(..., *plane)] = ndimage.zoom(
            image, zoom, order=order, mode="nearest", grid_mode=True
        )
    return resampled


def take_slices(stack: Stack, start: int, stop: int) -> Stack:
    """Some neighbouring slices of an image or a mask, where they lie in the patient.

    Args:
        stack: The image or mask.
        start: First slice.
        stop: Slice after the last one.

    Returns:
        (X, Y, stop - start). Its grid has no `source`, as no file has its shape.

    Raises:
        GeometryError: There are no such slices.
    """
    grid, depth = stack.grid, stack.array.shape[2]
    if not 0 <= start < stop <= depth:
        where = f"{grid.source} has" if grid.source else "The stack has"
        raise GeometryError(
            f"{where} {depth} slices, so slices {start} to {stop - 1}, counted from 0, cannot be "
            "taken from it. Check that it belongs to this case."
        )
    affine = grid.affine.copy()
    affine[:, 3] = grid.affine @ (0, 0, start, 1)
    shape = (grid.shape[0], grid.shape[1], stop - start)
    taken = replace(grid, shape=shape, affine=affine, source=None)
    return replace(stack, array=stack.array[..., start:stop], grid=taken)


def take_slices_of_case(case: Case, start: int, stop: int) -> Case:
    """The same case with some neighbouring slices only; see `take_slices`."""
    images = {sequence: take_slices(image, start, stop) for sequence, image in case.images.items()}
    labels = case.labels and take_slices(case.labels, start, stop)
    return replace(case, images=images, labels=labels)


def with_labels(case: Case, labels: LabelMap | None) -> Case:
    """The same case with other labels."""
    return replace(case, labels=labels)
