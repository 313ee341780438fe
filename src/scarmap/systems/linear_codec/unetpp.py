"""U-Net++: a U-Net whose skips are themselves filled with convolutions, behind a VGG16 encoder."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_ENCODER = ((2, 2), (2, 4), (3, 8), (3, 16), (3, 16))
"""Convolutions of each block of VGG16, and their channels as multiples of the network's width."""
DECODER_WIDTHS = (1.0, 2.0, 4.0, 8.0, 0.5)
"""Channels of the nodes of each row, finest first, as multiples of the network's width.

The deepest row is the narrowest: the released library lists widths from deep to fine and reads the
deepest row's one place before the first entry, which is the last.
"""
_ROWS = len(_ENCODER)


def _vgg_block(in_channels: int, out_channels: int, *, convolutions: int) -> nn.Sequential:
    """3x3 convolutions with ReLU and without normalisation; the size of the image stays."""
    layers: list[nn.Module] = []
    for before, after in pairwise([in_channels, *[out_channels] * convolutions]):
        convolution = nn.Conv2d(before, after, 3, padding=1)
        nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
        layers += [convolution, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class Node(nn.Module):
    """One node X[i][j] of the decoder: enlarge the coarser node, join the row's others, convolve.

    Args:
        below: Channels of the map that is enlarged.
        beside: Channels of all earlier nodes of the row together.
        out_channels: Channels after the enlargement and of the result.
    """

    def __init__(self, *, below: int, beside: int, out_channels: int) -> None:
        super().__init__()
        self.enlarge = nn.Sequential(
            nn.ConvTranspose2d(below, out_channels, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )
        self.convolve = nn.Sequential(
            nn.Conv2d(out_channels + beside, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, below: Tensor, beside: list[Tensor]) -> Tensor:
        """Maps (B, below, H / 2, W / 2) and (B, ., H, W) to (B, out_channels, H, W), at least 0."""
        found: Tensor = self.convolve(torch.cat([self.enlarge(below), *beside], dim=1))
        return found


def _row_of_nodes(row: int, encoded: list[int], decoded: list[int]) -> nn.ModuleList:
    """The nodes X[row][1], X[row][2] and so on; the deeper the row, the fewer."""
    return nn.ModuleList(
        Node(
            below=encoded[row] if column == 1 else decoded[row + 1],
            beside=encoded[row] + (column - 1) * decoded[row],
            out_channels=decoded[row],
        )
        for column in range(1, _ROWS - row + 1)
    )


class UNetPlusPlus(nn.Module):
    """U-Net++ on VGG16 from random weights, without deep supervision.

    Source: linear codec, section 2.4 (Zhou et al. 2018; Simonyan and Zisserman 2015); rows, wiring
        and widths from the library that the released code uses.
    Differs: how the weights are drawn is not published; the encoder's are drawn as He et al. 2015
        do, since thirteen convolutions without normalisation would halve the signal's variance
        thirteen times with Keras's default.

    X[i][0] is the last convolution of VGG block i + 1, X[i][1] enlarges the pooled output of that
    block, and X[i][j + 1] enlarges X[i + 1][j]; each is concatenated with all earlier nodes of its
    row. The output is made of X[0][5].

    Args:
        in_channels: Channels of the image.
        width: Channels of the finest nodes; those of VGG16 are `2 * width` to `16 * width`. 32 as
            published.
    """

    def __init__(self, *, in_channels: int = 1, width: int = 32) -> None:
        super().__init__()
        encoded = [multiple * width for _, multiple in _ENCODER]
        decoded = [round(multiple * width) for multiple in DECODER_WIDTHS]
        self.encoder = nn.ModuleList(
            _vgg_block(before, after, convolutions=convolutions)
            for before, after, (convolutions, _) in zip(
                [in_channels, *encoded], encoded, _ENCODER, strict=False
            )
        )
        self.nodes = nn.ModuleList(_row_of_nodes(row, encoded, decoded) for row in range(_ROWS))
        self.head = nn.Conv2d(decoded[0], 1, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Images (B, in_channels, H, W), sides multiples of 32, to logits (B, 1, H, W)."""
        rows: list[list[Tensor]] = []
        pooled: list[Tensor] = []
        x = images
        for block in self.encoder:
            rows.append([block(x)])
            x = F.max_pool2d(rows[-1][0], 2)
            pooled.append(x)
        for column in range(1, _ROWS + 1):
            for row in range(_ROWS - column + 1):
                below = pooled[row] if column == 1 else rows[row + 1][column - 1]
                rows[row].append(self.nodes[row][column - 1](below, rows[row]))  # type: ignore[index]
        logits: Tensor = self.head(rows[0][-1])
        return logits
