import numpy as np
import pytest

from scarmap.evaluation.reliability import (
    Calibration,
    Reliability,
    add_up,
    count_reliability,
    fit_calibration,
    fit_curve,
    log_odds,
    read_reliability,
    write_reliability,
)
from scarmap.labels import INDEX
from scarmap.volume import Grid, LabelMap

SHAPE = (60, 60, 20)


def overconfident(seed, *, slope=0.5, offset=-0.5):
    """A map whose log odds are doubled and shifted, and labels drawn from what it should say."""
    drawn = np.random.default_rng(seed)
    odds = drawn.normal(-1, 3, SHAPE)
    meant = 1 / (1 + np.exp(-(slope * odds + offset)))
    labels = np.where(
        drawn.random(SHAPE) < meant, INDEX["scar"], INDEX["normal_myocardium"]
    ).astype(np.uint8)
    said = (1 / (1 + np.exp(-odds))).astype(np.float32)
    return said[None], LabelMap(labels, Grid(SHAPE, (1.0, 1.0, 1.0), np.eye(4))), meant


def counted(seed):
    maps, truth, _ = overconfident(seed)
    return count_reliability(maps, ("whole_infarct",), truth, "emidec")


def test_counts_are_those_of_the_voxels():
    grid = Grid((2, 2, 1), (1.0, 1.0, 1.0), np.eye(4))
    labels = np.array([[[5], [5]], [[3], [0]]], dtype=np.uint8)
    maps = np.array([0.9, 0.9, 0.9, 0.0], dtype=np.float32).reshape(1, 2, 2, 1)
    counts = count_reliability(maps, ("whole_infarct",), LabelMap(labels, grid), "emidec")[
        "whole_infarct"
    ]
    assert counts.count[counts.count > 0].tolist() == [1, 3]
    assert counts.true.sum() == 2
    assert counts.said.sum() == pytest.approx(2.7)
    assert counts.expected_error() == pytest.approx(abs(2.7 - 2) / 3)


def test_the_voxels_of_two_cases_are_added_up():
    one = Reliability(np.array([3.0, 1.0]), np.array([0.6, 0.9]), np.array([1.0, 1.0]))
    other = Reliability(np.array([5.0, 0.0]), np.array([0.4, 0.0]), np.array([2.0, 0.0]))
    both = one + other
    assert (both.count.tolist(), both.true.tolist()) == ([8.0, 1.0], [3.0, 1.0])
    assert both.said.tolist() == pytest.approx([1.0, 0.9])


def test_a_region_that_the_expert_did_not_label_is_not_counted():
    maps, truth, _ = overconfident(0)
    assert count_reliability(maps, ("rv_pool",), truth, "emidec") == {}


def test_an_overconfident_map_means_what_it_says_afterwards_also_on_other_cases():
    curve = fit_curve(counted(1)["whole_infarct"])
    maps, truth, meant = overconfident(2)
    found = curve(maps[0])
    assert found.dtype == np.float32
    assert np.abs(found - meant).mean() < 0.02
    before = count_reliability(maps, ("whole_infarct",), truth, "emidec")[
        "whole_infarct"
    ].expected_error()
    after = count_reliability(found[None], ("whole_infarct",), truth, "emidec")[
        "whole_infarct"
    ].expected_error()
    assert before > 0.1
    assert after < 0.02


def test_a_curve_never_falls_and_is_never_certain():
    curve = fit_curve(counted(3)["whole_infarct"])
    said = np.linspace(0, 1, 501)
    assert (np.diff(curve(said)) >= 0).all()
    assert 0 < curve(np.array([0.0]))[0] < curve(np.array([1.0]))[0] < 1


def test_maps_of_other_regions_stay_as_they_are():
    maps = np.concatenate([overconfident(4)[0]] * 2)
    calibration = fit_calibration(("lv_pool", "whole_infarct"), [counted(1), counted(2)])
    assert isinstance(calibration, Calibration)
    meant = calibration(maps)
    assert meant.shape == maps.shape
    assert np.array_equal(meant[0], maps[0])
    assert not np.array_equal(meant[1], maps[1])


def test_without_held_out_cases_nothing_is_calibrated():
    assert fit_calibration(("lv_pool",), []) is None


def test_folds_are_written_read_and_added_up(tmp_path):
    for fold in (0, 12):
        write_reliability(tmp_path, fold, counted(fold))
    read = read_reliability(tmp_path)
    assert sorted(read) == [0, 12]
    total = add_up(read.values())["whole_infarct"]
    assert total.count.sum() == 2 * np.prod(SHAPE)
    assert np.array_equal(read[12]["whole_infarct"].true, counted(12)["whole_infarct"].true)


def test_log_odds_of_certainty_are_finite():
    assert np.isfinite(log_odds(np.array([0.0, 0.5, 1.0]))).all()
    assert log_odds(np.array([0.5]))[0] == 0
