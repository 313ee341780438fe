"""What a network is fed."""

from dataclasses import dataclass

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from scarmap.labels import TISSUES


@dataclass(frozen=True)
class Batch:
    """Slices with their truth, on the training device.

    Attributes:
        images: (B, S, H, W), float32, in the recipe's intensity range, S in the recipe's order of
            sequences.
        labels: (B, H, W), uint8, indices into `scarmap.labels.TISSUES`; the likeliest tissue where
            the truth is soft.
        soft: (B, T, H, W), float32, share of each tissue of `TISSUES`, summing to 1 over T, where
            slices are mixed; None where every pixel is one tissue. `tissue_shares` reads either.
        label_of: (B, T), int64, label that each tissue of `TISSUES` has in the data set of each
            slice; None where the recipe learns one layout.
    """

    images: Tensor
    labels: Tensor
    soft: Tensor | None = None
    label_of: Tensor | None = None


def tissue_shares(batch: Batch) -> Tensor:
    """Share of each tissue in each pixel, (B, T, H, W), float32.

    It is the soft truth where there is one, otherwise the labels as zeros and ones.
    """
    if batch.soft is not None:
        return batch.soft
    return rearrange(F.one_hot(batch.labels.long(), len(TISSUES)), "B H W T -> B T H W").float()


def centre_window(batch: Batch, size: int) -> Batch:
    """The middle of each slice, a square of side `size`."""
    top = (batch.images.shape[-2] - size) // 2
    left = (batch.images.shape[-1] - size) // 2
    window = (..., slice(top, top + size), slice(left, left + size))
    return Batch(
        batch.images[window],
        batch.labels[window],
        None if batch.soft is None else batch.soft[window],
    )
