"""How the pathology network's main branch joins the features of the sequences' branches."""

from functools import reduce
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmap.errors import RecipeError, suggest
from scarmap.nn.blocks import normalised_convolution

Fusion = Literal["channel-attention", "sum-product-max", "concatenation"]
_FUSIONS: tuple[str, ...] = ("channel-attention", "sum-product-max", "concatenation")
_BRANCHES = 3


def make_fusion(fusion: Fusion, *, channels: int, own: int, reduction: int = 4) -> nn.Module:
    """A fusion block.

    Args:
        fusion: Which.
        channels: Channels of each branch's features, and of the output.
        own: Channels of the main branch's own features, 0 at its beginning.
        reduction: How many channels share one number in the channel attention.

    Returns:
        A module called with the branches' features, three of (B, channels, h, w), and a list of the
            main branch's own,
        (B, own, h, w) together; it returns (B, channels, h, w), at least 0.

    Raises:
        RecipeError: There is no such fusion.
    """
    if fusion not in _FUSIONS:
        raise RecipeError(f"The cascade has no fusion {fusion!r}. {suggest(str(fusion), _FUSIONS)}")
    if fusion == "channel-attention":
        return ChannelAttentionFusion(channels, own=own, reduction=reduction)
    if fusion == "sum-product-max":
        return SumProductMaxFusion(channels, own=own)
    return ConcatenationFusion(channels, own=own)


class ChannelAttentionFusion(nn.Module):
    """The channel-attention fusion block (CAFB): concatenate, weigh each channel, convolve.

    Source: cascade, section 2.2, Eq. 10 and 11, Fig. 4.
    Differs: Eq. 10 lacks a bracket and names ReLU and sigmoid the other way round than the work
        that it builds on; the text's assignment is used. Kernel sizes and the reduction are not
        published: 1x1 without bias and 4 for the attention, 3x3 with batch normalisation for the
        output.
    """

    def __init__(self, channels: int, *, own: int, reduction: int = 4) -> None:
        super().__init__()
        joined = _BRANCHES * channels + own
        self.squeeze = nn.Conv2d(joined, max(1, joined // reduction), 1, bias=False)
        self.excite = nn.Conv2d(max(1, joined // reduction), joined, 1, bias=False)
        self.output = normalised_convolution(joined, channels)

    def forward(self, branches: list[Tensor], own: list[Tensor]) -> Tensor:
        """See `make_fusion`."""
        joined = torch.cat([*branches, *own], dim=1)
        return F.relu(self.output(self.weights(joined) * joined))

    def weights(self, joined: Tensor) -> Tensor:
        """Weight of each channel of joined features (B, J, h, w): (B, J, 1, 1), in [0, 1]."""
        mean = joined.mean((2, 3), keepdim=True)
        return torch.sigmoid(self.excite(F.relu(self.squeeze(mean))))


class SumProductMaxFusion(nn.Module):
    """The multi-fusion block (MFB): sum, product and maximum of the branches, then convolutions.

    Source: cascade, section 3.3 ("summation-product-maximization").
    Differs: how the three join the main branch is not published. Chosen: they are concatenated and
        convolved, the main branch's features are concatenated to that, and convolved again.
    """

    def __init__(self, channels: int, *, own: int) -> None:
        super().__init__()
        self.fuse = normalised_convolution(3 * channels, channels)
        self.output = normalised_convolution(channels + own, channels)

    def forward(self, branches: list[Tensor], own: list[Tensor]) -> Tensor:
        """See `make_fusion`."""
        three = [
            sum(branches[1:], branches[0]),
            reduce(torch.mul, branches),
            reduce(torch.maximum, branches),
        ]
        fused = F.relu(self.fuse(torch.cat(three, dim=1)))
        return F.relu(self.output(torch.cat([fused, *own], dim=1)))


class ConcatenationFusion(nn.Module):
    """The channel-attention fusion block without its attention."""

    def __init__(self, channels: int, *, own: int) -> None:
        super().__init__()
        self.output = normalised_convolution(_BRANCHES * channels + own, channels)

    def forward(self, branches: list[Tensor], own: list[Tensor]) -> Tensor:
        """See `make_fusion`."""
        return F.relu(self.output(torch.cat([*branches, *own], dim=1)))
