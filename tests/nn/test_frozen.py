import pytest
import torch
from torch import nn

from scarmap.errors import RunError
from scarmap.nn.frozen import Frozen


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.own = nn.Linear(2, 2)
        self.frozen = Frozen()


@pytest.fixture
def earlier():
    return nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).eval()


@pytest.fixture
def outer(earlier):
    outer = Outer()
    outer.frozen.take({"first": earlier})
    return outer


def test_it_is_no_part_of_the_models_parameters_and_weights(outer):
    assert {name for name, _ in outer.named_parameters()} == {"own.weight", "own.bias"}
    assert set(outer.state_dict()) == {"own.weight", "own.bias"}
    Outer().load_state_dict(outer.state_dict())


def test_it_stays_in_evaluation_mode(outer):
    outer.train()
    assert not any(module.training for module in outer.frozen["first"].modules())


def test_gradients_pass_through_and_none_stays(outer):
    given = torch.rand(3, 2, requires_grad=True)
    outer.frozen["first"](given).sum().backward()
    assert given.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in outer.frozen["first"].parameters())


def test_it_is_a_copy_so_that_the_earlier_stage_stays_as_it_was(outer, earlier):
    assert all(parameter.requires_grad for parameter in earlier.parameters())
    nn.init.zeros_(earlier[0].weight)
    assert outer.frozen["first"][0].weight.abs().sum() > 0


def test_it_follows_the_model(outer):
    outer.double()
    assert outer.frozen["first"][0].weight.dtype == torch.float64


def test_a_network_that_was_not_handed_over_is_named(outer):
    with pytest.raises(RunError, match="stage 'second' was not handed over"):
        outer.frozen["second"]
