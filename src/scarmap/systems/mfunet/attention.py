"""The spatial attention at the end of MFU-Net's decoder: of the text, of Fig. 4 and as released."""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn


def fused_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(query keyᵀ) value, row by row, without the scaling by the square root of the width.

    The fused kernels of torch, which never hold the (N, N) matrix, take equal widths only: zeros
    that widen the narrower operands change no product.

    Args:
        query: (B, N, D), float.
        key: (B, N, D), float.
        value: (B, N, C), float.

    Returns:
        (B, N, C), float.
    """
    width = max(query.shape[-1], value.shape[-1])
    query, key, padded = (
        F.pad(part, (0, width - part.shape[-1])).unsqueeze(1) for part in (query, key, value)
    )
    attended = F.scaled_dot_product_attention(query, key, padded, scale=1.0)
    return attended.squeeze(1)[..., : value.shape[-1]]


def _halve(width: int) -> list[nn.Module]:
    return [
        nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    ]


class SelfAttention(nn.Module):
    """Every position reads from all positions: scale · softmax(QKᵀ) V + s.

    Source: MFU-Net, section 2.1 (after Fu et al. 2019); widths and scale from the released code.
    Differs: the scale is learned; the released code keeps it at its initial 0.

    Args:
        width: Channels of the input, the output and V. Q and K have half as many, 8 at least. K has
            no bias: it would add the same number to a whole row, which softmax ignores.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        narrow = max(width // 2, 8)
        self.query = nn.Linear(width, narrow)
        self.key = nn.Linear(width, narrow, bias=False)
        self.value = nn.Linear(width, width)
        self.scale = nn.Parameter(torch.zeros(()))

    def forward(self, s: Tensor) -> Tensor:
        """(B, width, h, w) -> (B, width, h, w)."""
        tokens = rearrange(s, "B C h w -> B (h w) C").contiguous()
        attended = fused_attention(self.query(tokens), self.key(tokens), self.value(tokens))
        return s + self.scale * rearrange(attended, "B (h w) C -> B C h w", h=s.shape[2])


class SpatialAttention(nn.Module):
    """Self-attention on features reduced by 4, enlarged again and added to the input.

    Source: MFU-Net, section 2.1 ("applied at the last layer of the decoding path", "we first
        downsample the input feature [...] before calculating the query, key, and value") and Fig.
        2, where it follows the decoder.
    Differs: Fig. 4 draws another module, see `FigureAttention`: its input is the three sequences'
        features, and query, key and value are downsampled apart. The paper gives neither kernels
        nor normalisation. Here two 3x3 convolutions of stride 2 with batch normalisation and ReLU
        reduce, two 4x4 transposed convolutions of stride 2 enlarge. The channel attention that the
        text names is absent from its figure, from the released network and from here.

    Args:
        width: Channels of the input and the output.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.reduce = nn.Sequential(*_halve(width), *_halve(width))
        self.attend = SelfAttention(width)
        self.enlarge = nn.Sequential(
            nn.ConvTranspose2d(width, width, 4, stride=2, padding=1),
            nn.ConvTranspose2d(width, width, 4, stride=2, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> (B, width, H, W); H and W are multiples of 4."""
        return x + self.branch(x)

    def branch(self, x: Tensor) -> Tensor:
        """What the attention adds to its input, (B, width, H, W)."""
        enlarged: Tensor = self.enlarge(self.attend(self.reduce(x)))
        return enlarged


def _reduce(before: int, after: int, *, bias: bool = True) -> nn.Sequential:
    """To a quarter of the size: normalised and rectified once, then linear."""
    last = nn.Conv2d(after, after, 3, stride=2, padding=1, bias=bias)
    first = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(first, nn.BatchNorm2d(after), nn.ReLU(inplace=True), last)


class FigureAttention(nn.Module):
    """x + up(softmax(QKᵀ) V), with Q, K and V each downsampled from x on its own.

    Source: MFU-Net, Fig. 4. Its input and output are [f_LGE, f_T2, f_bSSFP], 3c channels, its value
        keeps 3c channels, and it is "at the last decoding layer".
    Differs: the figure does not say where three features come from in a decoder that has one; here
        they are the sequences' finest encoder features, which the last decoding layer joins. So
        what is joined there, and its maximum, is the attention's output. Kernels are not given: two
        3x3 convolutions of stride 2 reduce, the first with batch normalisation and ReLU, two 4x4
        transposed convolutions of stride 2 enlarge. d is not given: half of c, as released, 8 at
        least. K has no bias, see `SelfAttention`.

    Args:
        width: Channels of one sequence's features, c.
        sequences: Number of sequences.
    """

    def __init__(self, width: int, *, sequences: int = 3) -> None:
        super().__init__()
        narrow, wide = max(width // 2, 8), sequences * width
        self.query = _reduce(wide, narrow)
        self.key = _reduce(wide, narrow, bias=False)
        self.value = _reduce(wide, wide)
        self.enlarge = nn.Sequential(
            nn.ConvTranspose2d(wide, wide, 4, stride=2, padding=1),
            nn.ConvTranspose2d(wide, wide, 4, stride=2, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, sequences · width, H, W) to the same; H and W are multiples of 4."""
        return x + self.branch(x)

    def branch(self, x: Tensor) -> Tensor:
        """What the attention adds to its input, (B, sequences · width, H, W)."""
        query, key, value = (part(x) for part in (self.query, self.key, self.value))
        tokens = (rearrange(s, "B C h w -> B (h w) C").contiguous() for s in (query, key, value))
        attended = rearrange(fused_attention(*tokens), "B (h w) C -> B C h w", h=value.shape[2])
        enlarged: Tensor = self.enlarge(attended)
        return enlarged


class ReleasedAttention(nn.Module):
    """The attention module of the released code: a small linear pyramid that ends in class maps.

    Source: MFU-Net, released code.
    Differs: the released scale of the self-attention starts at 0 and is not among the trained
        variables, so its query, key and value never act; they are left out here and the result is
        the same.

    Args:
        width: Channels of the input.
        maps: Channels of the output, one per channel of every head.
    """

    def __init__(self, width: int, *, maps: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.MaxPool2d(2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.MaxPool2d(2),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(width, maps, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> (B, maps, H, W), unnormalised; H and W are multiples of 4."""
        return self.branch(x)

    def branch(self, x: Tensor) -> Tensor:
        """The same: nothing is added to the input here."""
        maps: Tensor = self.layers(x)
        return maps
