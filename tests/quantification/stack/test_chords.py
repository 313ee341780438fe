import numpy as np
import pytest

from scarmap.labels import region_mask
from scarmap.quantification.stack.chords import (
    _adjacent,
    _nearest_mm,
    _reach_mm,
    cast_chords,
    directions_deg,
    ventricle_centre,
)


def _chords(labels, infarct=None):
    wall = region_mask(labels.array[..., 0], "whole_myocardium")
    scar = region_mask(labels.array[..., 0], "whole_infarct") if infarct is None else infarct
    ventricle = region_mask(labels.array[..., 0], "lv_epicardium")
    spacing = labels.grid.spacing_mm[:2]
    return cast_chords(wall, scar, centre=ventricle_centre(ventricle), spacing_mm=spacing)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 10.0), (1.0, 0.8, 10.0), (1.458, 1.458, 10.0)])
def test_a_ring_of_ten_millimetres_is_ten_millimetres_thick_whatever_the_voxels(
    make_heart, spacing_mm
):
    chords = _chords(make_heart(inner_mm=(20.0,), spacing_mm=spacing_mm))
    assert len(chords.wall_mm) == 100
    assert chords.wall_mm.mean() == pytest.approx(10.0, abs=0.15)
    assert chords.thickness_mm.mean() == pytest.approx(10.0, abs=0.35)
    assert (chords.thickness_mm <= chords.wall_mm + 0.1).all()


def test_a_wall_crossed_by_every_chord_from_10_to_20_mm_reaches_half_a_step_beyond_its_samples():
    """Samples at the middles of steps of 1 mm: the ring lies between 9.5 and 20.5 mm."""
    radii = np.arange(1.0, 31.0)
    angles = np.deg2rad(np.arange(360))
    inside = np.tile((radii >= 10) & (radii <= 20), (360, 1))
    directions = np.stack([np.cos(angles), np.sin(angles)])
    found = _nearest_mm(inside, directions, radii, 1.0)
    assert found == pytest.approx(np.full(360, 11.0), abs=0.01)


def test_chords_reach_to_the_farthest_voxel_of_the_wall():
    wall = np.zeros((9, 9), dtype=bool)
    wall[7, 2] = wall[4, 5] = True
    assert _reach_mm(wall, (4.0, 4.0), (1.0, 2.0)) == pytest.approx(5.0)
    assert _reach_mm(np.zeros_like(wall), (4.0, 4.0), (1.0, 2.0)) == 0.0


def test_infarct_in_the_inner_half_has_half_the_extent_and_half_the_length(make_heart):
    chords = _chords(
        make_heart(inner_mm=(20.0,), hurt=lambda radius, angle, index: {"scar": radius <= 25})
    )
    assert chords.extent.mean() == pytest.approx(0.5, abs=0.01)
    assert chords.fraction.mean() == pytest.approx(0.5, abs=0.01)


def test_infarct_in_the_outer_half_reaches_the_epicardium_with_half_the_length(make_heart):
    chords = _chords(
        make_heart(inner_mm=(20.0,), hurt=lambda radius, angle, index: {"scar": radius > 25})
    )
    assert chords.extent.min() == pytest.approx(1.0, abs=0.01)
    assert chords.fraction.mean() == pytest.approx(0.5, abs=0.01)


def test_no_reflow_counts_as_infarct(make_heart):
    def hurt(radius, angle, index):
        return {"scar": radius <= 27.5, "mvo": radius <= 22.5}

    chords = _chords(make_heart(inner_mm=(20.0,), hurt=hurt))
    assert chords.fraction.mean() == pytest.approx(0.75, abs=0.01)


def test_thickness_is_the_nearest_way_out_where_the_wall_is_cut_aslant(make_heart):
    labels = make_heart(inner_mm=(20.0,), outer_mm=30.0)
    shifted = np.roll(region_mask(labels.array[..., 0], "lv_pool"), 5, axis=0)
    ventricle = region_mask(labels.array[..., 0], "lv_epicardium")
    chords = cast_chords(
        ventricle & ~shifted,
        shifted & False,
        centre=ventricle_centre(ventricle),
        spacing_mm=(1.0, 1.0),
    )
    assert chords.thickness_mm.min() == pytest.approx(5.0, abs=0.3)
    assert chords.thickness_mm.max() == pytest.approx(15.0, abs=0.3)
    sideways = np.abs(chords.angle_deg - 90).argmin()
    assert chords.thickness_mm[sideways] < chords.wall_mm[sideways]


def test_a_chord_through_a_gap_meets_no_wall(make_heart):
    labels = make_heart(inner_mm=(20.0,))
    angles = directions_deg(
        np.nonzero(np.ones(labels.array.shape[:2])), centre=(60, 55), spacing_mm=(1.0, 1.0)
    )
    gap = (np.abs(angles - 90) < 20).reshape(labels.array.shape[:2])
    wall = region_mask(labels.array[..., 0], "whole_myocardium") & ~gap
    chords = cast_chords(wall, wall, centre=(60.0, 55.0), spacing_mm=(1.0, 1.0))
    missed = chords.wall_mm == 0
    assert missed.sum() == pytest.approx(40 / 3.6, abs=1.5)
    assert np.isnan(chords.extent[missed]).all()
    assert np.isnan(chords.thickness_mm[missed]).all()
    assert chords.fraction[~missed].min() == pytest.approx(1.0)


def test_directions_go_round_the_circle_from_the_centre_in_millimetres():
    """Six millimetres aside are 3 voxels of 2 mm along X and 12 of 0.5 mm along Y."""
    places = np.array([4, 4, 1, -2, -2, 1, 4]), np.array([2, 14, 14, 14, 2, 0, -10])
    angles = directions_deg(places, centre=(1.0, 2.0), spacing_mm=(2.0, 0.5))
    assert angles.tolist() == [0.0, 45.0, 90.0, 135.0, 180.0, 270.0, 315.0]


def test_directions_are_measured_in_millimetres():
    places = (np.array([10, 5, 0]), np.array([5, 15, 5]))
    angles = directions_deg(places, centre=(5.0, 5.0), spacing_mm=(2.0, 1.0))
    assert angles.tolist() == [0.0, 90.0, 180.0]
    assert (
        directions_deg((np.array([6]), np.array([7])), centre=(5.0, 5.0), spacing_mm=(2.0, 1.0))[0]
        == 45.0
    )


@pytest.mark.parametrize(("share", "filled"), [(0.6, 1.0), (0.4, 0.0)])
def test_a_chord_is_hurt_where_infarct_is_most_of_its_wall_also_at_the_borders_of_the_wall(
    share, filled
):
    """The chord crosses ten rows of wall between two columns, one of them infarcted."""
    wall, infarct = np.zeros((2, 24, 24), dtype=bool)
    wall[:, 10:20] = True
    infarct[12:, 10:20] = True
    chords = cast_chords(wall, infarct, centre=(11 + share, 0.0), spacing_mm=(1.0, 1.0), number=2)
    upwards = chords.angle_deg.tolist().index(90.0)
    assert chords.wall_mm[upwards] == pytest.approx(10.0)
    assert (chords.extent[upwards], chords.fraction[upwards]) == (filled, filled)


@pytest.mark.parametrize("missing", ["part of the cavity", "all of it"])
def test_the_centre_is_that_of_the_outer_border_where_cavity_is_not_labelled(make_heart, missing):
    labels = make_heart(inner_mm=(20.0,)).array[..., 0]
    whole = region_mask(labels, "lv_epicardium")
    hole = np.roll(region_mask(labels, "lv_pool"), 6, axis=0)  # the wall is thinner on one side
    if missing != "all of it":
        hole[:70] = False
    assert ventricle_centre(whole & ~hole) == ventricle_centre(whole) == (60.0, 55.0)


def test_a_wall_that_is_not_closed_is_as_thick_at_its_ends_as_elsewhere(make_heart):
    """The outer border is joined from chord to chord along the wall and never across the gap."""
    labels = make_heart(inner_mm=(20.0,))
    wall = region_mask(labels.array[..., 0], "whole_myocardium")
    wall[:, :56] = False  # half a circle is left, whose gap lies at 180 to 360 degrees
    chords = cast_chords(wall, wall, centre=(60.0, 55.0), spacing_mm=(1.0, 1.0))
    crossed = chords.wall_mm > 0
    assert crossed.sum() == pytest.approx(50, abs=2)
    assert chords.thickness_mm[crossed] == pytest.approx(10.0, abs=1.0)


def _upwards(wall, infarct=None, *, centre, spacing_mm=(1.0, 1.0)):
    """Length, extent and fraction of the chord from a centre along Y."""
    chords = cast_chords(
        wall,
        np.zeros_like(wall) if infarct is None else infarct,
        centre=centre,
        spacing_mm=spacing_mm,
        number=2,
    )
    assert chords.angle_deg.tolist() == [90.0, 270.0]
    return chords.wall_mm[0], chords.extent[0], chords.fraction[0]


def test_chords_are_spread_evenly_and_the_first_points_half_a_step_from_x():
    wall = np.ones((9, 9), dtype=bool)
    chords = cast_chords(wall, wall, centre=(4.0, 4.0), spacing_mm=(1.0, 1.0), number=4)
    assert chords.angle_deg.tolist() == [45.0, 135.0, 225.0, 315.0]


def test_a_place_that_is_half_wall_or_half_infarct_belongs_to_it():
    """Samples 1/16 apart meet both borders of the rows 10 to 19, 9.5 and 19.5, and both count."""
    wall, infarct = np.zeros((2, 24, 24), dtype=bool)
    wall[:, 10:20] = True
    infarct[:, 15:20] = True
    length, extent, fraction = _upwards(wall, infarct, centre=(12.0, 1 / 32))
    assert length == 161 / 16
    assert extent == 1.0
    assert fraction == pytest.approx(81 / 161)
    infarct[:, 17:20] = False  # up to 16.5, 113 samples
    length, extent, fraction = _upwards(wall, infarct, centre=(12.0, 1 / 32))
    assert extent == pytest.approx(113 / 161)
    assert fraction == pytest.approx(33 / 161)


def test_a_border_is_found_to_a_sixteenth_of_a_voxel():
    """Beside an edge the wall is 0.6 of what lies there, so rows 10 to 19 begin at 9.83.

    Of the samples at 1/32, 3/32 and so on, 150 lie between 9.83 and 19.17.
    """
    wall = np.zeros((24, 24), dtype=bool)
    wall[12:, 10:20] = True
    assert _upwards(wall, centre=(11.6, 0.0))[0] == 150 / 16


@pytest.mark.parametrize("along_mm", [0.25, 1.0, 3.0])
def test_the_outermost_row_counts_in_full_however_long_its_voxels_are(along_mm):
    wall = np.zeros((9, 9), dtype=bool)
    wall[4, 6] = True
    length, _, _ = _upwards(wall, centre=(4.0, 0.0), spacing_mm=(1.0, along_mm))
    assert length == pytest.approx(along_mm)


def test_a_wall_without_a_cavity_is_measured_from_its_centre():
    """Nine rows around the fifth: half of it and four whole ones lie on either side."""
    wall = np.zeros((13, 13), dtype=bool)
    wall[2:11, 2:11] = True
    assert _upwards(wall, centre=(6.0, 6.0))[0] == 4.5


def test_without_wall_every_chord_is_undefined():
    nothing = np.zeros((9, 9), dtype=bool)
    chords = cast_chords(nothing, nothing, centre=(4.0, 4.0), spacing_mm=(1.0, 1.0), number=4)
    assert chords.wall_mm.tolist() == [0.0] * 4
    for each in (chords.extent, chords.fraction, chords.thickness_mm):
        assert np.isnan(each).all()


RIGHT_ANGLES = np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, -1.0]])


def test_the_nearest_way_out_is_to_the_line_that_joins_the_ends_of_two_chords():
    """Wall from 4 to 8 mm on four chords at right angles: the joining lines lie 4 / root 2 away.

    The foot, a quarter along the line, is one of the eight places that are looked at.
    """
    radii = np.arange(0.5, 12.0)
    inside = np.tile((radii > 4) & (radii < 8), (4, 1))
    assert _nearest_mm(inside, RIGHT_ANGLES, radii, 1.0) == pytest.approx([4 / 2**0.5] * 4)


def test_across_a_chord_that_meets_no_wall_nothing_is_joined():
    """Without the chord to the right, only the two lines on the left are left."""
    radii = np.arange(0.5, 12.0)
    inside = np.tile((radii > 4) & (radii < 8), (4, 1))
    inside[0] = False
    found = _nearest_mm(inside, RIGHT_ANGLES, radii, 1.0)
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([4 / 2**0.5] * 3)
    inside[2] = False  # the other two lie opposite: each leaves the wall on itself alone
    found = _nearest_mm(inside, RIGHT_ANGLES, radii, 1.0)
    assert found[[1, 3]] == pytest.approx([4.0, 4.0])
    assert np.isnan(found[[0, 2]]).all()


@pytest.mark.parametrize(
    ("crossed", "followed"),
    [
        ((1, 1, 1, 1), [0, 1, 2, 3]),
        ((1, 1, 0, 1, 0), [0]),
        ((1, 0, 0, 1), [1]),
        ((0, 1, 1, 1), [0, 1]),
        ((1, 0, 1, 0), []),
        ((0, 1, 0), []),
    ],
)
def test_chords_are_followed_by_their_neighbour_round_the_circle(crossed, followed):
    """By place among the chords that cross the wall."""
    assert _adjacent(np.array(crossed, dtype=bool)).tolist() == followed
