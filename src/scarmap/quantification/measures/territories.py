"""Segments added up by the coronary artery that nominally feeds them."""

from collections.abc import Sequence
from math import isnan, nan

from scarmap.quantification.measures.segments import TERRITORIES
from scarmap.quantification.measures.sizes import percent
from scarmap.quantification.measures.transmurality import GRADES
from scarmap.quantification.parts import Territory
from scarmap.quantification.result import Segment, WallFigures

_VIABLE = GRADES[:3]


def is_viable(wall: WallFigures) -> bool | None:
    """Whether the infarct of a segment spares half of its wall or more.

    Source: Kim and others, NEJM 2000: contraction seldom recovers where infarct takes more than
        half of the wall.
    Differs: the class of the mean over chords decides.

    Returns:
        None where infarct was not assessed or the segment has no transmurality.
    """
    grade = wall.transmurality.grade
    return grade in _VIABLE if grade else None


def measure_territories(segments: Sequence[Segment]) -> tuple[Territory, ...]:
    """Add up the segments that the stack shows; an artery of which it shows none is left out.

    Args:
        segments: What was measured in them.
    """
    shown = [each for each in segments if each.figures.myocardium_g > 0]
    parts = {artery: [each for each in shown if each.territory == artery] for artery in TERRITORIES}
    return tuple(_summed(artery, each) for artery, each in parts.items() if each)


def _summed(artery: str, parts: Sequence[Segment]) -> Territory:
    walls = [each.figures for each in parts]
    mass = sum(each.myocardium_g for each in walls)
    infarct = _grams(walls, "infarct_percent")
    viable = [is_viable(each) for each in walls]
    return Territory(
        name=artery,
        num_segments=len(parts),
        num_viable_segments=nan if isnan(infarct) else float(sum(map(bool, viable))),
        myocardium_g=mass,
        infarct_g=infarct,
        infarct_percent=percent(infarct, mass),
        edema_g=_grams(walls, "edema_percent"),
        mvo_g=_grams(walls, "mvo_percent"),
    )


def _grams(walls: Sequence[WallFigures], share: str) -> float:
    """Mass of a tissue; NaN where a part does not know its share."""
    return float(sum(each.myocardium_g * getattr(each, share) / 100 for each in walls))
