"""Three readings of MFU-Net's Tversky and focal losses, for one softmax head each.

All take `logits: (B, K, H, W)`, unnormalised, and `target: (B, K, H, W)`, summing to 1 over K, with
the background last, and return the two parts, "tversky" and "focal", as scalars. In what follows p
is the softmax, y the target, TP = Σ p y, FP = Σ p (1 - y), FN = Σ (1 - p) y, and beta weighs FN.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from scarmap.nn.losses import focal_loss, tversky_loss

_WHOLE_BATCH = (0, 2, 3)
_EACH_SLICE = (2, 3)
_ONE_PIXEL = 1.0


def paper_losses(
    logits: Tensor, target: Tensor, *, beta: float = 0.7, gamma: float = 2.0
) -> dict[str, Tensor]:
    """The losses as the paper's text prints them: label by label, no term for the background.

    For each slice and each label j but the background, summed over the labels and averaged over the
    slices::

        tversky_j = 1 - TP / (TP + (1 - beta) FP + beta FN)
        focal_j   = - Σ over pixels of y (1 - p)^gamma log p

    The focal sum is thousands of times as large as the Tversky loss, and counts true pixels only. A
    slice without the label therefore costs 1 whatever is found in it: neither part has a gradient
    there that would suppress a false blob. A network that was trained so called a quarter of each
    image pathology, which is why it is not the recipe's default.

    Source: MFU-Net, section 4, "Training details"; gamma from the released code.
    Differs: the printed Tversky denominator counts prediction and target whole instead of their
        product, and lacks "1 -"; the index is used as Salehi et al. 2017 define it, whom the text
        cites. beta is not in the text: 0.7 is the released code's larger weight, at the place where
        the printed formula has beta, on the false negatives. How slices and labels are gathered is
        not in the text either.

    >>> logits, target = torch.zeros(1, 2, 1, 4), torch.zeros(1, 2, 1, 4)
    >>> target[:, 0, :, :2], target[:, 1, :, 2:] = 1, 1
    >>> parts = paper_losses(logits, target)  # 1 - 1 / (1 + 0.3 + 0.7); 2 pixels of 0.25 log 2
    >>> round(parts["tversky"].item(), 4), round(parts["focal"].item(), 4)
    (0.5, 0.3466)
    """
    log_p, y = logits.log_softmax(dim=1)[:, :-1], target[:, :-1]
    focus = (-torch.expm1(log_p)) ** gamma
    tversky = tversky_loss(log_p.exp(), y, beta=beta, dims=_EACH_SLICE)
    return {
        "tversky": y.shape[1] * tversky,
        "focal": -(y * focus * log_p).sum(dim=(1, 2, 3)).mean(),
    }


def released_losses(
    logits: Tensor, target: Tensor, *, beta: float = 0.3, gamma: float = 2.0
) -> dict[str, Tensor]:
    """The losses as the released code computes them.

    The Tversky loss sums all labels but the background of a slice before the ratio and averages the
    slices. The focal loss takes the softmax of the softmax, q, sums over the image's rows and
    averages over slices, columns and all K labels, background included::

        tversky = 1 - mean over slices of TP / (TP + (1 - beta) FP + beta FN)
        focal   = mean over B, K, W of Σ over H of - y (1 - q)^gamma log q

    Beside a mean over pixels of the sum over labels that is H / K times as much: 72 times for the
    four labels of the anatomy at 288 pixels, 144 times for a pathology.

    Source: MFU-Net, released code. Its 0.7 weighs false positives, so `beta` is 0.3.
    Differs: nothing known.

    >>> logits, target = torch.zeros(1, 2, 1, 4), torch.zeros(1, 2, 1, 4)
    >>> target[:, 0, :, :2], target[:, 1, :, 2:] = 1, 1
    >>> parts = released_losses(logits, target)  # 1 - 1 / (1 + 0.7 + 0.3); 0.25 log 2, halved by K
    >>> round(parts["tversky"].item(), 4), round(parts["focal"].item(), 4)
    (0.5, 0.0866)
    """
    p = logits.softmax(dim=1)
    log_q = p.log_softmax(dim=1)
    focal = -(target * (-torch.expm1(log_q)) ** gamma * log_q)
    return {
        "tversky": tversky_loss(p[:, :-1], target[:, :-1], beta=beta, smooth=1e-12),
        "focal": focal.sum(dim=2).mean(),
    }


def balanced_losses(
    logits: Tensor, target: Tensor, *, beta: float = 0.7, gamma: float = 2.0
) -> dict[str, Tensor]:
    """The default: a reading whose two parts are of one size and that suppresses false blobs.

    The Tversky loss takes the batch as one image and averages the labels; the focal loss averages
    over pixels and counts the background::

        tversky = 1 - mean over labels of (TP + 1) / (TP + (1 - beta) FP + beta FN + 1)
        focal   = mean over B, H, W of Σ over K of - y (1 - p)^gamma log p

    A false blob on a slice without the label adds to FP of the batch, and its pixels are missed
    background in the focal loss. Where no slice of a batch shows the label, one pixel of smoothing
    still lets the Tversky loss push back.

    Source: ours; neither the paper's nor its code's.
    Differs: see above.

    >>> logits, target = torch.zeros(1, 2, 1, 4), torch.zeros(1, 2, 1, 4)
    >>> target[:, 0, :, :2], target[:, 1, :, 2:] = 1, 1
    >>> parts = balanced_losses(logits, target)  # 1 - 2 / 3; 0.25 log 2
    >>> round(parts["tversky"].item(), 4), round(parts["focal"].item(), 4)
    (0.3333, 0.1733)
    """
    foreground = logits.softmax(dim=1)[:, :-1]
    tversky = tversky_loss(
        foreground, target[:, :-1], beta=beta, smooth=_ONE_PIXEL, dims=_WHOLE_BATCH
    )
    return {"tversky": tversky, "focal": focal_loss(logits, target, gamma=gamma)}


READINGS: Mapping[str, Callable[..., dict[str, Tensor]]] = {
    "paper": paper_losses,
    "released": released_losses,
    "balanced": balanced_losses,
}
"""The recipe's `loss` to what computes it."""
