from itertools import pairwise

import pytest

from scarmap.training.schedules import constant, exponential, one_cycle, tenfold


@pytest.mark.parametrize("epochs", [1, 10, 150])
def test_tenfold_falls_by_the_same_factor_each_epoch_to_a_tenth(epochs):
    factors = [tenfold(epoch, epochs) for epoch in range(epochs)]
    assert factors == pytest.approx([10 ** (-(epoch + 1) / epochs) for epoch in range(epochs)])
    assert factors[-1] == pytest.approx(0.1)


def test_exponential_falls_by_the_same_factor_each_epoch_from_one_to_the_last_value():
    factors = [exponential(epoch, 400, last=1e-4) for epoch in range(400)]
    assert (factors[0], factors[-1]) == (1.0, pytest.approx(1e-4))
    ratios = [after / before for before, after in pairwise(factors)]
    assert ratios == pytest.approx([ratios[0]] * 399)
    assert exponential(0, 1, last=1e-4) == 1.0


def test_one_cycle_rises_over_its_warm_up_and_falls_over_the_rest():
    factors = [one_cycle(epoch, 1000, warm_up=0.3) for epoch in range(1000)]
    assert factors[:300] == sorted(factors[:300])
    assert factors[300:] == sorted(factors[300:], reverse=True)
    assert max(factors) == pytest.approx(1, abs=1e-4)
    assert factors[0] == pytest.approx(0.04, abs=1e-4)
    assert factors[-1] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("epoch", "factor"), [(9.5, 0.52), (19.5, 1.0), (59.5, 0.5)])
def test_one_cycle_by_hand(epoch, factor):
    assert one_cycle(epoch, 100) == pytest.approx(factor)


def test_one_cycle_of_a_single_epoch_trains():
    assert 0.1 < one_cycle(0, 1) <= 1


def test_constant():
    assert {constant(epoch, 7) for epoch in range(7)} == {1.0}
