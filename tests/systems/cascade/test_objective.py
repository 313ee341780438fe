import math

import pytest
import torch
from torch import nn

from scarmap.nn.frozen import Frozen
from scarmap.systems.cascade.anatomy import AnatomyNetwork, take_earlier
from scarmap.systems.cascade.objective import PathologyObjective, gated_labels
from scarmap.systems.cascade.pathology import (
    NESTED,
    PathologyNetwork,
    SingleNetwork,
    target_classes,
)

WEIGHTS = {"main": 1.0, "bSSFP": 0.3, "LGE": 0.5, "T2": 0.5}


class Everywhere(nn.Module):
    """An anatomy network that finds a left ventricle in every pixel."""

    def forward(self, images):
        return torch.full_like(images[:, :1], 100.0)


class Even(nn.Module):
    """Gives all classes of an output the same probability, and remembers the candidate images."""

    def __init__(self, *outputs):
        super().__init__()
        self.outputs = outputs
        self.frozen = Frozen()
        self.frozen.take({"anatomy": Everywhere()})

    def forward(self, candidates):
        self.candidates = candidates
        count, _, height, width = candidates.shape
        return {
            name: torch.zeros(count, 1 + len(NESTED[name]), height, width) for name in self.outputs
        }


@pytest.fixture
def found_only(monkeypatch):
    """All gates are the anatomy network's."""
    monkeypatch.setattr("scarmap.systems.cascade.candidates.GOLD_SHARE", 0.0)


def even_dice_loss(labels, output):
    """One minus soft Dice of equal probabilities, averaged over the foreground classes, by hand."""
    classes = target_classes(labels, output)
    num = 1 + len(NESTED[output])
    share = [(classes == each).float().mean().item() for each in range(1, num)]
    return 1 - sum(2 * part / num / (1 / num + part) for part in share) / (num - 1)


def test_weighted_losses_of_every_output_by_hand(batch, found_only):
    parts = PathologyObjective(weights=WEIGHTS)(Even(*WEIGHTS), batch)
    assert list(parts) == ["dice_main", "dice_bSSFP", "dice_LGE", "dice_T2"]
    for output, weight in WEIGHTS.items():
        assert parts[f"dice_{output}"].item() == pytest.approx(
            weight * even_dice_loss(batch.labels, output), rel=1e-4
        )


def test_the_modern_loss_adds_the_cross_entropy(batch, found_only):
    (loss,) = PathologyObjective(weights={"T2": 1.0}, loss="dice-cross-entropy")(
        Even("T2"), batch
    ).values()
    assert loss.item() == pytest.approx(even_dice_loss(batch.labels, "T2") + math.log(3), rel=1e-4)


def test_the_network_sees_nothing_outside_the_gate(batch):
    model = Even("main")
    PathologyObjective(weights=WEIGHTS, generator=torch.Generator().manual_seed(0))(model, batch)
    hidden = model.candidates == 0
    assert hidden.any()
    assert torch.equal(model.candidates[~hidden], batch.images[~hidden])


def test_labels_outside_the_gate_are_background(labels):
    gate = torch.zeros(1, 1, 32, 32)
    gate[..., :16, :] = 1
    kept = gated_labels(labels, gate)
    assert torch.equal(kept[:, :16], labels[:, :16])
    assert labels[:, 16:].any()
    assert not kept[:, 16:].any()
    assert kept.dtype == torch.uint8


def test_gates_repeat_with_the_generator(batch):
    def shown(seed):
        model = Even("main")
        PathologyObjective(weights=WEIGHTS, generator=torch.Generator().manual_seed(seed))(
            model, batch
        )
        return model.candidates

    assert torch.equal(shown(1), shown(1))
    assert len({shown(seed).numpy().tobytes() for seed in range(8)}) > 1


@pytest.mark.parametrize(
    "network", [PathologyNetwork(width=4), SingleNetwork(sequences=(2,), output="T2", width=4)]
)
def test_every_parameter_is_trained_and_the_frozen_anatomy_network_is_not(batch, network):
    take_earlier(network, {"anatomy": AnatomyNetwork(width=4)})
    network.train()
    parts = PathologyObjective(weights=WEIGHTS)(network, batch)
    sum(parts.values()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert all(parameter.grad is None for parameter in network.frozen["anatomy"].parameters())
    assert not network.frozen["anatomy"].training
