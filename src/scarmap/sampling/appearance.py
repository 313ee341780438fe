"""Changes of how a scanner shows the same tissue: contrast, sharpness, shading and noise.

Whole batches are changed at once, on the device that they lie on.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_BLUR_RADIUS = 4
"""Pixels on each side that a blur reads: three standard deviations of a blur of 1.3 pixels."""


@dataclass(frozen=True)
class Appearance:
    """Ranges to draw from for each sequence of each slice; the defaults change nothing.

    Attributes:
        remap: Spread of the logarithm of the slopes of a rising curve that replaces the
            intensities, N(0, r) for each piece; brighter stays brighter.
        remap_pieces: Straight pieces of that curve, of equal width.
        blur_px: Standard deviation of a Gaussian blur, U(0, b), in pixels.
        shading: Logarithm of a smooth field that multiplies the image, N(0, s) at the nodes of a
            coarse grid.
        shading_nodes: Nodes of that grid along each axis.
        noise: Standard deviation of Gaussian noise, U(0, n), as a share of the slice's range.
        share: Probability of each of the four.
    """

    remap: float = 0.0
    remap_pieces: int = 6
    blur_px: float = 0.0
    shading: float = 0.0
    shading_nodes: int = 4
    noise: float = 0.0
    share: float = 1.0


def change_appearance(images: Tensor, appearance: Appearance, generator: torch.Generator) -> Tensor:
    """Draw a change for each sequence of each slice and apply it.

    Args:
        images: (B, S, H, W), float32.
        appearance: Ranges.
        generator: Source of randomness, on the images' device.

    Returns:
        (B, S, H, W).
    """
    if appearance == Appearance():
        return images
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    span = (high - low).clamp(min=1e-6)

    def normal(*shape: int) -> Tensor:
        drawn = torch.randn(*images.shape[:2], *shape, generator=generator, device=images.device)
        chance = torch.rand(
            *images.shape[:2], *[1] * len(shape), generator=generator, device=images.device
        )
        return torch.where(chance < appearance.share, drawn, 0.0)

    if appearance.remap:
        curve = torch.exp(appearance.remap * normal(appearance.remap_pieces))
        images = low + span * follow_curve((images - low) / span, curve)
    if appearance.blur_px:
        images = blur(images, appearance.blur_px * _spread(normal(1, 1)))
    if appearance.shading:
        nodes = appearance.shading * normal(appearance.shading_nodes, appearance.shading_nodes)
        images = low + (images - low) * torch.exp(
            F.interpolate(nodes, size=images.shape[2:], mode="bicubic")
        )
    if appearance.noise:
        deviation = appearance.noise * _spread(normal(1, 1))
        images = images + span * deviation * torch.randn(
            images.shape, generator=generator, device=images.device
        )
    return images


def follow_curve(values: Tensor, slopes: Tensor) -> Tensor:
    """Replace values by a rising curve of straight pieces from (0, 0) to (1, 1).

    Args:
        values: (B, S, H, W), in [0, 1].
        slopes: (B, S, pieces), positive; only their ratios count.

    Returns:
        (B, S, H, W), in [0, 1], in the same order.
    """
    pieces = slopes.shape[-1]
    rises = slopes / slopes.sum(-1, keepdim=True)
    heights = F.pad(rises.cumsum(-1), (1, 0))
    position = values.clamp(0, 1) * pieces
    piece = position.floor().clamp(max=pieces - 1)
    place = piece.long().flatten(2)
    start, rise = (table.gather(-1, place).view_as(values) for table in (heights, rises))
    return start + (position - piece) * rise


def blur(images: Tensor, deviations_px: Tensor) -> Tensor:
    """Gaussian blur of its own for each sequence of each slice, the border repeated.

    Args:
        images: (B, S, H, W).
        deviations_px: (B, S, 1, 1), standard deviation in pixels; 0 leaves the image as it is.
    """
    B, S, H, W = images.shape
    taps = torch.arange(-_BLUR_RADIUS, _BLUR_RADIUS + 1, device=images.device)
    kernel = torch.exp(-0.5 * (taps / deviations_px.view(B * S, 1).clamp(min=1e-3)) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True))[:, None]
    padded = F.pad(images, (_BLUR_RADIUS,) * 4, mode="replicate").view(
        1, B * S, H + 2 * _BLUR_RADIUS, -1
    )
    across = F.conv2d(padded, kernel[:, :, None], groups=B * S)
    blurred: Tensor = F.conv2d(across, kernel[..., None], groups=B * S).view(B, S, H, W)
    return blurred


def _spread(drawn: Tensor) -> Tensor:
    """Standard normal numbers as uniform ones in [0, 1]; those that are 0 stay 0."""
    uniform: Tensor = torch.special.erf(drawn.abs() / 2**0.5)
    return uniform
