import numpy as np
import pytest

from scarmap.labels import region_mask
from scarmap.quantification.stack.chords import (
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
