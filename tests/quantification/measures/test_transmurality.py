from math import isnan

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.measures.transmurality import grade, measure_wall, summarise_chords
from scarmap.quantification.stack.wall_slices import wall_slices

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
