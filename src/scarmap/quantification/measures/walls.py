"""The wall as a whole, in rings and in segments, and the figures of a study that follow."""

from collections.abc import Collection, Sequence
from math import isnan, nan

from scarmap.quantification.measures.segments import measure_rings, measure_segments
from scarmap.quantification.measures.sizes import MYOCARDIUM_G_PER_ML
from scarmap.quantification.measures.territories import is_viable
from scarmap.quantification.measures.transmurality import GRADES, measure_wall
from scarmap.quantification.result import Ring, Segment, WallFigures
from scarmap.quantification.stack.placement import Placement
from scarmap.volume import Grid

_TRANSMURAL = GRADES[-2:]
"""Above half of the wall, contraction seldom recovers: Kim and others, 2000."""

_NO_SEGMENTS = {
    "num_segments": 0,
    "num_infarcted_segments": nan,
    "num_transmural_segments": nan,
    "num_viable_segments": nan,
}


def measure_walls(
    placement: Placement, voxel_ml: float, tissues: Collection[str], variant: str, sectors: str
) -> tuple[WallFigures, tuple[Ring, ...], tuple[Segment, ...]]:
    """Measure all closed rings together, each third, and each segment where a direction is known.

    Args:
        placement: How the stack lies in the heart.
        voxel_ml: Volume of a voxel.
        tissues: Tissues that the layout labels and that were assessed.
        variant: What decides the class of transmurality.
        sectors: How the circle is divided.
    """
    rings = placement.rings
    closed = [each for each in placement.slices if each.closed]
    whole = measure_wall(closed, voxel_ml=voxel_ml, tissues=tissues, variant=variant)
    measured = measure_rings(rings, voxel_ml=voxel_ml, tissues=tissues, variant=variant)
    if placement.reference.source == "none" or not rings:
        return whole, measured, ()
    segments = measure_segments(
        rings,
        placement.reference,
        convention=sectors,
        voxel_ml=voxel_ml,
        tissues=tissues,
        variant=variant,
    )
    return whole, measured, segments


def wall_figures(wall: WallFigures, tissues: Collection[str]) -> dict[str, float]:
    """Depth and thickness of the wall, by the names of a study's figures.

    Args:
        wall: All closed rings.
        tissues: Tissues that the layout labels and that were assessed.
    """
    depth = wall.transmurality
    return {
        "transmurality_extent_mean_percent": depth.extent_mean_percent,
        "transmurality_extent_infarcted_mean_percent": depth.extent_infarcted_mean_percent,
        "transmurality_extent_maximum_percent": depth.extent_maximum_percent,
        "transmurality_fraction_mean_percent": depth.fraction_mean_percent,
        "transmurality_fraction_infarcted_mean_percent": depth.fraction_infarcted_mean_percent,
        "transmurality_fraction_maximum_percent": depth.fraction_maximum_percent,
        "num_chords": depth.num_chords,
        "num_infarcted_chords": depth.num_infarcted_chords if "scar" in tissues else nan,
        "wall_thickness_mm": wall.wall_thickness_mm,
        "wall_thickness_radial_mm": wall.wall_thickness_radial_mm,
    }


def counts(
    placement: Placement, segments: Sequence[Segment], grid: Grid, *, infarcted_percent: float
) -> dict[str, float]:
    """Numbers of slices and segments.

    Args:
        placement: How the stack lies in the heart.
        segments: What was measured in them.
        grid: The mask's grid.
        infarcted_percent: A segment counts as infarcted from this share of its mass on, if the
            infarct also fills one row of voxels across the wall.
    """
    counts: dict[str, float] = {
        "num_slices": len(placement.slices),
        "num_closed_slices": sum(each.closed for each in placement.slices),
    }
    shown = [segment.figures for segment in segments if segment.figures.myocardium_g > 0]
    if not shown:
        return counts | _NO_SEGMENTS
    return counts | {
        "num_segments": len(shown),
        **_num_hurt(shown, grid, infarcted_percent),
    }


def _num_hurt(
    shown: Sequence[WallFigures], grid: Grid, infarcted_percent: float
) -> dict[str, float]:
    if any(isnan(each.infarct_percent) for each in shown):
        return {name: nan for name in _NO_SEGMENTS if name != "num_segments"}
    return {
        "num_infarcted_segments": sum(
            is_infarcted(each, grid, infarcted_percent) for each in shown
        ),
        "num_transmural_segments": sum(each.transmurality.grade in _TRANSMURAL for each in shown),
        "num_viable_segments": sum(bool(is_viable(each)) for each in shown),
    }


def is_infarcted(wall: WallFigures, grid: Grid, infarcted_percent: float) -> bool:
    """Whether infarct reaches a share of a segment and fills one row of voxels across its wall.

    A few voxels at a border would otherwise make a segment infarcted.

    Args:
        wall: The segment's figures.
        grid: The mask's grid.
        infarcted_percent: Smallest share of the segment's mass.
    """
    across_mm = wall.wall_thickness_radial_mm
    row = 1.0 if isnan(across_mm) else max(across_mm / max(grid.spacing_mm[:2]), 1.0)
    infarct_ml = wall.infarct_percent / 100 * wall.myocardium_g / MYOCARDIUM_G_PER_ML
    # Rounding must not take away a row that is just full.
    enough = infarct_ml >= row * grid.voxel_ml * (1 - 1e-9)
    return enough and wall.infarct_percent >= infarcted_percent
