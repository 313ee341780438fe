import json
from math import isnan, log

import numpy as np
import pytest

from scarmap.errors import RunError
from scarmap.evaluation.reliability import (
    EDGES,
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
    assert counts.count.shape == counts.said.shape == counts.true.shape == (len(EDGES) + 1,)
    assert counts.count[counts.count > 0].tolist() == [1, 3]
    assert counts.true.sum() == 2
    assert counts.said.sum() == pytest.approx(2.7)
    assert counts.expected_error() == pytest.approx(abs(2.7 - 2) / 3)


def test_bins_are_half_a_unit_of_log_odds_wide_from_minus_to_plus_eight():
    assert EDGES.tolist() == [number / 2 for number in range(-16, 17)]


def test_every_map_needs_its_region():
    maps, truth, _ = overconfident(0)
    with pytest.raises(ValueError, match="shorter"):
        count_reliability(maps, ("whole_infarct", "mvo"), truth, "emidec")
    with pytest.raises(ValueError, match="shorter"):
        Calibration(("whole_infarct", "mvo"), {})(maps)


def test_only_bins_of_at_least_one_percent_tell_the_error():
    """Said of 100, 100, 1 and 0 voxels: exactly 1 %, a little less, and 60 %."""
    counts = Reliability(
        np.array([100.0, 100.0, 1.0, 0.0]),
        np.array([1.0, 0.99, 0.6, 0.0]),
        np.array([5.0, 50.0, 1.0, 0.0]),
    )
    assert counts.expected_error() == pytest.approx((4 + 0.4) / (100 + 1))
    assert counts.expected_error(least=0.5) == pytest.approx(0.4)
    assert isnan(counts.expected_error(least=0.7))


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


def test_a_curve_goes_through_the_shares_of_its_bins_with_half_a_voxel_of_either_kind():
    """Of 1, 9 and 0 voxels 0, 9 and 0 belong: shares of 0.5 / 2 and 9.5 / 10."""
    counts = Reliability(np.array([1.0, 9, 0]), np.array([0.2, 8.1, 0]), np.array([0.0, 9, 0]))
    curve = fit_curve(counts)
    assert curve.said == pytest.approx([log(0.2 / 0.8), log(0.9 / 0.1)])
    assert curve.meant == pytest.approx([log(0.25 / 0.75), log(0.95 / 0.05)])
    assert curve(np.array([0.1, 0.2, 0.9])) == pytest.approx([0.25, 0.25, 0.95])


def test_bins_that_fall_are_joined_by_their_voxels():
    """Shares of 1.5 / 2 and 0.5 / 4 of 1 and 3 voxels."""
    counts = Reliability(np.array([1.0, 3]), np.array([0.2, 2.7]), np.array([1.0, 0]))
    joined = (1 * 0.75 + 3 * 0.125) / 4
    assert fit_curve(counts).meant == pytest.approx([log(joined / (1 - joined))] * 2)


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


def test_counts_in_other_bins_are_refused_and_other_files_are_left_alone(tmp_path):
    write_reliability(tmp_path, 3, counted(3))
    (tmp_path / "reliability_all.json").write_text("no fold")
    assert list(read_reliability(tmp_path)) == [3]
    file = tmp_path / "reliability_3.json"
    content = json.loads(file.read_text())
    content["edges"][0] = -9.0
    file.write_text(json.dumps(content))
    with pytest.raises(RunError, match=r"reliability_3\.json counts voxels in other bins"):
        read_reliability(tmp_path)


def test_log_odds_of_certainty_are_finite():
    assert np.isfinite(log_odds(np.array([0.0, 0.5, 1.0]))).all()
    assert log_odds(np.array([0.5]))[0] == 0
    millionth = log(1e-6 / (1 - 1e-6))
    assert log_odds(np.array([0.0, 1.0])) == pytest.approx([millionth, -millionth])
