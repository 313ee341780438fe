"""Remote myocardium: the part of the wall that classical thresholds take for normal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scarmap.labels import INDEX, LabelArray, MaskArray, region_mask
from scarmap.quantification.result import Remote
from scarmap.quantification.stack.chords import Numbers
from scarmap.quantification.stack.septum import turn_deg
from scarmap.quantification.stack.wall_slices import WallSlice
from scarmap.volume import ImageArray, LabelMap

_WIDTH_DEG = 60.0
"""As wide as an AHA segment of the basal and mid ring."""

_STEP_DEG = 10.0
FEWEST_VOXELS = 20
"""Below this many the standard deviation, which n-SD multiplies, is itself too uncertain."""

_FROM_INSERTION_DEG = 15.0
"""Where the right ventricle inserts, fibres cross and enhance without an infarct."""


@dataclass(frozen=True)
class RemoteRegion:
    """Where remote myocardium lies and what it looks like. `mask`: (X, Y, Z)."""

    mask: MaskArray
    statistics: Remote


def remote_from(image: ImageArray, mask: MaskArray, *, source: str) -> RemoteRegion | None:
    """Remote myocardium that somebody has drawn; None with fewer than two voxels.

    Args:
        image: (X, Y, Z), LGE.
        mask: (X, Y, Z).
        source: Where it comes from, for people.
    """
    values = image[mask].astype(np.float64)
    if len(values) < 2:
        return None
    return RemoteRegion(
        mask, Remote(source, len(values), float(values.mean()), float(values.std(ddof=1)))
    )


def find_remote(
    image: ImageArray, labels: LabelMap, slices: Sequence[WallSlice]
) -> RemoteRegion | None:
    """Find remote myocardium: the darkest sector of 60 degrees without pathology in each slice.

    Sectors start every 10 degrees. Voxels at the wall's borders do not count, as they hold some
    blood or fat, nor those within 15 degrees of an insertion of the right ventricle. A sector needs
    at least 20 voxels and none of edema, scar or no-reflow. The sectors of all slices are pooled.

    Source: one remote sector per slice, as in CMRSegTools, there chosen by a reader.
    Differs: chosen by the lowest mean.

    Args:
        image: (X, Y, Z), LGE.
        labels: The mask; where it has no pathology, sectors with scar are passed over as they are
            bright.
        slices: What `scarmap.quantification.stack.wall_slices.wall_slices` found in it.

    Returns:
        The region, or None where no slice has such a sector.
    """
    mask = np.zeros(labels.array.shape, dtype=bool)
    for each in slices:
        mask[..., each.index] = _darkest(
            image[..., each.index].astype(np.float64),
            labels.array[..., each.index],
            each,
        )
    return remote_from(
        image, mask, source="darkest 60-degree sector without pathology of each slice"
    )


def _darkest(image: Numbers, labels: LabelArray, each: WallSlice) -> MaskArray:
    wall = region_mask(labels, "whole_myocardium")
    inner = ndimage.binary_erosion(wall)
    places, angles = np.nonzero(inner), each.voxel_deg[inner[wall]]
    values, healthy = image[places], labels[places] == INDEX["normal_myocardium"]
    usable = _away_from_insertions(angles, each)
    best, lowest = None, np.inf
    for start in np.arange(0.0, 360.0, _STEP_DEG):
        sector = (angles - start) % 360.0 < _WIDTH_DEG
        chosen = sector & usable
        enough = np.count_nonzero(chosen) >= FEWEST_VOXELS
        if enough and healthy[sector].all() and values[chosen].mean() < lowest:
            best, lowest = chosen, float(values[chosen].mean())
    mask = np.zeros(labels.shape, dtype=bool)
    if best is not None:
        mask[places[0][best], places[1][best]] = True
    return mask


def _away_from_insertions(angles: Numbers, each: WallSlice) -> MaskArray:
    usable = np.ones(len(angles), dtype=bool)
    if each.septum is not None:
        for insertion in (each.septum.low_deg, each.septum.high_deg):
            usable &= np.abs(turn_deg(angles, insertion)) > _FROM_INSERTION_DEG
    return usable
