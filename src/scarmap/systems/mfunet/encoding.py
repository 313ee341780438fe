"""The encoders, the max fusion and the decoder of MFU-Net."""

from functools import reduce
from itertools import pairwise
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmap.nn.blocks import BlockKind, ConvBlock, DilatedBlock, normalised_convolution
from scarmap.systems.mfunet.choices import check_choice

Fusion = Literal["max", "concatenation"]
Backbone = Literal["residual", "dilation", "side", "plain"]

_LEVELS = 4
"""Poolings of each encoder."""


def max_fusion(features: tuple[Tensor, ...]) -> Tensor:
    """Pixel-wise, channel-wise maximum of feature maps of equal shape (B, C, h, w).

    Source: MFU-Net, section 2.1, "Modality Fusion".
    Differs: nothing.
    """
    return reduce(torch.maximum, features)


def _block_kind(backbone: Backbone) -> BlockKind:
    check_choice("backbone", backbone, ("residual", "dilation", "side", "plain"))
    return "plain" if backbone == "dilation" else backbone


class Encoding(NamedTuple):
    """What the encoders and the bottleneck hand to a decoder.

    Attributes:
        skips: For each level, finest first, the features of each sequence before pooling,
            (B, width · 2^level, H / 2^level, W / 2^level), at least 0.
        bottleneck: (B, 16 · width, H / 16, W / 16), at least 0.
    """

    skips: tuple[tuple[Tensor, ...], ...]
    bottleneck: Tensor


class SequenceEncoder(nn.Module):
    """Encoder of one sequence: four blocks of doubling width, each followed by 2x2 max pooling.

    Args:
        width: Channels at full resolution.
        kind: What the blocks are made of.
    """

    def __init__(self, *, width: int, kind: BlockKind) -> None:
        super().__init__()
        widths = [1, *(width * 2**level for level in range(_LEVELS))]
        self.blocks = nn.ModuleList(
            ConvBlock(before, after, kind=kind) for before, after in pairwise(widths)
        )

    def forward(self, image: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Features of image (B, 1, H, W) before each pooling, finest first, and the last pooled."""
        features, x = [], image
        for block in self.blocks:
            features.append(block(x))
            x = F.max_pool2d(features[-1], 2)
        return tuple(features), x


class Encoders(nn.Module):
    """One encoder per sequence, no weights shared, and the bottleneck on all their features.

    Source: MFU-Net, Fig. 2 and section 2.1; widths from the released code; backbones from section
        4, Table 2.
    Differs: the released residual branch concatenates and cannot run; here the sum of He et al.
        2016, see `ConvBlock`. The dilations, 1, 2 and 4, are not published.

    Args:
        sequences: Number of sequences, S.
        width: Channels at full resolution; doubled at each level.
        backbone: What the blocks are made of; "dilation" has a dilated bottleneck and plain blocks.
    """

    def __init__(
        self, *, sequences: int = 3, width: int = 64, backbone: Backbone = "residual"
    ) -> None:
        super().__init__()
        kind = _block_kind(backbone)
        self.sequences = nn.ModuleList(
            SequenceEncoder(width=width, kind=kind) for _ in range(sequences)
        )
        gathered, deepest = sequences * width * 2 ** (_LEVELS - 1), width * 2**_LEVELS
        self.bottleneck = (
            DilatedBlock(gathered, deepest)
            if backbone == "dilation"
            else ConvBlock(gathered, deepest, kind=kind)
        )

    def forward(self, x: Tensor) -> Encoding:
        """Encode images (B, S, H, W), in [-1, 1]; H and W are multiples of 16.

        Raises:
            ValueError: The number of sequences or the size does not fit.
        """
        self._check_shape(x)
        images = torch.split(x, 1, dim=1)
        encoded = [encode(image) for encode, image in zip(self.sequences, images, strict=True)]
        features, pooled = zip(*encoded, strict=True)
        return Encoding(
            tuple(zip(*features, strict=True)), self.bottleneck(torch.cat(pooled, dim=1))
        )

    def _check_shape(self, x: Tensor) -> None:
        step, sequences = 2**_LEVELS, len(self.sequences)
        fits = x.ndim == 4 and x.shape[1] == sequences
        if not fits or x.shape[2] % step or x.shape[3] % step:
            raise ValueError(
                f"MFU-Net was given images of shape {tuple(x.shape)}; it takes (B, "
                f"{sequences}, H, W) with H and W multiples of {step}. Crop or pad the "
                "images, or choose another patch size."
            )


class Decoder(nn.Module):
    """Enlarge the bottleneck level by level; join all sequences' skips and their maximum.

    With one sequence the maximum equals the skip, so it is not joined twice.

    Source: MFU-Net, Fig. 2 and section 2.1; nearest-neighbour enlarging from the released code.
    Differs: nothing.

    Args:
        sequences: Number of sequences, S.
        width: Channels at full resolution, and of the output.
        fusion: "max" joins the maximum over the sequences to each skip, "concatenation" does not.
        backbone: What the blocks are made of.
    """

    def __init__(
        self,
        *,
        sequences: int = 3,
        width: int = 64,
        fusion: Fusion = "max",
        backbone: Backbone = "residual",
    ) -> None:
        super().__init__()
        check_choice("fusion", fusion, ("max", "concatenation"))
        kind = _block_kind(backbone)
        self.joins_max = fusion == "max" and sequences > 1
        widths = [width * 2**level for level in range(_LEVELS)]
        joined = 1 + sequences + self.joins_max
        self.enlarge = nn.ModuleList(
            nn.Sequential(
                nn.Upsample(scale_factor=2), normalised_convolution(2 * after, after, kind=kind)
            )
            for after in widths
        )
        self.blocks = nn.ModuleList(ConvBlock(joined * after, after, kind=kind) for after in widths)

    def forward(self, encoding: Encoding) -> Tensor:
        """Features (B, width, H, W), at least 0, of the images that were encoded."""
        x = encoding.bottleneck
        for level in reversed(range(_LEVELS)):
            skips = encoding.skips[level]
            fused = (max_fusion(skips),) if self.joins_max else ()
            x = self.blocks[level](torch.cat([self.enlarge[level](x), *skips, *fused], dim=1))
        return x
