import math

import pytest
import torch
from torch import nn

from scarmap.nn.frozen import Frozen
from scarmap.systems.cascade.anatomy import (
    AnatomyNetwork,
    AnatomyObjective,
    region_probabilities,
    take_earlier,
)
from scarmap.systems.cascade.denoiser import Denoiser, epicardial_masks


class Even(nn.Module):
    """Gives every pixel the same logit."""

    def __init__(self, logit=0.0, denoiser=None):
        super().__init__()
        self.logit = logit
        self.frozen = Frozen()
        if denoiser is not None:
            self.frozen.take({"denoiser": denoiser})

    def forward(self, images):
        return torch.full_like(images[:, :1], self.logit)


def soft_dice(value, truth):
    return 2 * value * truth.sum().item() / (value * truth.numel() + truth.sum().item())


@pytest.mark.parametrize("sequences", [(0,), (0, 1, 2)])
def test_shape_range_and_a_gradient_for_every_parameter(sequences):
    network = AnatomyNetwork(sequences=sequences, width=4)
    found = region_probabilities(network, torch.rand(2, 3, 32, 32))
    assert found.shape == (2, 1, 32, 32)
    assert 0 <= found.min() <= found.max() <= 1
    found.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_the_network_on_bssfp_alone_looks_at_nothing_else():
    network = AnatomyNetwork(sequences=(0,), width=4).eval()
    images = torch.rand(1, 3, 32, 32)
    others = torch.cat([images[:, :1], torch.rand(1, 2, 32, 32)], dim=1)
    assert torch.equal(network(images), network(others))
    assert torch.equal(network(images), network(images[:, :1]))


def test_each_sequence_has_an_encoder_of_its_own():
    assert len(AnatomyNetwork(width=4).unet.encoders) == 3


def test_the_loss_by_hand(batch):
    truth = epicardial_masks(batch.labels)
    parts = AnatomyObjective(beta=0.2)(Even(denoiser=nn.Identity()), batch)
    assert parts["dice"].item() == pytest.approx(1 - soft_dice(0.5, truth), rel=1e-4)
    assert parts["shape"].item() == pytest.approx(0.2 * (1 - soft_dice(0.5, truth)), rel=1e-4)


def test_without_beta_no_auto_encoder_is_needed(batch):
    assert set(AnatomyObjective(beta=0)(Even(), batch)) == {"dice"}


def test_the_modern_loss_adds_the_cross_entropy_by_hand(batch):
    truth = epicardial_masks(batch.labels)
    (loss,) = AnatomyObjective(beta=0, loss="dice-cross-entropy")(Even(), batch).values()
    assert loss.item() == pytest.approx(1 - soft_dice(0.5, truth) + math.log(2), rel=1e-4)


def test_the_shape_loss_trains_the_network_and_not_the_frozen_auto_encoder(batch):
    network = AnatomyNetwork(width=4)
    take_earlier(network, {"denoiser": Denoiser(size=32, code=8)})
    network.train()
    before = {
        name: value.clone() for name, value in network.frozen["denoiser"].state_dict().items()
    }
    AnatomyObjective(beta=1.0)(network, batch)["shape"].backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert all(parameter.grad is None for parameter in network.frozen["denoiser"].parameters())
    after = network.frozen["denoiser"].state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
