from itertools import pairwise

import pytest
import torch

from scarmap.recipes.schedules import constant, exponential, modern_training, one_cycle, tenfold


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


def test_the_learning_rate_makes_one_cycle():
    (phase,) = modern_training(epochs=100)["phases"]
    course = [
        phase.learning_rate * phase.decay(epoch, phase.epochs) for epoch in range(phase.epochs)
    ]
    assert phase.patience is None
    assert course.index(max(course)) in (14, 15)
    assert max(course) == pytest.approx(2e-3, rel=0.01)
    assert course[0] < 2e-4
    assert course[-1] < 1e-6
    assert course[15:] == sorted(course[15:], reverse=True)


def test_nothing_is_selected_and_weights_decay():
    fields = modern_training(epochs=3, learning_rate=1e-3)
    assert fields["keep"] == "last"
    optimizer = fields["optimizer"]([torch.nn.Parameter(torch.ones(1))])
    assert optimizer.defaults["weight_decay"] == 0.01
    assert fields["phases"][0].learning_rate == 1e-3
