"""Slices of the left ventricle, and the thirds of it that they make up: basal, mid, apical."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from scarmap.labels import LabelArray, region_mask
from scarmap.quantification.result import APEX, APICAL, BASAL, MID
from scarmap.quantification.stack.chords import (
    Chords,
    Numbers,
    cast_chords,
    directions_deg,
    ventricle_centre,
)
from scarmap.quantification.stack.orientation import End
from scarmap.quantification.stack.septum import Septum, find_septum
from scarmap.volume import LabelMap


@dataclass(frozen=True)
class WallSlice:
    """One slice that shows the left ventricle.

    Attributes:
        index: Its place along the third array axis.
        centre: Centre of the left ventricle in voxels along (X, Y).
        has_cavity: Whether it shows the cavity.
        chords: Rays across the wall.
        voxel_deg: (N,), direction of each voxel of the wall.
        voxel_tissue: (N,), its tissue, index into `scarmap.labels.TISSUES`.
        septum: Where the right ventricle touches, or None.
    """

    index: int
    centre: tuple[float, float]
    has_cavity: bool
    chords: Chords
    voxel_deg: Numbers
    voxel_tissue: LabelArray
    septum: Septum | None

    @property
    def closed(self) -> bool:
        """Whether the wall surrounds a cavity over the full circle: every chord meets it."""
        return self.has_cavity and bool((self.chords.wall_mm > 0).all())


Remembered = dict[tuple[object, ...], WallSlice]
"""Slices that were measured before, by all that they follow from."""


def wall_slices(labels: LabelMap, *, remembered: Remembered | None = None) -> tuple[WallSlice, ...]:
    """Measure every slice that shows wall.

    Args:
        labels: The segmentation.
        remembered: What an earlier call found; slices that are as they were then are not measured
            again. It holds what this call found afterwards, and nothing else.
    """
    spacing = labels.grid.spacing_mm[:2]
    shown = np.flatnonzero(region_mask(labels.array, "whole_myocardium").any(axis=(0, 1)))
    before = {} if remembered is None else dict(remembered)
    found: Remembered = {}
    for index in map(int, shown):
        plane = labels.array[..., index]
        key = (index, spacing, plane.shape, plane.tobytes())
        found[key] = before.get(key) or _wall_slice(plane, index, spacing)
    if remembered is not None:
        remembered.clear()
        remembered.update(found)
    return tuple(found.values())


def ring_names(slices: Sequence[WallSlice], base: End) -> dict[int, str]:
    """Divide the closed slices into thirds from the base to the apex.

    The n slices are cut at ceil(n / 3) and ceil(2 n / 3). A slice without a cavity beyond the last
    closed one is the apex. A single closed slice is called mid, as such slices are usually placed
    there.

    Source: Cerqueira and others, 2002: equal thirds of the long axis, only slices with a full
        circle of myocardium; cuts as in ukbb_cardiac.
    Differs: nothing for slices of equal distance.

    Args:
        slices: What `wall_slices` found.
        base: The end of the slice axis that lies at the base.

    Returns:
        Index of a slice to the name of its ring; slices of no ring are left out.
    """
    from_base = sorted(slices, key=lambda each: each.index, reverse=base == "last")
    closed = [each.index for each in from_base if each.closed]
    if len(closed) == 1:
        return {closed[0]: MID}
    first, second = ceil(len(closed) / 3), ceil(2 * len(closed) / 3)
    names = dict.fromkeys(closed[:first], BASAL)
    names |= dict.fromkeys(closed[first:second], MID)
    names |= dict.fromkeys(closed[second:], APICAL)
    if closed:
        places = [each.index for each in from_base]
        beyond = from_base[places.index(closed[-1]) + 1 :]
        names |= {each.index: APEX for each in beyond if not each.has_cavity}
    return names


def _wall_slice(labels: LabelArray, index: int, spacing_mm: tuple[float, float]) -> WallSlice:
    wall, ventricle = region_mask(labels, "whole_myocardium"), region_mask(labels, "lv_epicardium")
    centre = ventricle_centre(ventricle)
    places = np.nonzero(wall)
    return WallSlice(
        index=index,
        centre=centre,
        has_cavity=bool(region_mask(labels, "lv_pool").any()),
        chords=cast_chords(
            wall, region_mask(labels, "whole_infarct"), centre=centre, spacing_mm=spacing_mm
        ),
        voxel_deg=directions_deg(places, centre=centre, spacing_mm=spacing_mm),
        voxel_tissue=labels[places],
        septum=find_septum(
            ventricle, region_mask(labels, "rv_pool"), centre=centre, spacing_mm=spacing_mm
        ),
    )
