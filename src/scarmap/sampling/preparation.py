"""From a case's arrays (X, Y, Z) to a stack of slices (Z, S, H, W), and the way back.

Rows are Y and columns are X, so a slice tensor looks like the image on screen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor

from scarmap.errors import DataError
from scarmap.sampling.batch import Batch, centre_window
from scarmap.volume import Case, Grid, ImageArray, LabelMap, crop_or_pad, paste, resample_in_plane

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
class Placement:
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
        placement: The way back.
    """

    images: Tensor
    labels: Tensor | None
    placement: Placement


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
    """Normalise and resample one case without cutting a window: (Z, S, H, W) of the whole field of view."""
    return _slices(case, preparation, (0.5, 0.5), working_shape(case.grid, preparation))


def _slices(
    case: Case, preparation: Preparation, centre_share: tuple[float, float], size: tuple[int, int]
) -> Slices:
    resampled = working_shape(case.grid, preparation)
    placement = Placement(
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
            crop_or_pad(image, centre=placement.centre, size=size, fill=float(image.min()))
        )
    labels = None
    if case.labels is not None:
        coarse = resample_in_plane(case.labels.array, shape=resampled, order=0)
        window = crop_or_pad(coarse, centre=placement.centre, size=size)
        labels = torch.from_numpy(np.ascontiguousarray(rearrange(window, "x y z -> z y x")))
    images = rearrange(np.stack(channels), "s x y z -> z s y x")
    return Slices(
        torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32)), labels, placement
    )


def _normalised(array: ImageArray, sequence: str, preparation: Preparation) -> ImageArray:
    """Normalised intensities; slices that a sequence lacks, zero everywhere, stay so and count for nothing."""
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


def restore(window: Tensor, placement: Placement) -> NDArray[np.float32]:
    """Put probability maps back on the case's own grid.

    Args:
        window: (Z, K, H, W), float.
        placement: Where the window was cut.

    Returns:
        (K, X, Y, Z), float32; zero outside the window. Probabilities, not labels, are resampled.
    """
    arrays = rearrange(window.float().cpu().numpy(), "z k y x -> x y z k")
    pasted = paste(arrays, centre=placement.centre, shape=placement.resampled)
    back = resample_in_plane(pasted, shape=placement.grid.shape[:2])
    return np.ascontiguousarray(rearrange(back, "x y z k -> k x y z"), dtype=np.float32)


def check_nothing_lost(case: Case, slices: Slices, size: int) -> None:
    """Raise when the network's window, in the middle of the slices, cuts off labelled pixels: the truth would be wrong.

    Args:
        case: The case that was prepared.
        slices: Its slices, of side `size` or more.
        size: Side of the network's window in pixels.

    Raises:
        DataError: A labelled pixel lies outside the window.
    """
    if case.labels is None or slices.labels is None:
        return
    shape = slices.placement.resampled
    expected = int((resample_in_plane(case.labels.array, shape=shape, order=0) > 0).sum())
    kept = int((centre_window(Batch(slices.images, slices.labels), size).labels > 0).sum())
    if kept < expected:
        raise DataError(
            f"Case {case.name}: the centre window of {size} pixels cuts off {expected - kept} of "
            f"{expected} labelled pixels ({case.grid.source}). Crop the case around the heart "
            "before training, or set a larger size."
        )
