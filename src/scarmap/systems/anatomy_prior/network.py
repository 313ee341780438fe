"""The segmentation network: a 2D U-Net; each block's input decides how much its output counts."""

import torch
from torch import Tensor, nn

from scarmap.nn.blocks import ConvBlock, normalised_convolution
from scarmap.nn.unet import UNet


class GatedBlock(nn.Module):
    """Two convolutions, multiplied point by point with an attention map of the block's input.

    Source: anatomy prior, Fig. 2 and section 3 ("two convolutions were applied to the input feature
        maps of the U-net blocks and the output was normalized between 0 and 1 by the sigmoid
        function").
    Differs: kernels are not published. Chosen: 3x3 with batch normalisation and ReLU, then 1x1, one
        map per channel.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.block = ConvBlock(in_channels, out_channels)
        self.look = nn.Sequential(
            normalised_convolution(in_channels, out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W), at least 0."""
        features: Tensor = self.block(x)
        return features * self.gate(x)

    def gate(self, x: Tensor) -> Tensor:
        """Attention (B, out_channels, H, W), 0 to 1, of an input (B, in_channels, H, W)."""
        return torch.sigmoid(self.look(x))


class SegmentationNetwork(UNet):
    """U-Net with four poolings and an attention gate on each of its nine blocks, or on none.

    Source: anatomy prior, section 2, "Network Architecture", and Fig. 2.
    Differs: widths are not published; the baseline is called a "dense U-net" once, but no dense
        connection is described. Chosen: 32 to 256 channels and 512 in the bottleneck, 2x2
        transposed convolutions, the bottleneck gated like the other blocks.

    Args:
        sequences: Number of sequences.
        labels: Number of labels, background included.
        attention: Whether blocks have gates.
        width: Channels at full resolution.
    """

    def __init__(
        self, *, sequences: int = 1, labels: int = 5, attention: bool = True, width: int = 32
    ) -> None:
        block = GatedBlock if attention else ConvBlock
        super().__init__(encoders=(sequences,), outputs=labels, width=width, block=block)
