"""How much the cross-entropy of each label counts in an image: learned, fixed, or all alike."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Weighting = Literal["learned", "balanced", "softmax", "inverse-frequency"]
_WIDTHS = (16, 32, 64, 64, 64)
"""Channels of the generator's convolutions; the paper gives their number only."""
_LARGEST_LOG_WEIGHT = 2.0
"""A choice: the weights of two labels differ by a factor of exp(4) at most."""
_SMALLEST_PIXELS = 1.0
"""A label with less of an image than this is absent from it."""


class WeightGenerator(nn.Module):
    """Six convolutions that give each label of an image a score.

    Source: anatomy prior, section 2: "consists of 6 convolution layers", "a weight vector of
        dimension 5".
    Differs: kernels and widths are not published. Chosen: five 3x3 convolutions of stride 2 with
        batch normalisation and ReLU (16, 32, 64, 64, 64 channels), a 1x1 convolution, the mean over
        the image.

    Args:
        sequences: Number of sequences.
        labels: Number of labels, background included.
    """

    def __init__(self, *, sequences: int, labels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = sequences
        for after in _WIDTHS:
            layers += [
                nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
            before = after
        self.layers = nn.Sequential(*layers, nn.Conv2d(before, labels, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Images (B, S, H, W) to scores (B, K), unbounded."""
        scores: Tensor = self.layers(images)
        return scores.mean((2, 3))


def balanced_weights(scores: Tensor, present: Tensor) -> Tensor:
    """Weights whose geometric mean over the labels present in an image is one.

    Minimised together with the network, free weights would all fall to zero, and weights of a fixed
    arithmetic mean would all go to the label that costs least. With a fixed product the minimum is
    where each label's weighted loss is the same: what one label's weight loses another's gains.

    Source: anatomy prior, section 2, Eq. 3 ("automatically balance the gradient"); the constraint
        is not published.
    Differs: chosen: w = exp(s - mean s) with s = 2 tanh(score), the mean over the labels present.
        An absent label costs nothing, so it would otherwise take weight for nothing. The minimum
        has w in proportion to 1 / loss, so the costliest label weighs least; `equalising_weights`
        is the other way round.

    Args:
        scores: (B, K), unbounded.
        present: (B, K), bool.

    Returns:
        (B, K), positive, each within exp(4) of one; 1 where a label is absent.
    """
    bounded = _LARGEST_LOG_WEIGHT * torch.tanh(scores)
    return _centred_exponential(bounded, present)


def equalising_weights(scores: Tensor, target: Tensor) -> Tensor:
    """Weights that an average pixel has as one, for a generator that maximises the loss.

    With f_i the share of the image that a label covers, c_i the mean cross-entropy of its pixels
    and s = 2 tanh(score)::

        w_i = exp(s_i) / Σ_j f_j exp(s_j), so that Σ_i f_i w_i = 1
        L   = Σ_i w_i f_i c_i = Σ_i v_i c_i, where v_i = f_i w_i are positive and add up to 1
        dL / ds_k = v_k (c_k - L)

    So the loss is a mean of the labels' costs per pixel, whatever the weights. A generator that
    ascends raises the weight of every label whose pixels cost more than this mean, while the
    network descends; both rest only where c_k = L for every label, or at the bound: each label's
    pixels cost the same. That is the balance that the paper speaks of. Minimised instead, all
    weight would go to the cheapest label. Scores of zero are plain cross-entropy.

    Source: ours, in the place of anatomy prior, section 2, Eq. 3 ("automatically balance").
    Differs: the paper states neither a constraint nor who maximises.

    Args:
        scores: (B, K), unbounded.
        target: (B, K, H, W), summing to 1 over K.

    Returns:
        (B, K), positive, any two of an image within a factor of exp(4); 1 where a label is absent.
    """
    share = target.mean((2, 3))
    raised = torch.exp(_LARGEST_LOG_WEIGHT * torch.tanh(scores))
    weights = raised / (share * raised).sum(1, keepdim=True)
    return torch.where(present_labels(target), weights, 1.0)


def opposed(weights: Tensor, losses: Tensor) -> Tensor:
    """Σ w L of each image, which the network lowers and the weights raise.

    Args:
        weights: (B, K), with a gradient to the generator.
        losses: (B, K), with a gradient to the network.

    Returns:
        (B,): the value of Σ w L, whose gradient by the weights has its sign reversed.
    """
    raised = (weights * losses.detach()).sum(1)
    return (weights.detach() * losses).sum(1) - (raised - raised.detach())


def softmax_weights(scores: Tensor, present: Tensor) -> Tensor:
    """Weights whose arithmetic mean over the labels present is one.

    Minimised, they favour the label that costs least. They are here for comparison only. Scores and
    presence (B, K) become weights (B, K).
    """
    shares = scores.masked_fill(~present, -torch.inf).softmax(1)
    return torch.where(present, shares * present.sum(1, keepdim=True), 1.0)


def inverse_frequency_weights(target: Tensor) -> Tensor:
    """Weights that fall with the share of the image that a label covers, bounded like learned ones.

    Args:
        target: (B, K, H, W), summing to 1 over K.

    Returns:
        (B, K), of geometric mean one over the labels present, each within exp(4) of one.
    """
    pixels, present = target.sum((2, 3)), present_labels(target)
    rarity = -torch.log(pixels.clamp(min=_SMALLEST_PIXELS))
    count = present.sum(1, keepdim=True)
    centred = rarity - (rarity * present).sum(1, keepdim=True) / count
    return _centred_exponential(centred.clamp(-_LARGEST_LOG_WEIGHT, _LARGEST_LOG_WEIGHT), present)


def _centred_exponential(logarithms: Tensor, present: Tensor) -> Tensor:
    """Exponential of (B, K) logarithms less their mean over the labels present; 1 where absent."""
    mean = (logarithms * present).sum(1, keepdim=True) / present.sum(1, keepdim=True)
    return torch.where(present, torch.exp(logarithms - mean), 1.0)


def present_labels(target: Tensor) -> Tensor:
    """Which labels an image shows: truth (B, K, H, W) to (B, K), bool."""
    return target.sum((2, 3)) >= _SMALLEST_PIXELS


def label_losses(logits: Tensor, target: Tensor) -> Tensor:
    """What each label adds to the cross-entropy: logits and truth (B, K, H, W) to (B, K)."""
    return -(target * F.log_softmax(logits, dim=1)).mean((2, 3))
