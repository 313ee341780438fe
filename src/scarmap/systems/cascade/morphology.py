"""Grow and shrink masks of a batch, each by its own number of pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor


def grow(masks: Tensor, pixels: Tensor) -> Tensor:
    """Dilate by a square of so many pixels on each side, or erode where the number is negative.

    Args:
        masks: (B, 1, H, W), float, in [0, 1].
        pixels: (B,), whole numbers.

    Returns:
        Same shape; beyond the border the mask is taken to go on as it is there.

    >>> dot = torch.zeros(1, 1, 5, 5)
    >>> dot[0, 0, 2, 2] = 1
    >>> [int(grow(dot, torch.tensor([by])).sum()) for by in (-1, 0, 1)]
    [0, 1, 9]
    """
    grown = masks.clone()
    for by in sorted(set(pixels.tolist()) - {0}):
        chosen = pixels == by
        sign = 1 if by > 0 else -1
        grown[chosen] = sign * F.max_pool2d(
            sign * masks[chosen], 2 * abs(by) + 1, stride=1, padding=abs(by)
        )
    return grown


def draw_pixels(
    largest: int, count: int, *, generator: torch.Generator | None, device: torch.device
) -> Tensor:
    """Draw whole numbers from -largest to largest: (count,), int64."""
    return torch.randint(-largest, largest + 1, (count,), generator=generator, device=device)
