"""Segments of the American Heart Association: where they lie in a stack, and what is in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan

import numpy as np

from scarmap.labels import MaskArray
from scarmap.quantification.measures.transmurality import Within, everywhere, measure_wall
from scarmap.quantification.result import APEX, APICAL, BASAL, MID, RINGS, Reference, Ring, Segment
from scarmap.quantification.stack.chords import Numbers
from scarmap.quantification.stack.septum import turn_deg
from scarmap.quantification.stack.wall_slices import WallSlice

SECTORS = ("rigid", "rigid_from_insertion", "anatomical")
"""How the circle is divided; the first is the default."""

_WALLS = ("anterior", "anteroseptal", "inferoseptal", "inferior", "inferolateral", "anterolateral")
NAMES: Mapping[int, str] = {
    **{number: f"basal {wall}" for number, wall in enumerate(_WALLS, start=1)},
    **{number: f"mid {wall}" for number, wall in enumerate(_WALLS, start=7)},
    **{
        number: f"apical {wall}"
        for number, wall in enumerate(("anterior", "septal", "inferior", "lateral"), start=13)
    },
    17: "apex",
}
TERRITORIES: Mapping[str, frozenset[int]] = {
    "LAD": frozenset({1, 2, 7, 8, 13, 14, 17}),
    "RCA": frozenset({3, 4, 9, 10, 15}),
    "LCX": frozenset({5, 6, 11, 12, 16}),
}
"""Artery that nominally feeds each segment; which one does varies from patient to patient."""


@dataclass(frozen=True)
class Sector:
    """A piece of the circle.

    Attributes:
        start_deg: Where it begins, from the middle of the septum in the direction in which AHA
            numbers rise.
        width_deg: Angle that it covers.
    """

    start_deg: float
    width_deg: float


def sectors(reference: Reference, convention: str = SECTORS[0]) -> dict[int, Sector]:
    """Where segments 1 to 16 lie around the left ventricle.

    `rigid`: 60 degrees each in the basal and mid ring, the border of segments 2 and 3 in the middle
    of the septum; 90 degrees each in the apical ring, segment 14 centred on it.
    `rigid_from_insertion`: the same, turned so that the anterior insertion of the right ventricle
    is the border of segments 1 and 2. `anatomical`: the angle between both insertions is halved
    into segments 2 and 3, the rest quartered into 4, 5, 6 and 1; the apical ring is rigid.

    Source: Cerqueira and others, 2002; rigid as in ukbb_cardiac and Segment; anatomical as in
        PMC5874123.
    Differs: nothing.

    Args:
        reference: How the stack lies in the heart; the insertions must be there for the latter two.
        convention: A name in `SECTORS`.
    """
    anterior, inferior = insertions(reference)
    zero = anterior + 60.0 if convention == "rigid_from_insertion" else 0.0
    starts = [zero + 60.0 * step for step in range(-2, 4)]
    if convention == "anatomical":
        septum = (inferior - anterior) % 360.0
        half, quarter = septum / 2, (360.0 - septum) / 4
        starts = [
            anterior - quarter,
            anterior,
            anterior + half,
            *(inferior + quarter * step for step in range(3)),
        ]
    around = [Sector(start, (end - start) % 360.0) for start, end in pairwise([*starts, starts[0]])]
    apical = [Sector(zero - 135.0 + 90.0 * step, 90.0) for step in range(4)]
    return dict(enumerate([*around, *around, *apical], start=1))


def insertions(reference: Reference) -> tuple[float, float]:
    """Anterior and inferior insertion, as turns from the middle of the septum.

    Turns are positive in the direction in which AHA numbers rise.
    """
    ends = np.array([reference.anterior_insertion_deg, reference.inferior_insertion_deg])
    anterior, inferior = reference.sense * turn_deg(ends, reference.septum_deg)
    return float(anterior), float(inferior)


def measure_segments(
    slices: Mapping[str, Sequence[WallSlice]],
    reference: Reference,
    *,
    convention: str,
    voxel_ml: float,
    tissues: Collection[str],
    variant: str,
) -> tuple[Segment, ...]:
    """Measure 16 segments, or 17 where a slice beyond the cavity was imaged.

    Args:
        slices: Name of a ring to its slices.
        reference: How the stack lies in the heart, with the direction of the septum.
        convention: A name in `SECTORS`.
        voxel_ml: Volume of a voxel.
        tissues: Tissues that the layout labels.
        variant: What decides the class of transmurality.

    Returns:
        The segments by number; those whose ring was not imaged have 0 g and undefined percentages.
    """
    found = []
    for number, sector in sectors(reference, convention).items():
        ring = ring_of(number)
        figures = measure_wall(
            slices.get(ring, ()),
            _within(sector, reference),
            voxel_ml=voxel_ml,
            tissues=tissues,
            variant=variant,
        )
        start = (reference.septum_deg + reference.sense * sector.start_deg) % 360.0
        found.append(
            Segment(
                number, NAMES[number], ring, territory_of(number), start, sector.width_deg, figures
            )
        )
    if slices.get(APEX):
        figures = measure_wall(slices[APEX], voxel_ml=voxel_ml, tissues=tissues, variant=variant)
        found.append(Segment(17, NAMES[17], APEX, territory_of(17), nan, 360.0, figures))
    return tuple(found)


def measure_rings(
    slices: Mapping[str, Sequence[WallSlice]],
    *,
    voxel_ml: float,
    tissues: Collection[str],
    variant: str,
) -> tuple[Ring, ...]:
    """Measure the rings as wholes, which needs no angular reference."""
    return tuple(
        Ring(
            name,
            tuple(sorted(each.index for each in slices[name])),
            measure_wall(
                slices[name], everywhere, voxel_ml=voxel_ml, tissues=tissues, variant=variant
            ),
        )
        for name in (*RINGS, APEX)
        if slices.get(name)
    )


def ring_of(number: int) -> str:
    """Ring of a segment."""
    return BASAL if number <= 6 else MID if number <= 12 else APICAL if number <= 16 else APEX


def territory_of(number: int) -> str:
    """Artery that nominally feeds a segment."""
    return next(artery for artery, numbers in TERRITORIES.items() if number in numbers)


def _within(sector: Sector, reference: Reference) -> Within:
    def within(angles_deg: Numbers) -> MaskArray:
        turned = reference.sense * turn_deg(angles_deg, reference.septum_deg)
        inside: MaskArray = (turned - sector.start_deg) % 360.0 < sector.width_deg
        return inside

    return within
