"""Convolution blocks that several systems build their U-Nets from.

A convolution that a batch normalisation follows has no bias: the normalisation would subtract it
again.
"""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

BlockKind = Literal["plain", "residual", "side"]


def initialise_glorot(module: nn.Module) -> None:
    """Draw the weights of a convolution or linear layer Glorot-uniformly and set its bias to zero.

    Made for `network.apply(initialise_glorot)`; other modules are left alone.

    Source: Glorot and Bengio 2010; the default of Keras, which MFU-Net was written in.
    Differs: nothing.

    Args:
        module: Any module; only its own parameters are drawn, not those of its children.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def normalised_convolution(
    in_channels: int, out_channels: int, *, kind: BlockKind = "plain", dilation: int = 1
) -> nn.Module:
    """A 3x3 convolution with batch normalisation and without activation.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kind: "side" makes it a `SideConvolution`; "plain" and "residual" do not differ here.
        dilation: Distance between the taps in pixels; ignored by "side".

    Returns:
        A module (B, in_channels, H, W) -> (B, out_channels, H, W).
    """
    if kind == "side":
        return SideConvolution(in_channels, out_channels)
    return _branch(in_channels, out_channels, kernel=(3, 3), dilation=dilation)


def _branch(
    in_channels: int, out_channels: int, *, kernel: tuple[int, int], dilation: int = 1
) -> nn.Sequential:
    padding = (kernel[0] // 2 * dilation, kernel[1] // 2 * dilation)
    return nn.Sequential(
        nn.Conv2d(
            in_channels, out_channels, kernel, padding=padding, dilation=dilation, bias=False
        ),
        nn.BatchNorm2d(out_channels),
    )


class SideConvolution(nn.Module):
    """Sum of a 3x3, a 3x1 and a 1x3 convolution, each normalised before the sum.

    Source: MFU-Net, section 4 ("SideConv"), and its released code.
    Differs: nothing.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.square = _branch(in_channels, out_channels, kernel=(3, 3))
        self.vertical = _branch(in_channels, out_channels, kernel=(3, 1))
        self.horizontal = _branch(in_channels, out_channels, kernel=(1, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W), without activation."""
        total: Tensor = self.square(x) + self.vertical(x) + self.horizontal(x)
        return total


class ConvBlock(nn.Module):
    """Two 3x3 convolutions, each with batch normalisation and ReLU.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels after each of the two convolutions.
        kind: "plain"; "residual" adds the input, through a normalised 1x1 convolution, before the
            last ReLU; "side" replaces each convolution by a `SideConvolution`.
    """

    def __init__(self, in_channels: int, out_channels: int, *, kind: BlockKind = "plain") -> None:
        super().__init__()
        self.first = normalised_convolution(in_channels, out_channels, kind=kind)
        self.second = normalised_convolution(out_channels, out_channels, kind=kind)
        self.shortcut = (
            _branch(in_channels, out_channels, kernel=(1, 1)) if kind == "residual" else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W), at least 0."""
        y: Tensor = self.second(F.relu(self.first(x), inplace=True))
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return F.relu(y, inplace=True)


class DilatedBlock(nn.Module):
    """3x3 convolutions of growing dilation, each with batch normalisation and ReLU.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels after every convolution.
        dilations: One convolution per entry, in this order.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, dilations: tuple[int, ...] = (1, 2, 4)
    ) -> None:
        super().__init__()
        channels = [in_channels, *[out_channels] * len(dilations)]
        self.layers = nn.ModuleList(
            normalised_convolution(before, after, dilation=dilation)
            for before, after, dilation in zip(channels, channels[1:], dilations, strict=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W), at least 0."""
        for layer in self.layers:
            x = F.relu(layer(x), inplace=True)
        return x
