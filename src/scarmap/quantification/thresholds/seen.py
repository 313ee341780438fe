"""Everything that the LGE image shows inside the wall of a mask, by every method."""

from collections.abc import Sequence
from dataclasses import dataclass

from scarmap.labels import MaskArray
from scarmap.quantification.measures.flags import is_scar_only
from scarmap.quantification.parts import GreyZone
from scarmap.quantification.result import Flag, ThresholdFigures
from scarmap.quantification.stack.wall_slices import WallSlice
from scarmap.quantification.stack.window import cropped, heart_window
from scarmap.quantification.thresholds.grey_zone import measure_grey_zones
from scarmap.quantification.thresholds.measure import measure_thresholds
from scarmap.quantification.thresholds.methods import is_signed
from scarmap.quantification.thresholds.remote import find_remote, remote_from
from scarmap.volume import LabelMap, Volume, check_same_grid


@dataclass(frozen=True)
class SeenOnLge:
    """What the image shows.

    Attributes:
        thresholds: Infarct by each threshold.
        grey_zones: Its core and border by each method.
        flags: What a reader must know.
    """

    thresholds: tuple[ThresholdFigures, ...] = ()
    grey_zones: tuple[GreyZone, ...] = ()
    flags: Sequence[Flag] = ()


def seen_on_lge(
    image: Volume | None,
    labels: LabelMap,
    slices: Sequence[WallSlice],
    *,
    methods: Sequence[str],
    remote: MaskArray | None = None,
    signed: bool | None = None,
) -> SeenOnLge:
    """Apply classical thresholds, and divide the infarct into core and border.

    Args:
        image: LGE, on the grid of the mask; None where there is none.
        labels: The mask.
        slices: What `scarmap.quantification.stack.wall_slices.wall_slices` found in its window.
        methods: Names in `scarmap.quantification.thresholds.methods.METHODS`; none for nothing.
        remote: (X, Y, Z), remote myocardium that somebody has drawn; found automatically when None.
        signed: Whether the image is signed (PSIR); None finds out by negative voxels.

    Raises:
        GeometryError: Image and mask lie on different grids.
    """
    # Thresholds give shares of the wall, of which a mask of scar alone tells nothing.
    if image is None or not methods or is_scar_only(labels.array, slices):
        return SeenOnLge()
    what = f"the mask {labels.grid.source} and the LGE image {image.grid.source}"
    check_same_grid(labels.grid, image.grid, what=what)
    signed = is_signed(image.array) if signed is None else signed
    window = heart_window(labels.array)
    image, labels = cropped(image, window), cropped(labels, window)
    if remote is None:
        reference = find_remote(image.array, labels, slices)
    else:
        reference = remote_from(image.array, remote[window], source="given")
    found, flags = measure_thresholds(image, labels, reference, methods=methods, signed=signed)
    statistics = reference.statistics if reference else None
    zones = measure_grey_zones(image, labels, statistics, signed=signed)
    return SeenOnLge(found, zones, flags)
