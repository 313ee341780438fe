from math import erf, isnan, nan, sqrt

import numpy as np
import pytest

from scarmap.evaluation.crps import LARGEST_ML, Foretold, crps, cumulative


def test_a_step_costs_the_share_of_millilitres_between_the_volumes():
    for found, true in ((30.0, 24.0), (24.0, 30.0)):
        assert crps(cumulative(Foretold(found, found, found)), true) == pytest.approx(6 / 600)
    assert crps(cumulative(Foretold(30.0, 30.0, 30.0)), 30.0) == 0


def test_nothing_found_where_nothing_is_costs_nothing():
    assert crps(cumulative(Foretold(0.0, 0.0, 0.0)), 0.0) == 0


def test_the_score_by_its_formula():
    """1 / 600 times the sum over n of (P(y <= n) - H(n - V))^2."""
    p = np.linspace(0, 1, LARGEST_ML)
    by_hand = sum((p[n] - (1 if n - 200.5 >= 0 else 0)) ** 2 for n in range(600)) / 600
    assert crps(p, 200.5) == pytest.approx(by_hand)


def test_the_distribution_has_the_volume_as_median_and_the_interval_as_its_share():
    p = cumulative(Foretold(100.0, 90.0, 130.0, confidence=0.9))
    assert p[100] == pytest.approx(0.5)
    assert (p[90], p[130]) == pytest.approx((0.05, 0.95))
    assert (np.diff(p) >= 0).all()
    assert (p.min(), p.max()) == pytest.approx((0, 1), abs=1e-6)
    width = 10 / 1.6448536269514722
    assert p[95] == pytest.approx((1 + erf(-5 / width / sqrt(2))) / 2)


def test_a_side_without_a_width_is_a_step_at_the_volume():
    left = cumulative(Foretold(100.0, 90.0, 100.0))
    assert (left[90], left[99] < 0.5, left[100]) == (pytest.approx(0.05), True, 1)
    right = cumulative(Foretold(100.0, 100.0, 110.0))
    assert (right[99], right[100], right[110]) == (0, 0.5, pytest.approx(0.95))


def test_an_interval_narrower_than_a_millilitre_has_its_width():
    p = cumulative(Foretold(100.0, 99.0, 101.0))
    assert p[98:103] == pytest.approx([0.0005, 0.05, 0.5, 0.95, 0.9995], abs=1e-4)


def test_an_interval_beside_its_volume_is_a_step_on_the_other_side():
    p = cumulative(Foretold(100.0, 110.0, 120.0))
    assert (p[99], p[100], p[120]) == (0, 0.5, pytest.approx(0.95))
    p = cumulative(Foretold(100.0, 80.0, 90.0))
    assert (p[80], p[99] < 0.5, p[100]) == (pytest.approx(0.05), True, 1)


def test_an_interval_that_holds_the_truth_costs_less_than_a_step_beside_it():
    step = crps(cumulative(Foretold(100.0, 100.0, 100.0)), 120.0)
    wide = crps(cumulative(Foretold(100.0, 70.0, 130.0)), 120.0)
    too_wide = crps(cumulative(Foretold(100.0, 0.0, 600.0)), 120.0)
    assert wide < step < too_wide


def test_an_unknown_truth_is_undefined():
    assert isnan(crps(cumulative(Foretold(1.0, 1.0, 1.0)), nan))
