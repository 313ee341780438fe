import math

import pytest
import torch

from scarmap.systems.mfunet.losses import (
    READINGS,
    balanced_losses,
    paper_losses,
    released_losses,
)


def slices(*foreground):
    """Targets (B, 2, 4, 4) of slices whose first pixels are foreground."""
    y = torch.zeros(len(foreground), 16)
    for row, count in enumerate(foreground):
        y[row, :count] = 1
    y = y.view(-1, 1, 4, 4)
    return torch.cat([y, 1 - y], dim=1)


def logits_of(probability):
    """Two-way logits (B, 2, H, W) whose foreground has probabilities (B, H, W)."""
    return torch.stack([probability.logit(), torch.zeros_like(probability)], dim=1)


def gradient_on_a_blob(loss, target):
    """Gradient of each part by the logits of a false blob of four pixels in the last slice."""
    p = torch.full((len(target), 4, 4), 0.01)
    p[target[:, 0] > 0.5] = 0.9
    p[-1, 2] = 0.9
    found = {}
    for part in ("tversky", "focal"):
        logits = logits_of(p).requires_grad_()
        loss(logits, target)[part].backward()
        found[part] = logits.grad[-1, 0, 2]
    return found


def test_nothing_in_the_papers_losses_suppresses_a_blob_on_a_slice_without_the_label():
    for target in (slices(0), slices(8, 0)):
        gradient = gradient_on_a_blob(paper_losses, target)
        assert gradient["focal"].abs().max() == 0
        assert gradient["tversky"].abs().max() < 1e-5


def test_the_released_focal_loss_suppresses_it():
    gradient = gradient_on_a_blob(released_losses, slices(0))
    assert gradient["tversky"].abs().max() < 1e-12
    assert gradient["focal"].min() > 1e-3


@pytest.mark.parametrize("target", [slices(0), slices(8, 0)], ids=["alone", "beside a label"])
def test_the_balanced_losses_both_suppress_it(target):
    gradient = gradient_on_a_blob(balanced_losses, target)
    assert gradient["tversky"].min() > 1e-4
    assert gradient["focal"].min() > 1e-3


def test_the_balanced_tversky_gradient_on_an_empty_slice_by_hand():
    """With n true pixels found and m false ones at p: dL/dp = 0.3 (n + 1) / (n + 0.3 m p + 1)^2."""
    p = torch.full((2, 4, 4), 1e-6)
    p[0].view(-1)[:8] = 1 - 1e-6
    p[1, 2] = 0.5
    logits = logits_of(p).requires_grad_()
    balanced_losses(logits, slices(8, 0))["tversky"].backward()
    by_probability = 0.3 * 9 / (8 + 0.3 * 4 * 0.5 + 1) ** 2
    assert logits.grad[1, 0, 2].tolist() == pytest.approx([by_probability * 0.25] * 4, rel=1e-4)


def test_the_papers_focal_loss_sums_true_pixels_only_and_averages_slices():
    p = torch.full((2, 4, 4), 0.2)
    parts = paper_losses(logits_of(p), slices(3, 1))
    assert parts["focal"].item() == pytest.approx((3 + 1) / 2 * 0.8**2 * -math.log(0.2), rel=1e-5)


def test_the_papers_tversky_loss_adds_up_labels():
    target = torch.zeros(1, 3, 2, 2)
    target[0, 0, 0, 0] = target[0, 1, 0, 1] = 1
    target[0, 2, 1] = 1
    right = paper_losses(40 * target, target)["tversky"].item()
    wrong = paper_losses(40 * target.roll(1, dims=1), target)["tversky"].item()
    assert (right, wrong) == pytest.approx((0, 2), abs=1e-4)


@pytest.mark.parametrize(("labels", "times"), [(4, 72), (2, 144)])
def test_the_released_focal_sum_is_72_or_144_times_a_mean_over_pixels(labels, times):
    """Where both softmaxes are undecided they agree, and only the sums differ."""
    target = torch.zeros(1, labels, 288, 288)
    target[:, -1] = 1
    even = torch.zeros_like(target)
    ratio = released_losses(even, target)["focal"] / balanced_losses(even, target)["focal"]
    assert ratio.item() == pytest.approx(times, rel=1e-3)


def test_released_takes_the_softmax_of_the_softmax():
    target = slices(16)
    certain = torch.stack([torch.full((1, 4, 4), 40.0), torch.zeros(1, 4, 4)], dim=1)
    q = math.e / (math.e + 1)
    expected = 4 / 2 * (1 - q) ** 2 * -math.log(q)
    assert released_losses(certain, target)["focal"].item() == pytest.approx(expected, rel=1e-5)


def test_beta_weighs_false_negatives_in_every_reading():
    missed, false = slices(8), slices(0)
    nothing, everything = torch.full((1, 4, 4), 1e-6), torch.full((1, 4, 4), 1 - 1e-6)
    half = logits_of(nothing.where(torch.arange(16).view(1, 4, 4) >= 4, everything))
    wide = logits_of(nothing.where(torch.arange(16).view(1, 4, 4) >= 12, everything))
    for reading in READINGS.values():
        low, high = (
            [reading(logits, missed, beta=beta)["tversky"].item() for logits in (half, wide)]
            for beta in (0.1, 0.9)
        )
        assert high[0] > low[0]  # four pixels missed
        assert high[1] < low[1]  # four pixels false
        assert reading(half, false)["tversky"].item() > 0.5


def test_all_readings_are_differentiable_everywhere():
    torch.manual_seed(0)
    for reading in READINGS.values():
        logits = torch.randn(2, 2, 4, 4, requires_grad=True)
        sum(reading(logits, slices(3, 0)).values()).backward()
        assert torch.isfinite(logits.grad).all()
