"""From a case's arrays (X, Y, Z) to a stack of slices (Z, S, H, W), and the way back.

Rows are Y and columns are X, so a slice looks like the image on screen. Nothing here needs torch,
which prediction does without.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import DataError
from scarmap.labels import LabelArray
from scarmap.volume import Case, Grid, ImageArray, LabelMap, crop_or_pad, resample_in_plane

Intensity = Callable[[ImageArray, str], ImageArray]
"""Normalises one volume (X, Y, Z), given its sequence's name."""


@dataclass(frozen=True)
class Preparation:
    """How a case becomes slices; the same in training and in prediction.

    Attributes:
        sequences: Order of the channels.
        size: Side of the square window in pixels; a multiple of 16.
        intensity: Normalisation of each volume, before the window is cut.
        spacing_mm: In-plane pixel size to work at; None keeps each image's own, and trained systems
            put the median of their training cases in its place.
        margin: Extra pixels that training slices keep on each side, for augmentation to draw from.
        tolerance: Images are resampled when their pixel size differs from the working one by more
            than this share.
        optional: Whether a case may lack sequences, all but one; the channel of a missing one is
            zero everywhere.
        around_heart: Whether training slices are cut around the labelled heart and not around the
            image's middle. In prediction the heart is searched for where the middle does not show
            it, see `scarmap.inference.locate`.
    """

    sequences: tuple[str, ...]
    size: int
    intensity: Intensity
    spacing_mm: float | None = None
    margin: int = 0
    tolerance: float = 0.10
    optional: bool = field(default=False, metadata={"later": True})
    around_heart: bool = field(default=False, metadata={"later": True})


@dataclass(frozen=True)
class WayBack:
    """Where a window lies in its case, so that a result can be put back.

    Attributes:
        grid: The case's own grid.
        resampled: In-plane size (X, Y) at the working pixel size.
        centre: Centre of the window in resampled voxels, (x, y).
    """

    grid: Grid
    resampled: tuple[int, int]
    centre: tuple[float, float]


@dataclass(frozen=True)
class Slices:
    """A prepared case.

    Attributes:
        images: (Z, S, H, W), float32.
        labels: (Z, H, W), uint8, or None where the case has no truth.
        way_back: Where the window lies in its case.
    """

    images: NDArray[np.float32]
    labels: LabelArray | None
    way_back: WayBack


def prepare(
    case: Case,
    preparation: Preparation,
    *,
    centre_share: tuple[float, float] = (0.5, 0.5),
    margin: int = 0,
) -> Slices:
    """Normalise, resample and cut one case.

    Args:
        case: The case; its images share one grid. Sequences may be missing where they are optional.
        preparation: What to do.
        centre_share: Centre of the window as a share of the field of view, (x, y).
        margin: Extra pixels on each side.

    Returns:
        Slices of side `preparation.size + 2 * margin`; what lies outside the image is filled with
            its minimum.
    """
    side = preparation.size + 2 * margin
    return _slices(case, preparation, centre_share, (side, side))


def whole_slices(case: Case, preparation: Preparation) -> Slices:
    """Normalise and resample one case without cutting a window: (Z, S, H, W), all that was seen."""
    return _slices(case, preparation, (0.5, 0.5), working_shape(case.grid, preparation))


def _slices(
    case: Case, preparation: Preparation, centre_share: tuple[float, float], size: tuple[int, int]
) -> Slices:
    resampled = working_shape(case.grid, preparation)
    way_back = WayBack(
        case.grid, resampled, (centre_share[0] * resampled[0], centre_share[1] * resampled[1])
    )
    channels = []
    for sequence in preparation.sequences:
        if preparation.optional and sequence not in case.images:
            channels.append(np.zeros((*size, case.grid.shape[2]), dtype=np.float32))
            continue
        image = _normalised(case.images[sequence].array, sequence, preparation)
        image = resample_in_plane(image, shape=resampled)
        channels.append(
            crop_or_pad(image, centre=way_back.centre, size=size, fill=float(image.min()))
        )
    labels = None
    if case.labels is not None:
        coarse = resample_in_plane(case.labels.array, shape=resampled, order=0)
        window = crop_or_pad(coarse, centre=way_back.centre, size=size)
        labels = np.ascontiguousarray(window.T)
    images = np.stack(channels).transpose(3, 0, 2, 1)
    return Slices(np.ascontiguousarray(images, dtype=np.float32), labels, way_back)


def _normalised(array: ImageArray, sequence: str, preparation: Preparation) -> ImageArray:
    """Normalised intensities; slices that a sequence lacks stay zero and count for nothing."""
    there = array.any((0, 1))
    if not preparation.optional or there.all() or not there.any():
        return preparation.intensity(array, sequence)
    image = np.zeros(array.shape, dtype=np.float32)
    image[..., there] = preparation.intensity(array[..., there], sequence)
    return image


def heart_centre(labels: LabelMap) -> tuple[float, float]:
    """Middle of everything labelled, over all slices, as a share of the field of view, (x, y).

    Args:
        labels: The truth; where it is empty the middle of the image is taken.
    """
    if not labels.array.any():
        return 0.5, 0.5
    extents = [np.flatnonzero(labels.array.any(axis=axes)) for axes in ((1, 2), (0, 2))]
    across, down = (
        (found[0] + found[-1] + 1) / 2 / size
        for found, size in zip(extents, labels.grid.shape, strict=False)
    )
    return float(across), float(down)


def working_shape(grid: Grid, preparation: Preparation) -> tuple[int, int]:
    """In-plane size of a case at the working pixel size; its own where that is close enough."""
    wanted = preparation.spacing_mm
    if (
        wanted is None
        or max(abs(have / wanted - 1) for have in grid.spacing_mm[:2]) <= preparation.tolerance
    ):
        return grid.shape[:2]
    across, down = (
        max(1, round(grid.shape[axis] * grid.spacing_mm[axis] / wanted)) for axis in (0, 1)
    )
    return across, down


def restore(window: NDArray[np.float32], way_back: WayBack) -> NDArray[np.float32]:
    """Put probability maps back on the case's own grid.

    Only voxels that the window reaches are computed: a window around the heart covers a quarter of
    a usual image or less.

    Args:
        window: (Z, K, H, W).
        way_back: Where the window was cut.

    Returns:
        (K, X, Y, Z), float32; zero outside the window. Probabilities, not labels, are resampled.
    """
    shape = way_back.grid.shape
    maps = np.pad(window.transpose(1, 3, 2, 0), ((0, 0), (1, 1), (1, 1), (0, 0)))
    boxes = []
    for axis in (0, 1):
        box, lower, share = _reached(
            shape[axis], way_back.resampled[axis], way_back.centre[axis], maps.shape[axis + 1] - 2
        )
        maps = _between(maps, axis + 1, lower, share)
        boxes.append(box)
    back = np.zeros((len(maps), *shape), dtype=np.float32)
    back[:, boxes[0], boxes[1]] = maps
    return back


def _reached(
    length: int, resampled: int, centre: float, extent: int
) -> tuple[slice, NDArray[np.intp], NDArray[np.float32]]:
    """Which voxels of one axis a window reaches, and where they lie in it.

    Args:
        length: Voxels of the image.
        resampled: The same field of view in working pixels.
        centre: Centre of the window in working pixels.
        extent: Size of the window in working pixels.

    Returns:
        The voxels; for each, the pixel below it in the window with one empty pixel on each side;
        and its distance from that pixel's middle, 0 to 1.
    """
    start = round(centre - extent / 2)
    # Borders of the field of view stay in place, and beyond the middle of the image's first and
    # last pixel its value goes on: as `resample_in_plane`.
    middle = (np.arange(length) + 0.5) * (resampled / length) - 0.5
    place = np.clip(middle, 0, resampled - 1) - start + 1
    reached = np.flatnonzero((place > 0) & (place < extent + 1))
    if not len(reached):
        return slice(0, 0), np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32)
    box = slice(int(reached[0]), int(reached[-1]) + 1)
    lower = np.floor(place[box]).astype(np.intp)
    return box, lower, (place[box] - lower).astype(np.float32)


def _between(
    maps: NDArray[np.float32], axis: int, lower: NDArray[np.intp], share: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Linear interpolation along one axis."""
    share = share.reshape([-1 if each == axis else 1 for each in range(maps.ndim)])
    below, above = maps.take(lower, axis), maps.take(lower + 1, axis)
    between: NDArray[np.float32] = below + share * (above - below)
    return between


def check_nothing_lost(case: Case, slices: Slices, size: int) -> None:
    """Raise where the window in the middle of the slices cuts off labelled pixels.

    Args:
        case: The case that was prepared.
        slices: Its slices, of side `size` or more.
        size: Side of the network's window in pixels.

    Raises:
        DataError: A labelled pixel lies outside the window.
    """
    if case.labels is None or slices.labels is None:
        return
    shape = slices.way_back.resampled
    expected = int((resample_in_plane(case.labels.array, shape=shape, order=0) > 0).sum())
    top, left = ((side - size) // 2 for side in slices.labels.shape[1:])
    kept = int((slices.labels[:, top : top + size, left : left + size] > 0).sum())
    if kept < expected:
        raise DataError(
            f"Case {case.name}: the centre window of {size} pixels cuts off {expected - kept} of "
            f"{expected} labelled pixels ({case.grid.source}). Crop the case around the heart "
            "before training, or set a larger size."
        )
