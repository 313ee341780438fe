import pytest
import torch

from scarmap.training.modern import modern_training


def test_the_learning_rate_makes_one_cycle():
    (phase,) = modern_training(epochs=100)["phases"]
    course = [phase.learning_rate * phase.decay(epoch, phase.epochs) for epoch in range(phase.epochs)]
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
