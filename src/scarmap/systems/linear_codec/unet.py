"""The shallow U-Net that answers every problem of the encoder."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmap.nn.blocks import initialise_glorot

_LEVELS = 3
"""Poolings."""


def _plain_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """Two 3x3 convolutions with ReLU and without normalisation."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(out_channels, out_channels, 3, padding=1),
        nn.ReLU(inplace=True),
    )


class ShallowUNet(nn.Module):
    """Three poolings, two plain 3x3 convolutions per level, enlarging by nearest neighbours.

    Source: linear codec, section 2.4 and Fig. 2 (16, 32, 64 and 128 channels); no normalisation,
        nearest neighbours and Glorot's initialisation from the released code.
    Differs: nothing; the sigmoid is left to the objective and to `inference.logit_map`.

    Args:
        in_channels: Channels of the image.
        width: Channels at full resolution; doubled at each level.
    """

    def __init__(self, *, in_channels: int = 1, width: int = 16) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(_LEVELS + 1)]
        self.down = nn.ModuleList(
            _plain_block(before, after) for before, after in pairwise([in_channels, *widths])
        )
        self.up = nn.ModuleList(
            _plain_block(below + here, here) for here, below in pairwise(widths)
        )
        self.head = nn.Conv2d(width, 1, 1)
        self.apply(initialise_glorot)

    def forward(self, x: Tensor) -> Tensor:
        """Images (B, in_channels, H, W), sides multiples of 8, to logits (B, 1, H, W)."""
        skips = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for level in reversed(range(_LEVELS)):
            x = self.up[level](torch.cat([F.interpolate(x, scale_factor=2.0), skips[level]], dim=1))
        logits: Tensor = self.head(x)
        return logits
