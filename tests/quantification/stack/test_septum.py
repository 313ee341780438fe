import numpy as np
import pytest

from scarmap.labels import region_mask
from scarmap.quantification.stack.chords import ventricle_centre
from scarmap.quantification.stack.septum import find_septum, mean_direction, turn_deg


def _septum(labels):
    plane = labels.array[..., 0]
    ventricle = region_mask(plane, "lv_epicardium")
    return find_septum(
        ventricle,
        region_mask(plane, "rv_pool"),
        centre=ventricle_centre(ventricle),
        spacing_mm=labels.grid.spacing_mm[:2],
    )


@pytest.mark.parametrize("septum_deg", [0.0, 90.0, 179.0, 200.0, 359.0])
def test_the_septum_is_where_the_ventricles_touch(make_heart, septum_deg):
    septum = _septum(make_heart(inner_mm=(20.0,), septum_deg=septum_deg))
    # circles of 30 and 20 mm, 40 mm apart, cross 28.96 degrees to either side of the line through
    # their centres
    assert turn_deg(np.array([septum.middle_deg]), septum_deg)[0] == pytest.approx(0, abs=1.5)
    assert turn_deg(np.array([septum.low_deg]), septum_deg)[0] == pytest.approx(-28.96, abs=3.5)
    assert turn_deg(np.array([septum.high_deg]), septum_deg)[0] == pytest.approx(28.96, abs=3.5)


def test_voxels_that_are_not_square_do_not_turn_it(make_heart):
    septum = _septum(make_heart(inner_mm=(20.0,), septum_deg=150.0, spacing_mm=(1.0, 1.3, 8.0)))
    assert septum.middle_deg == pytest.approx(150.0, abs=2)


def test_there_is_none_without_a_right_ventricle_or_where_it_is_far_away(make_heart):
    assert _septum(make_heart(inner_mm=(20.0,), right=False)) is None
    assert _septum(make_heart(inner_mm=(10.0,), outer_mm=14.0)) is None


def test_a_mean_of_directions_does_not_mind_the_jump_at_the_full_circle():
    assert mean_direction(np.array([350.0, 20.0])) == pytest.approx(5.0)
    assert turn_deg(np.array([0.0, 181.0]), 1.0).tolist() == [-1.0, -180.0]


def _square_beside(right, *, spacing_mm=(1.0, 1.0)):
    """Septum of a square of 7 by 7 voxels around voxel (8, 8), and of voxels of a right one."""
    ventricle, other = np.zeros((2, 24, 17), dtype=bool)
    ventricle[5:12, 5:12] = True
    other[right] = True
    return find_septum(ventricle, other, centre=(8.0, 8.0), spacing_mm=spacing_mm)


@pytest.mark.parametrize("width_mm", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    ("right", "middle_deg"),
    [
        ((slice(7, 10), 12), 90.0),
        ((slice(7, 10), 4), 270.0),
        ((4, slice(7, 10)), 180.0),
        ((12, slice(7, 10)), 0.0),
    ],
)
def test_contact_is_the_nearest_row_and_its_diagonal_neighbours_whatever_the_voxels(
    right, middle_deg, width_mm
):
    """Three voxels along a side touch five of it: the last lie 2 aside and 3 from the centre."""
    septum = _square_beside(right, spacing_mm=(width_mm, width_mm))
    half_deg = np.rad2deg(np.arctan2(2, 3))
    assert turn_deg(np.array([septum.middle_deg]), middle_deg)[0] == pytest.approx(0.0)
    assert septum.low_deg == pytest.approx((middle_deg - half_deg) % 360)
    assert septum.high_deg == pytest.approx((middle_deg + half_deg) % 360)


def test_a_place_just_half_the_longer_side_of_a_voxel_beyond_the_nearest_one_touches():
    """Voxels of 1.5 by 2 mm: the nearest lies 1.5 mm away, its neighbours 2.5 mm."""
    septum = _square_beside((12, 8), spacing_mm=(1.5, 2.0))
    half_deg = np.rad2deg(np.arctan2(2.0, 3 * 1.5))
    assert septum.low_deg == pytest.approx(360.0 - half_deg)
    assert septum.high_deg == pytest.approx(half_deg)


@pytest.mark.parametrize(("row", "touches"), [(12, True), (16, True), (17, False), (18, False)])
def test_a_right_ventricle_touches_up_to_five_millimetres_away(row, touches):
    assert (_square_beside((row, 8)) is not None) is touches


def test_an_empty_left_ventricle_has_no_septum():
    ventricle, right = np.zeros((9, 9), dtype=bool), np.ones((9, 9), dtype=bool)
    assert find_septum(ventricle, right, centre=(4.0, 4.0), spacing_mm=(1.0, 1.0)) is None
    assert find_septum(right, ventricle, centre=(4.0, 4.0), spacing_mm=(1.0, 1.0)) is None


def test_a_cavity_that_is_not_labelled_does_not_touch_what_lies_in_it():
    """Only the outer border of the left ventricle counts."""
    ventricle, right = np.zeros((2, 17, 17), dtype=bool)
    ventricle[4:13, 4:13] = True
    ventricle[7:10, 7:10] = False
    right[8, 13] = True
    septum = find_septum(ventricle, right, centre=(8.0, 8.0), spacing_mm=(1.0, 1.0))
    assert septum.high_deg - septum.low_deg == pytest.approx(2 * np.rad2deg(np.arctan2(1, 4)))


def test_directions_and_turns_are_worked_out_by_hand():
    assert mean_direction(np.array([350.0, 340.0])) == pytest.approx(345.0)
    assert mean_direction(np.array([80.0, 100.0, 120.0])) == pytest.approx(100.0)
    turns = turn_deg(np.array([0.0, 90.0, 269.0, 270.0, 271.0, 359.0]), 90.0)
    assert turns.tolist() == [-90.0, 0.0, 179.0, -180.0, -179.0, -91.0]
