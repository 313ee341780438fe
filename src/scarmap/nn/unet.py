"""A plain U-Net with one encoder or several."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmap.nn.blocks import ConvBlock

LEVELS = 4
"""Poolings."""


class Features(NamedTuple):
    """What a U-Net computes on the way, all at least 0.

    Attributes:
        encoder: For each level, finest first, the features of each encoder before pooling,
            (B, width · 2^level, H / 2^level, W / 2^level).
        bottleneck: (B, 16 · width, H / 16, W / 16).
        decoder: For each level, finest first, (B, width · 2^level, H / 2^level, W / 2^level).
    """

    encoder: tuple[tuple[Tensor, ...], ...]
    bottleneck: Tensor
    decoder: tuple[Tensor, ...]


def level_widths(width: int) -> list[int]:
    """Channels of each level, finest first, and of the bottleneck.

    >>> level_widths(32)
    [32, 64, 128, 256, 512]
    """
    return [width * 2**level for level in range(LEVELS + 1)]


def enlarge(channels: int) -> nn.ConvTranspose2d:
    """Double height and width and halve the channels: a 2x2 transposed convolution of stride 2."""
    return nn.ConvTranspose2d(2 * channels, channels, 2, stride=2)


class UNet(nn.Module):
    """Four poolings, two normalised 3x3 convolutions per level, transposed convolutions up.

    Several encoders share no weights; their features are concatenated at every level and in the
    bottleneck.

    Args:
        encoders: Input channels of each encoder; together they take the channels of the image in
            this order.
        outputs: Channels of the output.
        width: Channels at full resolution; doubled at each level.
        block: Builds the two convolutions of a level from the channels before and after them.
    """

    def __init__(
        self,
        *,
        encoders: tuple[int, ...],
        outputs: int,
        width: int,
        block: Callable[[int, int], nn.Module] = ConvBlock,
    ) -> None:
        super().__init__()
        widths = level_widths(width)
        count = len(encoders)
        self.inputs = encoders
        self.encoders = nn.ModuleList(
            nn.ModuleList(
                block(before, after) for before, after in pairwise([channels, *widths[:-1]])
            )
            for channels in encoders
        )
        self.bottleneck = block(count * widths[-2], widths[-1])
        self.enlarge = nn.ModuleList(enlarge(after) for after in widths[:-1])
        self.blocks = nn.ModuleList(block((1 + count) * after, after) for after in widths[:-1])
        self.head = nn.Conv2d(width, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, sum(encoders), H, W), sides multiples of 16, to logits (B, outputs, H, W)."""
        return self.logits(self.features(x))

    def logits(self, features: Features) -> Tensor:
        """The head's output (B, outputs, H, W), unnormalised, of features at every level."""
        logits: Tensor = self.head(features.decoder[0])
        return logits

    def features(self, x: Tensor) -> Features:
        """Features of images (B, sum(encoders), H, W) at every level."""
        images = torch.split(x, list(self.inputs), dim=1)
        encoded, pooled = [], []
        for encoder, image in zip(self.encoders, images, strict=True):
            levels = []
            for block in encoder:  # type: ignore[attr-defined]
                levels.append(block(image))
                image = F.max_pool2d(levels[-1], 2)
            encoded.append(levels)
            pooled.append(image)
        skips = tuple(zip(*encoded, strict=True))
        y = bottleneck = self.bottleneck(torch.cat(pooled, dim=1))
        decoded: list[Tensor] = []
        for level in reversed(range(LEVELS)):
            y = self.blocks[level](torch.cat([self.enlarge[level](y), *skips[level]], dim=1))
            decoded.insert(0, y)
        return Features(skips, bottleneck, tuple(decoded))
