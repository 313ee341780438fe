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
