import math

import pytest
import torch
from torch import nn

from scarmap.labels import region_mask
from scarmap.systems.linear_codec.objective import BinaryObjective


class Even(nn.Module):
    """Gives every pixel the same logit and remembers what it was shown."""

    def forward(self, images):
        self.seen = images
        return torch.zeros_like(images[:, :1])


def pixels(batch, region):
    return int(region_mask(batch.labels.numpy(), region).sum())


@pytest.mark.parametrize("region", ["scar", "scar_and_edema", "lv_epicardium"])
def test_the_dice_loss_of_the_whole_batch_by_hand(batch, region):
    num, all_pixels = pixels(batch, region), batch.labels.numel()
    (loss,) = BinaryObjective(region=region, sequences=(1,))(Even(), batch).values()
    assert loss.item() == pytest.approx(1 - (num + 1) / (all_pixels / 2 + num + 1), rel=1e-5)


def test_the_modern_loss_adds_the_cross_entropy_by_hand(batch):
    num, all_pixels = pixels(batch, "scar"), batch.labels.numel()
    (loss,) = BinaryObjective(region="scar", sequences=(1,), loss="dice-cross-entropy")(Even(), batch).values()
    assert loss.item() == pytest.approx(1 - (num + 1) / (all_pixels / 2 + num + 1) + math.log(2), rel=1e-5)


def test_the_network_is_shown_its_sequences_only(batch):
    network = Even()
    BinaryObjective(region="scar", sequences=(2,))(network, batch)
    assert torch.equal(network.seen, batch.images[:, 2:])


def test_a_batch_without_the_region_has_a_finite_gradient(batch):
    batch.labels.zero_()
    network = nn.Conv2d(1, 1, 1)
    (loss,) = BinaryObjective(region="scar", sequences=(0,))(network, batch).values()
    loss.backward()
    assert network.weight.grad.isfinite().all()
    assert network.weight.grad.abs().sum() > 0
