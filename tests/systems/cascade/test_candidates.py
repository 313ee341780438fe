import pytest
import torch
from torch import nn

from scarmap.systems.cascade.candidates import draw_training_gate, region
from scarmap.systems.cascade.denoiser import epicardial_masks
from scarmap.systems.cascade.morphology import grow


class Logit(nn.Module):
    def forward(self, images):
        return images[:, :1]


class Invert(nn.Module):
    def forward(self, mask):
        return 1 - mask


STAGES = {"anatomy": Logit(), "denoiser": Invert()}


def test_the_gate_is_the_anatomy_networks_or_the_auto_encoders_output():
    images = torch.full((1, 3, 2, 2), 2.0)
    found = torch.sigmoid(torch.tensor(2.0))
    torch.testing.assert_close(
        region(STAGES, images, gate="segmentation"), found.expand(1, 1, 2, 2)
    )
    torch.testing.assert_close(
        region(STAGES, images, gate="denoised"), (1 - found).expand(1, 1, 2, 2)
    )


def test_half_of_the_gates_are_gold_masks_of_a_wrong_size_and_half_are_what_was_found(labels):
    many = labels.expand(200, -1, -1)
    found = torch.zeros(200, 1, 32, 32)
    found[..., 0, 0] = 0.9
    gates = draw_training_gate(found, many, generator=torch.Generator().manual_seed(0))
    gold = [grow(epicardial_masks(labels), torch.tensor([by]))[0] for by in range(-3, 4)]
    kinds = [
        next(
            (by for by, mask in zip(range(-3, 4), gold, strict=True) if torch.equal(gate, mask)),
            None,
        )
        for gate in gates
    ]
    own = [gate for gate, kind in zip(gates, kinds, strict=True) if kind is None]
    assert set(kinds) == {None, *range(-3, 4)}
    assert 70 < len(own) < 130
    assert all(gate.sum() == gate[0, 0, 0] == 1 for gate in own)


@pytest.mark.parametrize("seed", [1, 2])
def test_gates_repeat_with_the_seed(labels, seed):
    many, found = labels.expand(20, -1, -1), torch.zeros(20, 1, 32, 32)
    first, again = (
        draw_training_gate(found, many, generator=torch.Generator().manual_seed(seed))
        for _ in range(2)
    )
    assert torch.equal(first, again)
