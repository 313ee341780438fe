"""Contrast of whole cohorts against MyoPS 2020 and EMIDEC, and hand-worked values."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.phantom_agreement import (
    between,
    noise_levels,
    positions,
    ratios,
    shapes,
    summarise,
    tissue_levels,
)

from scarmap.labels import INDEX
from scarmap.phantom.heart.population import choose_population
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.study import make_case
from scarmap.volume import Case, Grid, LabelMap, Volume

MYOPS_QUARTILES = {
    ("bSSFP", "lv_pool"): (2.11, 2.87),
    ("bSSFP", "rv_pool"): (1.66, 2.33),
    ("bSSFP", "edema"): (1.16, 1.80),
    ("bSSFP", "scar"): (1.10, 1.44),
    ("T2", "lv_pool"): (0.21, 0.48),
    ("T2", "rv_pool"): (0.18, 0.32),
    ("T2", "edema"): (1.40, 1.67),
    ("T2", "scar"): (1.13, 1.61),
    ("LGE", "lv_pool"): (2.53, 3.84),
    ("LGE", "rv_pool"): (2.33, 3.34),
    ("LGE", "edema"): (1.40, 2.58),
    ("LGE", "scar"): (2.45, 4.63),
}
"""Brightness over normal myocardium in the 25 training cases, quartiles over cases."""

EMIDEC_QUARTILES = {"normal_myocardium": (0.15, 0.50), "scar": (0.91, 1.29), "mvo": (0.45, 0.83)}
"""Brightness over blood, both from zero, in 54 phase-sensitive cases with infarct."""


def _cohort(layout, count, *, num_slices, population=None, **ranges):
    rngs = [np.random.default_rng([7, index]) for index in range(count)]
    styles = [replace(draw_style(rng, layout), **ranges) for rng in rngs]
    return [
        make_case(
            layout, name="x", rng=rng, style=style, num_slices=num_slices, population=population
        )
        for rng, style in zip(rngs, styles, strict=True)
    ]


@pytest.fixture(scope="module")
def myops():
    return _cohort(
        "myops2020", 24, num_slices=3, pixel_mm=(1.1, 1.1), field_of_view_mm=(170.0, 170.0)
    )


def test_every_contrast_of_a_cohort_lies_within_the_real_quartiles(myops):
    found = summarise(ratios(tissue_levels(case)) for case in myops)
    for key, (low, high) in MYOPS_QUARTILES.items():
        assert low <= found[key][0] <= high, key


def test_noise_of_a_cohort_is_that_of_real_images(myops):
    found = summarise(noise_levels(case) for case in myops)
    for key, (low, high) in {
        ("bSSFP", "normal myocardium SD"): (0.2, 0.45),
        ("T2", "normal myocardium SD"): (0.16, 0.30),
        ("LGE", "normal myocardium SD"): (0.4, 0.82),
        ("bSSFP", "lv_pool SD / mean"): (0.15, 0.28),
        ("LGE", "lv_pool SD / mean"): (0.2, 0.36),
        ("LGE", "scar SD / mean"): (0.2, 0.42),
    }.items():
        assert low <= found[key][0] <= high, key


def test_phase_sensitive_cohorts_hold_the_real_relations_to_blood():
    cored = choose_population("emidec", chronic=0.0, mvo=1.0)
    cases = _cohort("emidec", 14, num_slices=4, population=cored, field_of_view_mm=(240.0, 260.0))
    found = summarise(ratios(tissue_levels(case, zero=2048.0), to="lv_pool") for case in cases)
    for tissue, (low, high) in EMIDEC_QUARTILES.items():
        assert low <= found["LGE", tissue][0] <= high, tissue


@pytest.fixture
def squares():
    labels = np.zeros((40, 20, 1), dtype=np.uint8)
    labels[2:18, 2:18], labels[22:38, 2:18] = INDEX["normal_myocardium"], INDEX["lv_pool"]
    array = np.zeros((40, 20, 1), dtype=np.float32)
    array[2:18, 2:18], array[22:38, 2:18] = 110, 310
    array[2, 2:18] = 999
    grid = Grid(array.shape, (1.0, 1.0, 8.0), np.eye(4))
    return Case("squares", "myops2020", {"LGE": Volume(array, grid)}, LabelMap(labels, grid))


def test_levels_are_medians_of_eroded_masks_above_zero(squares):
    levels = tissue_levels(squares, zero=10.0)
    assert levels == {("LGE", "normal_myocardium"): 100, ("LGE", "lv_pool"): 300}
    assert ratios(levels) == {("LGE", "lv_pool"): 3}
    assert ratios(levels, to="scar") == {}


def test_a_case_without_texture_has_no_spread(squares):
    found = noise_levels(squares)
    assert found["LGE", "lv_pool SD / mean"] == 0
    assert found["LGE", "normal myocardium SD"] == 0


def test_cohorts_are_summarised_by_quartiles_over_the_cases_that_have_a_figure():
    found = summarise([{("T2", "scar"): value} for value in (1.0, 2.0, 3.0, 4.0, 5.0)] + [{}])
    assert found == {("T2", "scar"): (3.0, 2.0, 4.0)}


def test_percentiles_of_a_cohort_may_be_asked_for():
    found = summarise([{("T2", "scar"): float(value)} for value in range(11)], (50, 10, 90))
    assert found == {("T2", "scar"): (5.0, 1.0, 9.0)}


def _square_ring(*, spacing_mm=(1.0, 1.0, 8.0)):
    """A square cavity of 20 voxels in a wall of 6, half of its right side scar; two bright rows
    below the heart."""
    labels = np.zeros((60, 60, 2), dtype=np.uint8)
    labels[14:46, 14:46, 0] = INDEX["normal_myocardium"]
    labels[40:46, 14:46, 0] = INDEX["edema"]
    labels[40:46, 14:30, 0] = INDEX["scar"]
    labels[20:40, 20:40, 0] = INDEX["lv_pool"]
    levels = {
        "background": 20.0,
        "normal_myocardium": 100.0,
        "edema": 150.0,
        "scar": 300.0,
        "lv_pool": 300.0,
    }
    array = np.zeros(labels.shape, dtype=np.float32)
    for name, level in levels.items():
        array[labels == INDEX[name]] = level
    array[:, 46:48, 0] = 290
    grid = Grid(labels.shape, spacing_mm, np.eye(4))
    return Case("ring", "scarmap", {"LGE": Volume(array, grid)}, LabelMap(labels, grid))


def test_positions_lie_between_normal_myocardium_and_the_pool():
    found = positions(_square_ring())
    assert found["LGE", "edema"] == pytest.approx(0.25)
    assert found["LGE", "scar"] == pytest.approx(1.0)
    assert found["LGE", "normal_myocardium SD"] == 0
    assert found["LGE", "scar d'"] > 1e6
    assert ("LGE", "mvo") not in found


def test_what_lies_outside_the_wall_is_bright_where_it_is_nearer_to_blood():
    found = positions(_square_ring())
    assert found["LGE", "3.6 mm outside, median"] == pytest.approx(-0.4)
    assert 0.1 < found["LGE", "3.6 mm outside, bright share"] < 0.2, (
        "two of three voxels on one side of four"
    )
    assert (
        found["LGE", "3.6 to 12 mm outside, bright share"]
        < found["LGE", "3.6 mm outside, bright share"]
    )


def test_shapes_are_measured_in_millimetres_and_shares():
    found, wide = shapes(_square_ring()), shapes(_square_ring(spacing_mm=(2.0, 2.0, 8.0)))
    wall, contact_mm = 32**2 - 20**2, 80 * np.pi / 4
    assert found["shape", "wall, area over contact, mm"] == pytest.approx(wall / contact_mm)
    assert wide["shape", "wall, area over contact, mm"] == pytest.approx(2 * wall / contact_mm)
    assert found["shape", "wall, share of the epicardial area"] == pytest.approx(wall / 32**2)
    assert found["shape", "infarct, share of the wall"] == pytest.approx(96 / wall)
    assert found["shape", "edema, share of the injury"] == pytest.approx(0.5)
    assert ("shape", "no-reflow, share of the infarct") not in found


def test_only_a_median_between_those_of_both_data_sets_is_called_a_compromise():
    phantom = {("LGE", "scar"): (0.5,), ("LGE", "mvo"): (0.9,), ("T2", "edema"): (1.0,)}
    real = {("LGE", "scar"): (0.4,), ("LGE", "mvo"): (0.4,), ("T2", "edema"): (1.0,)}
    other = {("LGE", "scar"): (0.6,), ("LGE", "mvo"): (0.6,)}
    assert between(phantom, real, other) == {("LGE", "scar"): "between the two data sets"}
