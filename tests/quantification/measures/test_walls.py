from dataclasses import replace
from math import isnan, nan

import numpy as np
import pytest

from scarmap.quantification.measures.walls import counts, is_infarcted, measure_walls, wall_figures
from scarmap.quantification.result import Reference, Segment, Transmurality, WallFigures
from scarmap.quantification.stack.chords import Chords
from scarmap.quantification.stack.placement import Placement
from scarmap.quantification.stack.wall_slices import WallSlice
from scarmap.volume import Grid

GRID = Grid((9, 9, 9), (1.0, 2.0, 5.0), np.eye(4))
"""Voxels of 0.01 ml, that is 0.0105 g of wall, 2 mm along their longer side in the plane."""

DEPTH = Transmurality(9, 4, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, "1-25")
WALL = WallFigures(
    myocardium_g=1.05,  # 1 ml
    infarct_percent=2.0,
    edema_percent=nan,
    mvo_percent=nan,
    mvo=None,
    transmurality=DEPTH,
    wall_thickness_mm=8.0,
    wall_thickness_radial_mm=4.0,  # 2 voxels, 0.02 ml
)


def _slice(index, *, closed=True):
    """Two voxels of wall on two chords, one of which is missed where the wall is not closed."""
    two = np.ones(2)
    chords = Chords(np.array([90.0, 270.0]), np.array([2.0, 3.0 * closed]), two, two, two)
    return WallSlice(index, (0.0, 0.0), True, chords, two, np.full(2, 3, dtype=np.uint8), None)


def _placement(slices, names, source="landmark"):
    reference = Reference(source, 0.0, nan, nan, 1, "assumed", "last", "assumed")
    return Placement(tuple(slices), names, reference, disputed=False)


def _segment(**changed):
    return Segment(1, "basal anterior", "basal", "LAD", 0.0, 60.0, replace(WALL, **changed))


def _grade(name):
    return replace(DEPTH, grade=name)


@pytest.mark.parametrize(
    ("infarct_percent", "threshold_percent", "infarcted"),
    [
        (2.0, 1.0, True),  # just one row of two voxels, 0.02 of 1 ml
        (2.0, 2.0, True),
        (2.0, 2.1, False),
        (1.99, 1.0, False),
        (2.01, 2.0, True),
        (0.0, 0.0, False),
        (2.0, 0.0, True),
        (2.0, -1.0, True),
    ],
)
def test_infarct_must_reach_the_share_and_fill_one_row(
    infarct_percent, threshold_percent, infarcted
):
    wall = replace(WALL, infarct_percent=infarct_percent)
    assert is_infarcted(wall, GRID, threshold_percent) is infarcted


@pytest.mark.parametrize("thickness_mm", [nan, 0.5, 2.0])
def test_a_row_is_one_voxel_at_least_also_where_no_chord_meets_the_wall(thickness_mm):
    wall = replace(WALL, wall_thickness_radial_mm=thickness_mm)
    assert is_infarcted(replace(wall, infarct_percent=1.0), GRID, 0.0)
    assert is_infarcted(replace(wall, infarct_percent=1.0), GRID, 0.5)
    assert not is_infarcted(replace(wall, infarct_percent=0.99), GRID, 0.0)


def test_a_small_share_of_a_heavy_segment_fills_a_row():
    wall = replace(WALL, myocardium_g=10.5, infarct_percent=0.2)
    assert is_infarcted(wall, GRID, 0.0)
    assert is_infarcted(wall, GRID, 0.2)
    assert not is_infarcted(replace(wall, infarct_percent=0.199), GRID, 0.0)


def test_segments_without_mass_are_not_counted_and_the_others_by_infarct_and_depth():
    grades = ("0", "1-25", "26-50", "51-75", "76-100")
    segments = [
        *(_segment(transmurality=_grade(grade), infarct_percent=3.0) for grade in grades),
        _segment(infarct_percent=0.0, transmurality=_grade("0"), myocardium_g=0.5),
        _segment(infarct_percent=nan, transmurality=_grade(""), myocardium_g=0.0),
    ]
    placement = _placement([_slice(0), _slice(1, closed=False), _slice(2)], {})
    assert counts(placement, segments, GRID, infarcted_percent=1.0) == {
        "num_slices": 3,
        "num_closed_slices": 2,
        "num_segments": 6,
        "num_infarcted_segments": 5,
        "num_transmural_segments": 2,
        "num_viable_segments": 4,
    }


def test_where_infarct_is_unknown_in_a_segment_only_segments_are_counted():
    segments = [_segment(), _segment(infarct_percent=nan, transmurality=_grade(""))]
    found = counts(_placement([], {}), segments, GRID, infarcted_percent=1.0)
    assert found["num_segments"] == 2
    assert {name for name, value in found.items() if isnan(value)} == {
        "num_infarcted_segments",
        "num_transmural_segments",
        "num_viable_segments",
    }


def test_without_segments_there_are_none_and_nothing_is_known_of_them():
    for segments in ([], [_segment(myocardium_g=0.0)]):
        found = counts(_placement([_slice(0)], {}), segments, GRID, infarcted_percent=1.0)
        assert list(found.values()) == pytest.approx([1, 1, 0, nan, nan, nan], nan_ok=True)


def test_depth_and_thickness_keep_their_values_under_the_names_of_a_study():
    found = wall_figures(WALL, ("scar",))
    assert list(found.values()) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9, 4, 8.0, 4.0]
    assert isnan(wall_figures(WALL, ("edema",))["num_infarcted_chords"])


def test_only_closed_slices_make_up_the_whole_and_rings_and_segments_follow_the_names():
    """Each slice has two voxels of 0.5 ml and chords of 2 and 3 mm."""
    slices = [_slice(0), _slice(1, closed=False), _slice(2)]
    placed = _placement(slices, {0: "mid", 2: "basal"})
    whole, rings, segments = measure_walls(placed, 0.5, ("scar",), "extent", "rigid")
    assert whole.myocardium_g == pytest.approx(4 * 0.5 * 1.05)
    assert whole.wall_thickness_radial_mm == 2.5
    assert [(ring.name, ring.slices) for ring in rings] == [("basal", (2,)), ("mid", (0,))]
    assert len(segments) == 16
    assert sum(each.figures.myocardium_g for each in segments) == pytest.approx(4 * 0.5 * 1.05)


@pytest.mark.parametrize(("source", "names"), [("none", {0: "mid"}), ("landmark", {})])
def test_there_are_no_segments_without_a_direction_or_without_a_ring(source, names):
    placed = _placement([_slice(0)], names, source)
    assert measure_walls(placed, 0.5, ("scar",), "extent", "rigid")[2] == ()
