import math

import pytest
import torch
from torch import nn

from scarmap.labels import INDEX, region_mask
from scarmap.recipes.validation import region_dice
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.systems.linear_codec.maskrcnn import MaskRCNN
from scarmap.systems.linear_codec.objective import BinaryObjective, MaskRCNNObjective


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
    (loss,) = BinaryObjective(region="scar", sequences=(1,), loss="dice-cross-entropy")(
        Even(), batch
    ).values()
    assert loss.item() == pytest.approx(
        1 - (num + 1) / (all_pixels / 2 + num + 1) + math.log(2), rel=1e-5
    )


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


SIZE = 64


class Listener(MaskRCNN):
    """Keeps what it was asked to learn."""

    def losses(self, images, masks):
        self.heard = images, masks
        return super().losses(images, masks)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    return Listener(backbone="resnet18", width=32, size=SIZE)


@pytest.fixture
def batch():
    """Two slices of three sequences with edema, scar and, in the first one only, a blood pool."""
    labels = torch.zeros(2, SIZE, SIZE, dtype=torch.uint8)
    labels[:, 10:20, 10:20] = INDEX["edema"]
    labels[:, 20:26, 10:20] = INDEX["scar"]
    labels[0, 30:50, 30:50] = INDEX["lv_pool"]
    return Batch(torch.rand(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(2)), labels)


@pytest.mark.parametrize(
    ("region", "pixels"), [("scar_and_edema", [160, 160]), ("lv_pool", [400, 0])]
)
def test_the_network_learns_the_region_in_its_sequence(network, batch, region, pixels):
    parts = MaskRCNNObjective(region=region, sequences=(1,))(network.train(), batch)
    images, masks = network.heard
    assert torch.equal(images, batch.images[:, 1:2])
    assert masks.sum((1, 2)).tolist() == pixels
    assert all(part.isfinite() for part in parts.values())


def test_sequences_come_in_the_given_order(batch):
    network = Listener(backbone="resnet18", width=32, size=SIZE, in_channels=2)
    MaskRCNNObjective(region="scar", sequences=(2, 0))(network, batch)
    assert torch.equal(network.heard[0], batch.images[:, [2, 0]])


def test_validation_scores_its_masks(network, batch):
    bank = Bank(batch.images, batch.labels, ("a", "b"), SIZE)
    network.eval()
    with torch.inference_mode():
        scores = region_dice(
            network,
            bank,
            torch.arange(2),
            predict=lambda model, images: model(images[:, :1]),
            regions=("scar_and_edema",),
        )
    assert set(scores) == {"scar_and_edema"}
    assert 0 <= scores["scar_and_edema"] <= 1
