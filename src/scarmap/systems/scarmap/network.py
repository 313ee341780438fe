"""The network: a U-Net that is told which sequences it sees."""

from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn

from scarmap.labels import TISSUES
from scarmap.nn.blocks import BlockKind, ConvBlock
from scarmap.nn.unet import UNet
from scarmap.sampling.presence import present_sequences

SMALLEST_DEVIATION = 1e-3
"""Of a window's intensities; a flatter one shows nothing."""


class AnySequenceNetwork(nn.Module):
    """U-Net over standardised sequences; a constant channel for each says whether it is there.

    Intensities are standardised within the window, so that neither the field of view nor the
    scanner's units matter, and signed images are like others.

    Args:
        sequences: Number of sequences.
        width: Channels at full resolution.
    """

    kind: ClassVar[BlockKind] = "plain"

    def __init__(self, *, sequences: int = 3, width: int = 16) -> None:
        super().__init__()
        self.unet = UNet(
            encoders=(2 * sequences,),
            outputs=len(TISSUES),
            width=width,
            block=partial(ConvBlock, kind=self.kind),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, T, H, W) of `TISSUES` of images (B, S, H, W); a missing sequence is zero."""
        present = present_sequences(images)[..., None, None].to(images.dtype)
        shown = standardise_window(images) * present
        logits: Tensor = self.unet(torch.cat([shown, present.expand_as(shown)], dim=1))
        return logits


class ResidualNetwork(AnySequenceNetwork):
    """The same with residual blocks: the input of two convolutions is added to their result.

    Channels lie next to each other in memory, which saves a quarter of a training step on a CPU.
    """

    kind: ClassVar[BlockKind] = "residual"

    def __init__(self, *, sequences: int = 3, width: int = 16) -> None:
        super().__init__(sequences=sequences, width=width)
        self.unet.to(memory_format=torch.channels_last)


def standardise_window(images: Tensor) -> Tensor:
    """Shift and scale each sequence of each slice, (B, S, H, W), to mean 0 and deviation 1."""
    deviation, mean = torch.std_mean(images, dim=(2, 3), keepdim=True)
    return (images - mean) / deviation.clamp(min=SMALLEST_DEVIATION)
