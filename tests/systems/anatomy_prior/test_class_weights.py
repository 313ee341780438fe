from itertools import pairwise
from math import exp

import pytest
import torch
import torch.nn.functional as F

from scarmap.systems.anatomy_prior.class_weights import (
    WeightGenerator,
    balanced_weights,
    equalising_weights,
    inverse_frequency_weights,
    label_losses,
    opposed,
    present_labels,
    softmax_weights,
)

ALL = torch.ones(3, 5, dtype=torch.bool)


def scores(seed=0):
    return 5 * torch.randn(3, 5, generator=torch.Generator().manual_seed(seed))


def test_the_generator_has_six_convolutions_and_a_gradient_for_every_parameter():
    torch.manual_seed(0)
    generator = WeightGenerator(sequences=2, labels=5)
    assert sum(isinstance(module, torch.nn.Conv2d) for module in generator.modules()) == 6
    made = generator(torch.rand(3, 2, 64, 48))
    assert made.shape == (3, 5)
    made.square().sum().backward()
    assert all(parameter.grad is not None for parameter in generator.parameters())
    expected = sum(
        9 * before * after + 2 * after for before, after in pairwise([2, 16, 32, 64, 64, 64])
    )
    assert sum(parameter.numel() for parameter in generator.parameters()) == expected + 64 * 5 + 5


def test_the_geometric_mean_is_one_over_the_labels_present():
    present = ALL.clone()
    present[1, 3:] = False
    weights = balanced_weights(scores(), present)
    torch.testing.assert_close(weights[0].log().mean(), torch.tensor(0.0), atol=1e-6, rtol=0)
    torch.testing.assert_close(weights[1, :3].log().mean(), torch.tensor(0.0), atol=1e-6, rtol=0)
    assert weights[1, 3:].tolist() == [1, 1]


def test_weights_are_bounded_however_large_the_scores():
    weights = balanced_weights(1e6 * scores(), ALL)
    assert weights.max() <= exp(4)
    assert weights.min() >= exp(-4)


def test_weights_learned_with_the_loss_balance_the_loss_of_the_labels():
    losses = torch.tensor([[0.8, 0.4, 0.2, 0.1, 0.0]])
    present = torch.tensor([[True, True, True, True, False]])
    free = torch.zeros(1, 5, requires_grad=True)
    optimizer = torch.optim.Adam([free], lr=0.05)
    for _ in range(500):
        optimizer.zero_grad()
        (balanced_weights(free, present) * losses).sum().backward()
        optimizer.step()
    weighted = (balanced_weights(free, present) * losses)[0, :4]
    torch.testing.assert_close(weighted, weighted.mean().expand(4), rtol=1e-3, atol=0)
    # At the minimum each is the geometric mean of the four losses.
    assert weighted.mean().item() == pytest.approx((0.8 * 0.4 * 0.2 * 0.1) ** 0.25, rel=1e-3)


def shares(*pixels):
    """Truth (1, K, 1, N) in which each label has some pixels."""
    rows = torch.eye(len(pixels)).repeat_interleave(torch.tensor(pixels), dim=0)
    return rows.T[None, :, None].contiguous()


def test_an_average_pixel_weighs_one_by_hand():
    """Three quarters and a quarter; scores whose 2 tanh are 0 and log 3: 1 / 1.5 and 3 / 1.5."""
    score = torch.atanh(torch.tensor(3.0).log() / 2)
    weights = equalising_weights(torch.stack([torch.zeros(()), score])[None], shares(12, 4))
    torch.testing.assert_close(weights, torch.tensor([[2 / 3, 2.0]]))
    assert (0.75 * weights[0, 0] + 0.25 * weights[0, 1]).item() == pytest.approx(1)


def test_scores_of_zero_are_plain_cross_entropy_and_absent_labels_weigh_one():
    assert equalising_weights(torch.zeros(1, 3), shares(5, 3, 2)).tolist() == [[1, 1, 1]]
    weights = equalising_weights(torch.tensor([[1.0, -1.0, 5.0]]), shares(5, 3, 0))
    assert weights[0, 2] == 1
    assert (5 / 8 * weights[0, 0] + 3 / 8 * weights[0, 1]).item() == pytest.approx(1)


def test_the_weight_of_a_label_that_costs_more_than_the_mean_rises_by_hand():
    """At scores of zero dL / dscore_k = 2 f_k (c_k - L), and ascent reverses its sign."""
    scores = torch.zeros(1, 2, requires_grad=True)
    target = shares(12, 4)
    costs = torch.tensor([[0.2, 1.0]])  # of a pixel of each label; the mean is 0.4
    value = opposed(equalising_weights(scores, target), target.mean((2, 3)) * costs)
    assert value.item() == pytest.approx(0.4)
    value.sum().backward()
    by_hand = [-2 * 0.75 * (0.2 - 0.4), -2 * 0.25 * (1.0 - 0.4)]
    assert scores.grad[0].tolist() == pytest.approx(by_hand)


def test_the_network_sees_the_weighted_loss_unchanged():
    losses = torch.tensor([[0.3, 0.2]], requires_grad=True)
    opposed(torch.tensor([[2.0, 0.5]]), losses).sum().backward()
    assert losses.grad.tolist() == [[2.0, 0.5]]


def test_opposed_to_a_network_the_weights_make_the_labels_cost_the_same():
    """A label of 1 pixel in 16 and one that plain cross-entropy favours share one parameter."""
    target = shares(15, 1)
    place = torch.tensor(0.0, requires_grad=True)
    scores = torch.zeros(1, 2, requires_grad=True)
    slow, fast = torch.optim.SGD([place], lr=0.05), torch.optim.SGD([scores], lr=0.2)
    for _ in range(4000):
        slow.zero_grad()
        fast.zero_grad()
        costs = torch.stack([place**2 + 0.1, (2 - place) ** 2 + 0.1])[None]
        opposed(equalising_weights(scores, target), target.mean((2, 3)) * costs).sum().backward()
        slow.step()
        fast.step()
    assert costs[0, 0].item() == pytest.approx(costs[0, 1].item(), rel=0.02)
    weights = equalising_weights(scores, target)[0]
    assert (weights[1] / weights[0]).item() == pytest.approx(15, rel=0.05)


def test_the_balanced_bound_holds_however_large_the_scores():
    weights = equalising_weights(1e6 * torch.tensor([[1.0, -1.0, 1.0]]), shares(9, 5, 2))[0]
    assert (weights.max() / weights.min()).item() == pytest.approx(exp(4), rel=1e-4)


def test_softmax_weights_have_an_arithmetic_mean_of_one_and_leave_absent_labels_alone():
    present = ALL.clone()
    present[2, 0] = False
    weights = softmax_weights(scores(), present)
    torch.testing.assert_close(weights.mean(1), torch.ones(3))
    assert weights[2, 0] == 1


def test_rare_labels_weigh_more_by_inverse_frequency():
    target = torch.zeros(1, 3, 4, 4)
    target[0, 0, :2] = target[0, 1, 2:] = 1
    target[0, :2, 3, 3] = 0
    target[0, 2, 3, 3] = 1
    weights = inverse_frequency_weights(target)[0]
    # 8, 7 and 1 pixels; the bound of exp(2) either side of the mean is not reached.
    mean = (8 * 7 * 1) ** (1 / 3)
    torch.testing.assert_close(weights, torch.tensor([mean / 8, mean / 7, mean]))


def test_less_than_a_pixel_is_absent():
    target = torch.zeros(1, 2, 4, 4)
    target[0, 0] = 1
    target[0, :, 0, 0] = torch.tensor([0.1, 0.9])
    assert present_labels(target).tolist() == [[True, False]]


def test_label_losses_add_up_to_cross_entropy_of_soft_truth():
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(2, 4, 6, 5, generator=generator)
    target = torch.randn(2, 4, 6, 5, generator=generator).softmax(1)
    torch.testing.assert_close(
        label_losses(logits, target).sum(1).mean(), F.cross_entropy(logits, target)
    )
