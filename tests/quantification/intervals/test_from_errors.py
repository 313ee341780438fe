from math import nan

import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.evaluation.table import evaluate_folder, write_evaluation
from scarmap.io.nifti import write_labels
from scarmap.io.scores import Score, write_scores
from scarmap.quantification.intervals.from_errors import (
    KnownErrors,
    cases_needed,
    conformal_bounds,
    intervals_from_errors,
    read_known_errors,
)
from scarmap.quantification.study import quantify


def volumes(count, *, seed, spread=0.2, bias=1.1):
    """True volumes, and found ones with an error that grows with them, skewed and biased."""
    drawn = np.random.default_rng(seed)
    true = drawn.gamma(2.0, 10.0, count) * (drawn.random(count) > 0.3)
    found = np.maximum(true * bias + drawn.gumbel(0, spread, count) * (true + 2), 0)
    return np.stack([found, true], 1)


def test_bounds_are_order_statistics_of_relative_errors():
    pairs = np.stack([np.full(19, 10.0), np.linspace(1, 19, 19)], 1)
    floor = 0.25 * 10  # of the median true volume
    low, high = conformal_bounds(20.0, pairs)
    assert low == pytest.approx(20 - 9 / (10 + floor) * (20 + floor))
    assert high == pytest.approx(20 + 9 / (10 + floor) * (20 + floor))


@pytest.mark.parametrize(("number", "low", "high"), [(38, 1, 38), (39, 2, 38)])
def test_from_thirty_nine_cases_on_one_more_extreme_case_is_left_out_on_either_side(
    number, low, high
):
    """With 38 each tail of 5 % holds 1.95 ranks and with 39 it holds 2."""
    true = np.arange(1.0, number + 1)
    pairs = np.stack([np.full(number, 10.0), true], 1)
    floor = 0.25 * np.median(true)
    bounds = conformal_bounds(10.0, pairs)
    assert bounds == pytest.approx((low, high))
    scaled = [30 + (end - 10) / (10 + floor) * (30 + floor) for end in (low, high)]
    assert conformal_bounds(30.0, pairs) == pytest.approx((max(scaled[0], 0), scaled[1]))


def test_the_floor_is_a_quarter_of_the_median_of_what_is_there():
    """Nothing is true in ten cases, and 0.4 ml in nine, of which 0.2 ml were found."""
    pairs = np.array([(0.2, 0.0)] * 10 + [(0.2, 0.4)] * 9)
    low, high = conformal_bounds(0.5, pairs)
    assert low == pytest.approx(0.5 - 0.2 / (0.2 + 0.1) * (0.5 + 0.1))
    assert high == pytest.approx(0.5 + 0.2 / (0.2 + 0.1) * (0.5 + 0.1))


def test_where_nothing_is_true_in_any_case_the_floor_is_a_millilitre():
    pairs = np.array([(1.0, 0.0)] * 19)
    assert conformal_bounds(4.0, pairs) == (4 - 5 / 2, 4 - 5 / 2)
    assert conformal_bounds(0.5, pairs) == (0, 0)


def test_no_volume_is_below_zero():
    low, high = conformal_bounds(0.0, volumes(60, seed=1))
    assert low == 0
    assert high > 0


def test_the_number_of_cases_that_a_coverage_needs_leaves_one_on_either_side():
    assert (cases_needed(0.9), cases_needed(0.8), cases_needed(0.95)) == (19, 9, 39)


def test_masses_and_shares_follow_volumes():
    errors = KnownErrors(
        {"infarct": volumes(40, seed=2), "lv_pool": volumes(40, seed=3)}, "somewhere"
    )
    figures = {"infarct_ml": 12.0, "lv_pool_ml": 90.0, "myocardium_ml": 100.0}
    spread = intervals_from_errors(figures, errors)
    assert set(spread) == {"infarct_ml", "infarct_g", "infarct_percent_lv", "lv_pool_ml"}
    low, high = conformal_bounds(12.0, errors.volumes_ml["infarct"])
    assert (spread["infarct_g"].low, spread["infarct_g"].high) == pytest.approx(
        (1.05 * low, 1.05 * high)
    )
    shares = spread["infarct_percent_lv"]
    assert (shares.low, shares.high) == pytest.approx((low, high))  # of 100 ml
    assert spread["infarct_ml"].confidence == 0.9
    assert "40 cases" in spread["infarct_ml"].method


def test_no_share_is_more_than_the_wall():
    errors = KnownErrors({"infarct": volumes(40, seed=2)}, "somewhere")
    spread = intervals_from_errors({"infarct_ml": 90.0, "myocardium_ml": 100.0}, errors)
    assert spread["infarct_ml"].high > 100
    assert spread["infarct_percent_lv"].high == 100

    spread = intervals_from_errors({"infarct_ml": 9000.0, "myocardium_ml": 100.0}, errors)
    assert spread["infarct_percent_lv"].low == 100


def test_an_undefined_figure_and_a_share_of_no_wall_get_no_interval():
    pairs = np.array([(10.0, 10.0)] * 19)
    errors = KnownErrors({"infarct": pairs, "myocardium": pairs, "mvo": pairs}, "somewhere")
    figures = {"infarct_ml": nan, "myocardium_ml": 0.0, "mvo_ml": 2.0}
    spread = intervals_from_errors(figures, errors)
    assert list(spread) == ["myocardium_ml", "myocardium_g", "mvo_ml", "mvo_g"]
    assert (spread["mvo_g"].low, spread["mvo_g"].high) == pytest.approx((2.1, 2.1))


def test_a_part_that_few_cases_measure_gets_no_interval():
    errors = KnownErrors({"infarct": volumes(18, seed=2)}, "somewhere")
    assert intervals_from_errors({"infarct_ml": 12.0, "myocardium_ml": 100.0}, errors) == {}


@pytest.fixture(scope="module")
def scored(make_heart, tmp_path_factory):
    """Twenty scored cases; the infarct of each mask spans 10 degrees more than the true one."""
    folder = tmp_path_factory.mktemp("scored")
    for reading, more in (("true", 0), ("found", 10)):
        for number in range(20):
            labels = make_heart(
                inner_mm=(14.0, 16.0),
                right=False,
                size=(61, 61),
                hurt=lambda radius, angle, index, number=number, more=more: {
                    "scar": angle < 10 * number + more
                },
            )
            write_labels(folder / reading / f"p{number}.nii.gz", labels, "emidec")
    found, true = (
        {path.name[:-7]: path for path in (folder / each).iterdir()} for each in ("found", "true")
    )
    write_evaluation(folder / "run" / "evaluation", evaluate_folder(found, true, "emidec"))
    return folder


def test_errors_are_read_from_a_run_from_scores_and_from_their_table(scored):
    run = scored / "run"
    read = [
        read_known_errors(path)
        for path in (run, run / "evaluation", run / "evaluation" / "cases.csv")
    ]
    for each in read:
        pairs = each.volumes_ml["infarct"]
        assert pairs.shape == (20, 2)
        assert (pairs[:, 0] > pairs[:, 1]).all()
        assert (each.volumes_ml["myocardium"][:, 0] == each.volumes_ml["myocardium"][:, 1]).all()
        assert not each.volumes_ml["mvo"].any()


def scores_of(case, structure, found, excess=None):
    """Lines of a table of scores; the excess over the truth may be missing."""
    values = {"volume_ml": found, "volume_difference_ml": excess}
    return [
        Score(case, "case3d", structure, metric, value, "ml")
        for metric, value in values.items()
        if value is not None
    ]


def test_the_first_structure_that_a_case_has_tells_its_infarct(tmp_path):
    cases = [f"p{number:02}" for number in range(19)]
    lines = [line for case in cases for line in scores_of(case, "whole_infarct", 10.0, 2.0)]
    lines += scores_of("p00", "scar", 99.0, 9.0)
    lines += scores_of("scar alone", "scar", 5.0, -1.0)
    lines += scores_of("without a truth", "scar", 7.0)
    write_scores(tmp_path / "cases.csv", lines)
    found = read_known_errors(tmp_path)
    assert found.volumes_ml.keys() == {"infarct"}
    assert found.volumes_ml["infarct"].tolist() == [[10, 8]] * 19 + [[5, 6]]
    assert found.source == str(tmp_path / "cases.csv")


@pytest.mark.parametrize("number", [0, 18, 19])
def test_nineteen_cases_are_enough_as_long_as_nothing_else_is_asked_for(number, tmp_path):
    others = scores_of("p", "lv_blood", 1.0, 0.0)
    lines = [line for case in range(number) for line in scores_of(str(case), "mvo", 1.0, 0.0)]
    write_scores(tmp_path / "cases.csv", lines + others)
    if number == 19:
        assert len(read_known_errors(tmp_path).volumes_ml["mvo"]) == 19
        return
    with pytest.raises(DataError, match=rf"of {number} cases; intervals that cover 90% need 19"):
        read_known_errors(tmp_path)


def test_a_study_gets_them_in_place_of_the_scatter_of_probabilities(scored, make_heart):
    labels = make_heart(
        inner_mm=(14.0, 16.0),
        right=False,
        size=(61, 61),
        hurt=lambda r, angle, i: {"scar": angle < 60},
    )
    maps = {
        "whole_infarct": np.where(labels.array == 5, 0.9, 0.1),
        "mvo": np.full(labels.array.shape, 0.1),
    }
    study = quantify(
        labels, layout="emidec", probabilities=maps, errors=read_known_errors(scored / "run")
    )
    interval, infarct = study.intervals["infarct_ml"], study.figures["infarct_ml"]
    assert interval.low < infarct * 51 / 60 < interval.high <= infarct
    assert "had not seen" in interval.method
    assert {each.method for each in study.intervals.values()} == {interval.method}


def test_too_few_cases_and_no_scores_are_explained(scored):
    with pytest.raises(DataError, match="20 cases; intervals that cover 95% need 39"):
        read_known_errors(scored / "run", confidence=0.95)
    with pytest.raises(DataError, match="holds no scores"):
        read_known_errors(scored / "found")


@pytest.mark.parametrize("confidence", [0.8, 0.9])
def test_intervals_cover_new_cases_as_often_as_they_say(confidence):
    covered = []
    for seed in range(40):
        pairs = volumes(80 + 50, seed=seed)
        for found, true in pairs[80:]:
            low, high = conformal_bounds(found, pairs[:80], confidence=confidence)
            covered.append(low <= true <= high)
    assert confidence - 0.02 < np.mean(covered) < confidence + 0.06
