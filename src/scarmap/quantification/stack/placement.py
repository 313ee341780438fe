"""How a stack lies in the heart: its slices, the ring of each, and the direction of the septum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np

from scarmap.quantification.result import BASAL, MID, Reference
from scarmap.quantification.stack.orientation import find_base, find_sense
from scarmap.quantification.stack.septum import Septum, mean_direction
from scarmap.quantification.stack.wall_slices import (
    Remembered,
    WallSlice,
    ring_names,
    wall_slices,
)
from scarmap.volume import LabelMap


@dataclass(frozen=True)
class Placement:
    """How a stack lies in the heart.

    Attributes:
        slices: The slices that show wall, by index.
        names: Index of a slice to the name of its ring; slices of no ring are left out.
        reference: Base, septum and sense.
        disputed: Whether cavity and affine disagree about the base.
    """

    slices: tuple[WallSlice, ...]
    names: Mapping[int, str]
    reference: Reference
    disputed: bool

    @property
    def rings(self) -> dict[str, list[WallSlice]]:
        """Name of each ring that was imaged to its slices."""
        rings: dict[str, list[WallSlice]] = {}
        for each in self.slices:
            if each.index in self.names:
                rings.setdefault(self.names[each.index], []).append(each)
        return rings


def place(
    labels: LabelMap, *, reference_deg: float | None = None, remembered: Remembered | None = None
) -> Placement:
    """Find how a stack lies in the heart.

    The septum is where the right ventricle touches the left one in the basal and mid slices: one
    direction for the whole stack, the circular mean over them, unless the caller gives it.

    Args:
        labels: The segmentation.
        reference_deg: Direction of the middle of the septum, degrees from +X towards +Y, or None.
        remembered: As of `scarmap.quantification.stack.wall_slices.wall_slices`.
    """
    slices = wall_slices(labels, remembered=remembered)
    base, base_source, disputed = find_base(labels)
    names = ring_names(slices, base)
    sense, sense_source = find_sense(labels.grid)
    septum = _mean_septum(_septa(slices, names))
    source: Literal["rv_insertion", "landmark", "none"] = (
        "none" if septum is None else "rv_insertion"
    )
    septum = septum or Septum(nan, nan, nan)
    septum_deg = septum.middle_deg
    if reference_deg is not None:
        source, septum_deg = "landmark", reference_deg % 360.0
    ends = septum.low_deg, septum.high_deg
    anterior, inferior = ends if sense > 0 else ends[::-1]
    reference = Reference(
        source=source,
        septum_deg=septum_deg,
        anterior_insertion_deg=anterior,
        inferior_insertion_deg=inferior,
        sense=sense,
        sense_source=sense_source,
        base=base,
        base_source=base_source,
    )
    return Placement(slices, names, reference, disputed)


def _septa(slices: Sequence[WallSlice], names: Mapping[int, str]) -> list[Septum]:
    """Septa of basal and mid slices; of all closed ones where those have none."""
    near_base = [each.septum for each in slices if names.get(each.index) in (BASAL, MID)]
    closed = [each.septum for each in slices if each.closed]
    return list(filter(None, near_base)) or list(filter(None, closed))


def _mean_septum(septa: Sequence[Septum]) -> Septum | None:
    if not septa:
        return None
    low, middle, high = (
        mean_direction(np.array([getattr(each, part) for each in septa]))
        for part in ("low_deg", "middle_deg", "high_deg")
    )
    return Septum(middle, low, high)
