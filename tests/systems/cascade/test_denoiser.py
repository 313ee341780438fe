import pytest
import torch
from torch import nn

from scarmap.labels import INDEX
from scarmap.systems.cascade.corruption import corrupt
from scarmap.systems.cascade.denoiser import (
    Denoiser,
    DenoisingObjective,
    denoising_dice,
    epicardial_masks,
)


class Constant(nn.Module):
    """Makes the same number of every pixel."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, mask):
        return torch.full_like(mask, self.value)


class Recording(nn.Module):
    """Hands on what it is given, and keeps it."""

    def forward(self, mask):
        self.seen = mask
        return mask


def test_the_epicardial_region_is_pool_wall_and_pathology():
    tissues = ("background", "rv_pool", "lv_pool", "normal_myocardium", "edema", "scar")
    labels = torch.tensor([[[INDEX[tissue] for tissue in tissues]]], dtype=torch.uint8)
    assert epicardial_masks(labels).tolist() == [[[[0, 0, 1, 1, 1, 1]]]]


def test_shape_range_and_a_gradient_for_every_parameter():
    network = Denoiser(size=32, code=8)
    made = network(torch.rand(2, 1, 32, 32))
    assert made.shape == (2, 1, 32, 32)
    assert 0 <= made.min() <= made.max() <= 1
    made.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_every_mask_passes_through_a_short_code():
    network = Denoiser(size=128)
    assert network.encode.out_features == 256
    assert network.down(torch.rand(2, 1, 128, 128)).shape == (2, 128, 8, 8)


def test_the_loss_is_the_mean_squared_error_to_the_uncorrupted_mask(batch):
    truth = epicardial_masks(batch.labels)
    (loss,) = DenoisingObjective(generator=torch.Generator().manual_seed(0))(
        Constant(0.25), batch
    ).values()
    inside = truth.mean().item()
    assert loss.item() == pytest.approx(inside * 0.75**2 + (1 - inside) * 0.25**2, rel=1e-5)


def test_the_auto_encoder_is_shown_a_damaged_mask_and_is_not_done_by_handing_it_on(batch):
    truth, model = epicardial_masks(batch.labels), Recording()
    (loss,) = DenoisingObjective(generator=torch.Generator().manual_seed(0))(model, batch).values()
    assert torch.equal(model.seen, corrupt(truth, generator=torch.Generator().manual_seed(0)))
    assert not torch.equal(model.seen, truth)
    assert loss.item() == pytest.approx((model.seen - truth).square().mean().item())
    assert loss > 0


def test_the_score_is_the_same_at_every_call_and_draws_from_no_global_generator(bank):
    state = torch.get_rng_state()
    first, again = (denoising_dice(nn.Identity(), bank, torch.arange(4)) for _ in range(2))
    assert first == again
    assert 0.3 < first["lv_epicardium"] < 1
    assert torch.equal(torch.get_rng_state(), state)


def test_a_model_that_fills_everything_scores_by_hand(bank):
    size = epicardial_masks(bank.window(torch.tensor([0])).labels).sum().item()
    expected = 2 * size / (size + 32 * 32)
    assert denoising_dice(Constant(1.0), bank, torch.arange(4)) == {
        "lv_epicardium": pytest.approx(expected)
    }


def test_without_a_left_ventricle_there_is_no_score(bank):
    assert denoising_dice(Constant(1.0), bank, torch.tensor([1, 3])) == {}
