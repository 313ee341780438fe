import math

import pytest
import torch
import torch.nn.functional as F
from monai.losses import DiceCELoss, DiceLoss, FocalLoss, TverskyLoss

from scarmap.nn.losses import (
    binary_dice_cross_entropy,
    dice_cross_entropy,
    dice_loss,
    focal_loss,
    tversky_loss,
)


@pytest.fixture
def logits():
    return torch.randn(3, 4, 6, 5, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def one_hot():
    labels = torch.randint(4, (3, 6, 5), generator=torch.Generator().manual_seed(1))
    return F.one_hot(labels, 4).permute(0, 3, 1, 2).float()


@pytest.fixture
def soft(one_hot):
    return 0.7 * one_hot + 0.3 * one_hot.flip(0)


def test_tversky_counts_a_missed_pixel_more_than_a_false_one():
    target = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(1, 1, 2, 2)
    missed = torch.tensor([1.0, 0.0, 0.0, 0.0]).view(1, 1, 2, 2)
    false = torch.tensor([1.0, 1.0, 1.0, 0.0]).view(1, 1, 2, 2)
    assert tversky_loss(missed, target, smooth=0).item() == pytest.approx(1 - 1 / 1.7)
    assert tversky_loss(false, target, smooth=0).item() == pytest.approx(1 - 2 / 2.3)


def test_tversky_sums_the_channels_of_a_sample_before_the_ratio():
    target = torch.tensor([[1.0, 0.0], [0.0, 0.0]]).view(1, 2, 1, 2)
    probabilities = torch.tensor([[1.0, 0.0], [1.0, 1.0]]).view(1, 2, 1, 2)
    assert tversky_loss(probabilities, target, smooth=0).item() == pytest.approx(1 - 1 / 1.6)
    per_channel = tversky_loss(probabilities, target, smooth=0, dims=(2, 3)).item()
    assert per_channel == pytest.approx((0 + 1) / 2)


@pytest.mark.parametrize("beta", [0.3, 0.7])
def test_tversky_equals_monai_per_channel(logits, one_hot, beta):
    oracle = TverskyLoss(alpha=1 - beta, beta=beta, smooth_nr=1e-5, smooth_dr=1e-5)
    p = logits.softmax(dim=1)
    torch.testing.assert_close(tversky_loss(p, one_hot, beta=beta, dims=(2, 3)), oracle(p, one_hot))


def test_tversky_of_empty_target_is_zero_only_for_an_empty_prediction():
    empty = torch.zeros(1, 1, 4, 4)
    assert tversky_loss(empty, empty).item() == 0
    assert tversky_loss(torch.full_like(empty, 0.1), empty).item() == pytest.approx(1, abs=1e-4)


def test_tversky_with_half_beta_is_dice(logits, soft):
    p = logits.softmax(dim=1)
    tversky = tversky_loss(p, soft, beta=0.5, smooth=0, dims=(2, 3))
    torch.testing.assert_close(tversky, dice_loss(p, soft, smooth=0))


@pytest.mark.parametrize(("batch", "dims"), [(False, (2, 3)), (True, (0, 2, 3))])
def test_dice_equals_monai(logits, soft, batch, dims):
    p = logits.softmax(dim=1)
    torch.testing.assert_close(dice_loss(p, soft, dims=dims), DiceLoss(batch=batch)(p, soft))


def test_focal_equals_monai_summed_over_classes(logits, soft):
    oracle = FocalLoss(gamma=2.0, use_softmax=True, reduction="none")(logits, soft)
    torch.testing.assert_close(focal_loss(logits, soft), oracle.sum(dim=1).mean())


def test_focal_of_uniform_logits_by_hand(one_hot):
    by_hand = 0.75**2 * math.log(4)
    assert focal_loss(torch.zeros_like(one_hot), one_hot).item() == pytest.approx(by_hand)


def test_focal_without_focus_is_cross_entropy(logits, soft):
    torch.testing.assert_close(focal_loss(logits, soft, gamma=0), F.cross_entropy(logits, soft))


@pytest.mark.parametrize("size", [1.0, 1e3])
def test_focal_is_finite_for_extreme_logits(one_hot, size):
    for sign in (size, -size):
        extreme = (sign * (2 * one_hot - 1)).requires_grad_()
        loss = focal_loss(extreme, one_hot)
        loss.backward()
        assert loss.isfinite()
        assert extreme.grad.isfinite().all()
    assert focal_loss(1e3 * one_hot, one_hot).item() == pytest.approx(0, abs=1e-6)


def test_dice_cross_entropy_equals_monai(logits, one_hot):
    oracle = DiceCELoss(softmax=True, include_background=False, batch=True)(logits, one_hot)
    torch.testing.assert_close(dice_cross_entropy(logits, one_hot), oracle)


def test_dice_cross_entropy_takes_the_background_from_either_end(logits, soft):
    last = dice_cross_entropy(logits, soft, background=-1)
    first = dice_cross_entropy(logits.flip(1), soft.flip(1), background=0)
    torch.testing.assert_close(last, first)
    assert abs(last.item() - dice_cross_entropy(logits, soft, background=0).item()) > 1e-4


def test_binary_dice_cross_entropy_equals_monai(logits, one_hot):
    oracle = DiceCELoss(sigmoid=True, batch=True)(logits[:, :1], one_hot[:, :1])
    torch.testing.assert_close(binary_dice_cross_entropy(logits[:, :1], one_hot[:, :1]), oracle)


def test_smoothing_is_added_to_both_sides_of_a_ratio_by_hand():
    p = torch.tensor([0.5, 0.5, 0.0, 1.0]).view(1, 1, 2, 2)
    y = torch.tensor([1.0, 0.0, 1.0, 1.0]).view(1, 1, 2, 2)
    # 1.5 pixels are hit, 0.5 false and 1.5 missed.
    assert dice_loss(p, y, smooth=1).item() == pytest.approx(1 - (3 + 1) / (5 + 1))
    assert tversky_loss(p, y, smooth=1).item() == pytest.approx(1 - 2.5 / (2.7 + 1))
    assert dice_loss(0 * p, 0 * y).item() == 0
