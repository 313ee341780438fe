"""Which sequences a slice has. Only a missing sequence is zero in every pixel."""

from collections.abc import Sequence

import torch
from torch import Tensor


def present_sequences(images: Tensor) -> Tensor:
    """Whether each sequence of each slice is there: images (B, S, H, W) to (B, S), bool."""
    return (images != 0).flatten(2).any(2)


def draw_kept(present: Tensor, odds: Sequence[float], generator: torch.Generator) -> Tensor:
    """Draw which sequences training leaves in: how many, each number equally likely, then which.

    Args:
        present: (B, S), bool; at least one of each slice is there.
        odds: Odds of each sequence to be chosen before the others.
        generator: Source of randomness, on the same device.

    Returns:
        (B, S), bool: some of those present, at least one.
    """
    count = present.sum(1, keepdim=True)
    kept = (torch.rand(count.shape, generator=generator, device=present.device) * count).floor() + 1
    weights = torch.tensor(odds, device=present.device) * present + 1e-9
    order = torch.multinomial(weights, len(odds), generator=generator)
    return (order.argsort(1) < kept) & present
