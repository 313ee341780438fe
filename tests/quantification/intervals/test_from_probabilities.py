from math import isnan, nan, sqrt

import numpy as np
import pytest
from scipy import stats

from scarmap.errors import DataError
from scarmap.quantification.intervals.from_probabilities import (
    holding,
    interval_of_samples,
    intervals,
    probability_of,
)
from scarmap.quantification.result import Interval

ALL = ("lv_pool", "rv_pool", "normal_myocardium", "edema", "scar", "mvo")
MYOPS = ALL[:-1]


def _samples(*sizes, total=100):
    return np.stack([(np.arange(total) < size).reshape(total, 1, 1) * 0.9 for size in sizes])


def test_few_samples_give_the_interval_of_one_more_by_students_t():
    found = interval_of_samples(np.array([8.0, 10.0, 12.0]), confidence=0.9)
    reach = stats.t.ppf(0.95, 2) * 2 * sqrt(4 / 3)
    assert (found.low, found.high) == pytest.approx((10 - reach, 10 + reach))
    assert interval_of_samples(np.array([0.0, 1.0, 5.0])).low == 0.0
    assert "3 folds" in found.method


def test_many_samples_give_percentiles():
    found = interval_of_samples(np.arange(101.0), confidence=0.9)
    assert (found.low, found.high) == pytest.approx((5.0, 95.0))
    assert "percentiles" in found.method


@pytest.mark.parametrize(("number", "words"), [(20, "percentiles of 20"), (19, "scatter of 19")])
def test_percentiles_need_twenty_samples(number, words):
    assert interval_of_samples(np.arange(float(number))).method.startswith(words)


def test_samples_in_which_a_figure_is_undefined_do_not_count():
    assert interval_of_samples(np.array([np.nan, 4.0, 4.0])).high == 4.0
    assert isnan(interval_of_samples(np.array([np.nan, 4.0])).high)


def test_masses_and_shares_follow_each_sample_with_its_own_wall():
    probabilities = {
        "whole_infarct": _samples(10, 20, 30),
        "whole_myocardium": _samples(40, 80, 60),
    }
    found = intervals(probabilities, tissues=ALL, voxel_ml=0.5, wall_ml=999.0)
    shares = np.array([25.0, 25.0, 50.0])
    expected = interval_of_samples(shares)
    assert (found["infarct_percent_lv"].low, found["infarct_percent_lv"].high) == (
        expected.low,
        expected.high,
    )
    volumes = interval_of_samples(np.array([5.0, 10.0, 15.0]))
    assert (found["infarct_ml"].high, found["infarct_g"].high) == pytest.approx(
        (volumes.high, volumes.high * 1.05)
    )
    assert {
        "infarct_ml",
        "infarct_g",
        "infarct_percent_lv",
        "myocardium_ml",
        "myocardium_g",
    } <= set(found)
    assert not {"mvo_g", "edema_g", "lv_pool_ml"} & set(found)


def test_the_wall_of_the_mask_is_the_denominator_where_none_is_given():
    found = intervals({"edema": _samples(10, 10)}, tissues=ALL, voxel_ml=1.0, wall_ml=40.0)
    assert found["edema_percent_lv"].high == pytest.approx(25.0)


def test_the_infarct_is_put_together_from_the_regions_that_are_given():
    scar, core = _samples(10, 10), np.roll(_samples(5, 5), 20, axis=1)
    divided = intervals({"scar": scar, "mvo": core}, tissues=ALL, voxel_ml=1.0, wall_ml=50.0)
    assert divided["infarct_ml"].high == 15
    assert divided["infarct_without_mvo_g"].high == pytest.approx(10.5)
    assert divided["mvo_percent_infarct"].high == pytest.approx(100 / 3)
    assert (
        intervals({"scar": scar}, tissues=MYOPS, voxel_ml=1.0, wall_ml=50.0)["infarct_ml"].high
        == 10
    )
    assert "infarct_ml" not in intervals({"scar": scar}, tissues=ALL, voxel_ml=1.0, wall_ml=50.0)


def test_regions_side_by_side_are_no_more_than_certain():
    given = {"scar": np.array([0.8, 0.2]), "mvo": np.array([0.5, 0.1])}
    together = probability_of({"scar", "mvo"}, given, tissues=ALL)
    assert together == pytest.approx(np.array([1.0, 0.3]))


def test_a_region_less_one_that_it_does_not_hold_tells_nothing():
    given = {"scar_and_edema": np.array([0.9]), "lv_pool": np.array([0.5])}
    assert probability_of({"edema"}, given, tissues=MYOPS) is None


def test_edema_is_what_a_nested_region_has_beyond_the_scar():
    given = {"scar": np.array([0.9, 0.1, 0.0]), "scar_and_edema": np.array([0.9, 0.8, 0.1])}
    assert probability_of({"edema"}, given, tissues=MYOPS) == pytest.approx(
        np.array([0.0, 0.7, 0.1])
    )
    assert probability_of({"edema", "scar"}, given, tissues=MYOPS) is not None
    assert probability_of({"rv_pool"}, given, tissues=MYOPS) is None
    assert probability_of(set(), given, tissues=MYOPS) is None


def test_one_averaged_map_is_bounded_by_its_level_sets_and_claims_no_coverage():
    averaged = np.linspace(0, 1, 101).reshape(-1, 1, 1)
    found = intervals({"scar": averaged}, tissues=MYOPS, voxel_ml=1.0, wall_ml=100.0)["infarct_ml"]
    assert (found.low, found.high) == (26, 76)
    assert isnan(found.confidence)
    assert "averaged" in found.method


def test_shares_of_the_infarct_need_samples():
    scar, core = np.full((2, 4, 1, 1), 0.9), np.full((2, 4, 1, 1), 0.1)
    sampled = intervals({"scar": scar, "mvo": core}, tissues=ALL, voxel_ml=1.0, wall_ml=9.0)
    averaged = intervals({"scar": scar[0], "mvo": core[0]}, tissues=ALL, voxel_ml=1.0, wall_ml=9.0)
    assert sampled.keys() - averaged.keys() == {"mvo_percent_infarct"}
    assert sampled["mvo_percent_infarct"].high == 0


def test_blood_has_a_volume_and_no_mass_and_a_half_is_enough():
    maps = np.array([[0.5, 0.49, 0.5], [0.5, 0.5, 0.1]]).reshape(2, 3, 1, 1)
    found = intervals({"lv_pool": maps, "rv_pool": maps}, tissues=ALL, voxel_ml=1.0, wall_ml=9.0)
    assert found.keys() == {"lv_pool_ml", "rv_pool_ml"}
    assert (found["lv_pool_ml"].low, found["lv_pool_ml"].high) == (2, 2)


def test_unknown_regions_and_shapes_are_errors():
    with pytest.raises(DataError, match="no region 'scars'"):
        intervals({"scars": _samples(1, 2)}, tissues=ALL, voxel_ml=1.0, wall_ml=1.0)
    for wrong in (_samples(1), np.zeros((2, 2))):
        with pytest.raises(DataError, match="at least two folds"):
            intervals({"scar": wrong}, tissues=ALL, voxel_ml=1.0, wall_ml=1.0)
    with pytest.raises(DataError, match="one shape"):
        intervals(
            {"scar": _samples(1, 2), "mvo": _samples(1, 2, 3)},
            tissues=ALL,
            voxel_ml=1.0,
            wall_ml=1.0,
        )
    assert intervals({}, tissues=ALL, voxel_ml=1.0, wall_ml=1.0) == {}


def test_an_interval_from_levels_holds_the_figure_of_the_mask():
    between = Interval(2.0, 4.0, nan, "levels")
    assert holding(between, 5.0) == Interval(2.0, 5.0, nan, "levels")
    assert holding(between, 1.0) == Interval(1.0, 4.0, nan, "levels")
    assert holding(between, 3.0) == between
    assert holding(between, nan) is between
    covering = Interval(2.0, 4.0, 0.9, "samples")
    assert holding(covering, 5.0) is covering
