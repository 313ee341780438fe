"""Losses that two systems or more train with.

Targets may be soft: anywhere in [0, 1], as mix-up makes them. Every loss is a scalar, the smaller
the better. `dims` names the axes that are summed before a ratio is formed; the ratios are averaged
afterwards.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def tversky_loss(
    probabilities: Tensor,
    target: Tensor,
    *,
    beta: float = 0.7,
    smooth: float = 1e-5,
    dims: tuple[int, ...] = (1, 2, 3),
) -> Tensor:
    """One minus the Tversky index TP / (TP + (1 - beta) FP + beta FN).

    With `beta` above 0.5 a missed pixel costs more than a false one. An empty target and an empty
    prediction give 0; an empty target and any prediction give almost 1 and almost no gradient, so
    pair this loss with one that counts pixels, or sum over the batch as well.

    Source: MFU-Net, section 4 (after Salehi et al. 2017).
    Differs: the printed denominator counts the prediction and the target twice and the loss lacks
        "1 -"; the index is used here as Salehi et al. define it. What MFU-Net's text and its code
        make of it is in `scarmap.systems.mfunet.losses`.

    Args:
        probabilities: (B, C, H, W), float, in [0, 1].
        target: (B, C, H, W), float, in [0, 1].
        beta: Weight of the false negatives, in [0, 1]; 0.5 is the Dice loss.
        smooth: Added to both sides of the ratio, in pixels.
        dims: Axes that are summed before the ratio; by default all channels of a sample count
            jointly.

    Returns:
        Scalar in [0, 1].

    >>> p, y = torch.tensor([0.5, 0.5, 0.0, 1.0]), torch.tensor([1.0, 0.0, 1.0, 1.0])
    >>> loss = tversky_loss(p.view(1, 1, 2, 2), y.view(1, 1, 2, 2), smooth=0)
    >>> round(loss.item(), 4)  # 1 - 1.5 / 2.7
    0.4444
    """
    hit = (probabilities * target).sum(dims)
    false = probabilities.sum(dims) - hit
    missed = target.sum(dims) - hit
    index = (hit + smooth) / (hit + (1 - beta) * false + beta * missed + smooth)
    return 1 - index.mean()


def dice_loss(
    probabilities: Tensor, target: Tensor, *, smooth: float = 1e-5, dims: tuple[int, ...] = (2, 3)
) -> Tensor:
    """One minus the soft Dice overlap 2 Σpy / (Σp + Σy).

    Args:
        probabilities: (B, C, H, W), float, in [0, 1].
        target: (B, C, H, W), float, in [0, 1].
        smooth: Added to both sides of the ratio, in pixels; makes the loss 0 where both are empty.
        dims: Axes that are summed before the ratio. (2, 3) averages over samples and channels; (0,
            2, 3) takes the batch as one image, so that a slice without the tissue does not count on
            its own.

    Returns:
        Scalar in [0, 1].

    >>> p, y = torch.tensor([1.0, 1.0, 0.0, 0.0]), torch.tensor([1.0, 0.0, 0.0, 0.0])
    >>> round(dice_loss(p.view(1, 1, 2, 2), y.view(1, 1, 2, 2), smooth=0).item(), 4)  # 1 - 2 / 3
    0.3333
    """
    hit = (probabilities * target).sum(dims)
    size = probabilities.sum(dims) + target.sum(dims)
    return 1 - ((2 * hit + smooth) / (size + smooth)).mean()


def focal_loss(logits: Tensor, target: Tensor, *, gamma: float = 2.0) -> Tensor:
    """Cross-entropy in which each pixel counts (1 - p)^gamma, averaged over pixels.

    Source: MFU-Net, section 4 (after Lin et al. 2017); gamma is from the released code.
    Differs: averaged over pixels, all K counted. What MFU-Net's text and its code make of it is in
        `scarmap.systems.mfunet.losses`.

    Args:
        logits: (B, K, H, W), float, unnormalised; softmax runs over K.
        target: (B, K, H, W), float, in [0, 1], summing to 1 over K.
        gamma: Focusing exponent; 0 is cross-entropy.

    Returns:
        Scalar, at least 0.

    >>> y = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1)
    >>> round(focal_loss(torch.zeros(1, 2, 1, 1), y).item(), 4)  # 0.5^2 log 2
    0.1733
    """
    log_p = F.log_softmax(logits, dim=1)
    focus = (-torch.expm1(log_p)) ** gamma
    return -(target * focus * log_p).sum(dim=1).mean()


def dice_cross_entropy(
    logits: Tensor, target: Tensor, *, background: int = 0, smooth: float = 1e-5
) -> Tensor:
    """Batch soft Dice loss, averaged over foreground classes, plus cross-entropy over all.

    Args:
        logits: (B, K, H, W), float, unnormalised; softmax runs over K.
        target: (B, K, H, W), float, in [0, 1], summing to 1 over K.
        background: Class that the Dice part leaves out; -1 is the last.
        smooth: Added to both sides of the Dice ratio, in pixels.

    Returns:
        Scalar, at least 0.
    """
    foreground = [
        channel for channel in range(logits.shape[1]) if channel != background % logits.shape[1]
    ]
    probabilities = logits.softmax(dim=1)[:, foreground]
    overlap = dice_loss(probabilities, target[:, foreground], smooth=smooth, dims=(0, 2, 3))
    return overlap + F.cross_entropy(logits, target)


def binary_dice_cross_entropy(logits: Tensor, target: Tensor, *, smooth: float = 1e-5) -> Tensor:
    """`dice_cross_entropy` of a single foreground class whose background has no logit of its own.

    Args:
        logits: (B, 1, H, W), float, unnormalised; a sigmoid makes them probabilities.
        target: (B, 1, H, W), float, in [0, 1].
        smooth: Added to both sides of the Dice ratio, in pixels.

    Returns:
        Scalar, at least 0.
    """
    both = torch.cat([torch.zeros_like(logits), logits], dim=1)
    return dice_cross_entropy(both, torch.cat([1 - target, target], dim=1), smooth=smooth)
