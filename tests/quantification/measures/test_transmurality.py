from dataclasses import replace
from math import isnan, nan

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.measures.transmurality import (
    GRADES,
    grade,
    measure_wall,
    summarise_chords,
)
from scarmap.quantification.stack.chords import Chords
from scarmap.quantification.stack.wall_slices import WallSlice, wall_slices

ALL = ("edema", "scar", "mvo")
FINE = {"spacing_mm": (0.5, 0.5, 10.0), "size": (131, 129)}


def _half_ring(radius, angle, index):
    """Infarct of 4 of 10 mm over half the circle, no-reflow inside, edema over its outer half."""
    half = angle < 180
    return {"edema": half, "scar": half & (radius <= 24), "mvo": half & (radius <= 22)}


@pytest.fixture
def half_ring(make_heart):
    return measure_wall(
        wall_slices(make_heart(inner_mm=(20.0, 20.0), hurt=_half_ring, **FINE)),
        voxel_ml=0.01,
        tissues=ALL,
    )


def test_a_half_ring_of_known_thickness_has_the_figures_worked_out_on_paper(half_ring):
    area = 30**2 - 20**2
    assert half_ring.infarct_percent == pytest.approx(100 * (24**2 - 20**2) / 2 / area, abs=0.6)
    assert half_ring.edema_percent == pytest.approx(100 * (30**2 - 24**2) / 2 / area, abs=0.6)
    assert half_ring.mvo_percent == pytest.approx(100 * (22**2 - 20**2) / 2 / area, abs=0.6)
    assert half_ring.mvo is True
    assert half_ring.myocardium_g == pytest.approx(
        2 * np.pi * area / 0.5**2 * 0.01 * 1.05, rel=0.01
    )
    assert half_ring.wall_thickness_mm == pytest.approx(10, abs=0.2)
    assert half_ring.wall_thickness_radial_mm == pytest.approx(10, abs=0.1)


def test_means_over_all_and_over_infarcted_chords_name_their_denominators(half_ring):
    depth = half_ring.transmurality
    assert (depth.num_chords, depth.num_infarcted_chords) == (200, 100)
    assert depth.extent_mean_percent == pytest.approx(20, abs=0.5)
    assert depth.extent_infarcted_mean_percent == pytest.approx(40, abs=1)
    assert depth.fraction_infarcted_mean_percent == pytest.approx(40, abs=1)
    assert depth.extent_maximum_percent == pytest.approx(40, abs=4)
    assert depth.area_percent == half_ring.infarct_percent
    assert depth.grade == "1-25"


def test_a_part_of_the_circle_is_measured_alone(make_heart):
    slices = wall_slices(make_heart(inner_mm=(20.0,), hurt=_half_ring, **FINE))
    hurt = measure_wall(
        slices, lambda angles: (angles >= 45) & (angles < 135), voxel_ml=1.0, tissues=ALL
    )
    well = measure_wall(slices, lambda angles: angles >= 190, voxel_ml=1.0, tissues=ALL)
    assert hurt.infarct_percent == pytest.approx(100 * (24**2 - 20**2) / 500, abs=1)
    assert hurt.transmurality.num_chords == 25
    assert (well.infarct_percent, well.mvo, well.transmurality.grade) == (0, False, "0")
    assert isnan(well.transmurality.extent_infarcted_mean_percent)


def test_mid_wall_scar_reaches_far_but_fills_little(make_heart):
    def hurt(radius, angle, index):
        return {"scar": (radius > 24) & (radius <= 27)}

    labels = make_heart(inner_mm=(20.0,), hurt=hurt, **FINE)
    found = {
        variant: measure_wall(
            wall_slices(labels), voxel_ml=1.0, tissues=ALL, variant=variant
        ).transmurality
        for variant in ("extent", "fraction", "area")
    }
    assert found["extent"].extent_mean_percent == pytest.approx(70, abs=1)
    assert found["extent"].fraction_mean_percent == pytest.approx(30, abs=1)
    assert found["extent"].area_percent == pytest.approx(100 * (27**2 - 24**2) / 500, abs=1)
    assert [found[variant].grade for variant in ("extent", "fraction", "area")] == [
        "51-75",
        "26-50",
        "26-50",
    ]


def test_what_is_not_labelled_is_undefined(make_heart):
    found = measure_wall(wall_slices(make_heart(inner_mm=(20.0,))), voxel_ml=1.0, tissues=("scar",))
    assert isnan(found.edema_percent)
    assert isnan(found.mvo_percent)
    assert found.mvo is None


def test_no_wall_has_no_transmurality():
    found = measure_wall((), voxel_ml=1.0, tissues=ALL)
    assert found.myocardium_g == 0
    assert (found.transmurality.num_chords, found.transmurality.grade) == (0, "")
    assert isnan(found.wall_thickness_mm)


def test_chords_without_wall_do_not_count():
    found = summarise_chords(
        np.array([np.nan, 0.0, 0.5]),
        np.array([np.nan, 0.0, 0.4]),
        area_percent=3.0,
        variant="extent",
    )
    assert (found.num_chords, found.num_infarcted_chords) == (2, 1)
    assert (found.extent_mean_percent, found.fraction_maximum_percent) == (25.0, 40.0)


def test_classes_of_transmurality():
    assert [grade(value) for value in (0, 1, 26, 50, 51, 75, 76)] == [
        "0",
        "1-25",
        "26-50",
        "26-50",
        "51-75",
        "51-75",
        "76-100",
    ]


def test_thickness_is_the_mean_of_the_nearest_ways_out_beside_that_of_the_radial_ones(make_heart):
    """A round cavity in a square wall: radially a / cos - r, to the nearest side a - r cos."""
    labels = make_heart(inner_mm=(20.0,), outer_mm=20.5, right=False, **FINE)
    across, along = (
        np.abs(np.arange(size) - (size - 1) / 2) * 0.5 for size in labels.array.shape[:2]
    )
    square = (across <= 30)[:, None] & (along <= 30)[None, :]
    cavity = labels.array[..., 0] == INDEX["lv_pool"]
    labels.array[..., 0] = np.where(cavity, INDEX["lv_pool"], square * INDEX["normal_myocardium"])
    found = measure_wall(wall_slices(labels), voxel_ml=1.0, tissues=ALL)
    half_side = 30.25  # the border lies between voxels
    nearest = half_side - 20 * np.sin(np.pi / 4) / (np.pi / 4)
    radial = half_side * np.log(1 + np.sqrt(2)) / (np.pi / 4) - 20
    assert found.wall_thickness_mm == pytest.approx(nearest, abs=0.25)
    assert found.wall_thickness_radial_mm == pytest.approx(radial, abs=0.25)


@pytest.fixture
def handmade():
    """Four chords, one of which meets no wall, and eight voxels, two to each quarter."""
    chords = Chords(
        angle_deg=np.array([45.0, 135.0, 225.0, 315.0]),
        wall_mm=np.array([10.0, 0.5, 0.0, 4.5]),
        extent=np.array([1.0, 0.1, nan, 0.0]),
        fraction=np.array([0.4, 0.005, nan, 0.0]),
        thickness_mm=np.array([8.0, 0.25, nan, 3.75]),
    )
    names = ("scar", "scar", "mvo", "edema", "edema", "edema", *["normal_myocardium"] * 2)
    tissues = np.array([INDEX[name] for name in names], dtype=np.uint8)
    directions = np.repeat([45.0, 135.0, 225.0, 315.0], 2)
    return WallSlice(0, (0.0, 0.0), True, chords, directions, tissues, None)


def test_a_wall_made_by_hand_has_the_figures_worked_out_on_paper(handmade):
    found = measure_wall([handmade], voxel_ml=0.1, tissues=ALL)
    assert found.myocardium_g == pytest.approx(8 * 0.1 * 1.05)
    assert found.infarct_percent == pytest.approx(100 * 3 / 8)
    assert found.edema_percent == pytest.approx(100 * 3 / 8)
    assert found.mvo_percent == pytest.approx(100 / 8)
    assert found.mvo is True
    assert found.wall_thickness_radial_mm == pytest.approx((10 + 0.5 + 4.5) / 3)
    assert found.wall_thickness_mm == pytest.approx((8 + 0.25 + 3.75) / 3)
    depth = found.transmurality
    assert (depth.num_chords, depth.num_infarcted_chords) == (3, 2)
    assert depth.extent_mean_percent == pytest.approx((100 + 10) / 3)
    assert depth.extent_infarcted_mean_percent == pytest.approx((100 + 10) / 2)
    assert depth.extent_maximum_percent == pytest.approx(100)
    assert depth.fraction_mean_percent == pytest.approx((40 + 0.5) / 3)
    assert depth.fraction_infarcted_mean_percent == pytest.approx((40 + 0.5) / 2)
    assert depth.fraction_maximum_percent == pytest.approx(40)
    assert depth.area_percent == pytest.approx(100 * 3 / 8)
    assert depth.grade == "26-50"  # of the extent; the fraction is 13.5


def test_two_slices_count_together_and_one_without_a_cavity_for_its_voxels_alone(handmade):
    twice = measure_wall([handmade, handmade], voxel_ml=0.1, tissues=ALL)
    assert twice.myocardium_g == pytest.approx(16 * 0.1 * 1.05)
    assert twice.transmurality.num_chords == 6
    with_apex = measure_wall(
        [handmade, replace(handmade, has_cavity=False)], voxel_ml=0.1, tissues=ALL
    )
    assert with_apex.myocardium_g == twice.myocardium_g
    assert with_apex.transmurality.num_chords == 3


def test_a_quarter_holds_its_chord_and_its_voxels(handmade):
    quarter = measure_wall([handmade], lambda angles: angles == 135, voxel_ml=0.1, tissues=ALL)
    assert quarter.myocardium_g == pytest.approx(2 * 0.1 * 1.05)
    assert (quarter.infarct_percent, quarter.edema_percent) == (50, 50)
    assert (quarter.wall_thickness_radial_mm, quarter.wall_thickness_mm) == (0.5, 0.25)
    assert quarter.transmurality.num_infarcted_chords == 1
    assert quarter.transmurality.grade == "1-25"
    well = measure_wall([handmade], lambda angles: angles == 315, voxel_ml=0.1, tissues=ALL)
    assert (well.mvo, well.mvo_percent, well.transmurality.grade) == (False, 0, "0")
    gap = measure_wall([handmade], lambda angles: angles == 225, voxel_ml=0.1, tissues=ALL)
    assert (gap.edema_percent, gap.transmurality.num_chords) == (100, 0)
    assert gap.transmurality.grade == ""
    assert isnan(gap.wall_thickness_radial_mm)


@pytest.mark.parametrize(
    ("tissues", "undefined"),
    [
        (("scar", "edema"), {"mvo_percent"}),
        (("edema", "mvo"), {"infarct_percent"}),
        (("scar", "mvo"), {"edema_percent"}),
    ],
)
def test_each_tissue_is_undefined_alone(handmade, tissues, undefined):
    found = measure_wall([handmade], voxel_ml=0.1, tissues=tissues)
    shares = ("infarct_percent", "edema_percent", "mvo_percent")
    assert {name for name in shares if isnan(getattr(found, name))} == undefined
    assert (found.mvo is None) is ("mvo" not in tissues)


def test_the_depth_of_an_infarct_that_was_not_assessed_is_unknown_on_a_known_number_of_chords(
    handmade,
):
    depth = measure_wall([handmade], voxel_ml=0.1, tissues=("edema",)).transmurality
    assert (depth.num_chords, depth.num_infarcted_chords, depth.grade) == (3, 0, "")
    numbers = [value for name, value in vars(depth).items() if name.endswith("_percent")]
    assert len(numbers) == 7
    assert all(map(isnan, numbers))


def test_the_classes_end_at_quarters_of_the_wall():
    ends = (-1.0, 0.0, 1e-9, 25.0, 25.001, 50.0, 50.001, 75.0, 75.001, 100.0, nan)
    zero, first, second, third, fourth = GRADES
    assert [grade(each) for each in ends] == [
        zero, zero, first, first, second, second, third, third, fourth, fourth, "",
    ]  # fmt: skip
