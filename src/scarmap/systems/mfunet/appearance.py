"""Appearance codes: a few numbers that say how a sequence shows tissue, from an image and back."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

_SLOPE = 0.3
"""Negative slope of LeakyReLU, the default of Keras."""


class AppearanceEncoder(nn.Module):
    """Distribution of the appearance code of an image whose anatomy is known.

    Source: MFU-Net, section 4 (after Chartsias et al. 2020, MMSDNet).
    Differs: global average pooling before the dense layers, so that any image size fits.

    Args:
        anatomy: Channels of the anatomy.
        code: Numbers per code, Z.
    """

    def __init__(self, *, anatomy: int = 8, code: int = 8) -> None:
        super().__init__()
        widths = (anatomy + 1, 16, 32, 64, 128)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.LeakyReLU(_SLOPE)]
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(nn.Linear(widths[-1], 32), nn.LeakyReLU(_SLOPE))
        self.mean = nn.Linear(32, code)
        self.log_variance = nn.Linear(32, code)

    def forward(self, anatomy: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Anatomy (B, A, H, W), 0 or 1, and image (B, 1, H, W) to mean and log-variance (B, Z)."""
        pooled = self.convolutions(torch.cat([anatomy, image], dim=1)).mean(dim=(2, 3))
        features = self.dense(pooled)
        return self.mean(features), self.log_variance(features)


class ModulatedLayer(nn.Module):
    """Residual layer whose second convolution is scaled and shifted by the appearance code (FiLM).

    Source: Perez et al. 2018, as MMSDNet's decoder uses it.
    Differs: the code predicts the deviation of the scale from 1.
    """

    def __init__(self, channels: int, *, code: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.modulation = nn.Linear(code, 2 * channels)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """Features (B, C, H, W) and codes (B, Z) to features (B, C, H, W)."""
        scale, shift = rearrange(self.modulation(code), "B (two C) -> two B C 1 1", two=2)
        entering = F.leaky_relu(self.first(x), _SLOPE)
        modulated = (1 + scale) * self.second(entering) + shift
        return entering + F.leaky_relu(modulated, _SLOPE)


class Renderer(nn.Module):
    """Image from anatomy and appearance code: a convolution, four modulated layers, tanh.

    Source: MFU-Net, section 4 (after Chartsias et al. 2020, MMSDNet).
    Differs: nothing known.

    Args:
        anatomy: Channels of the anatomy.
        code: Numbers per code, Z.
        channels: Channels inside.
    """

    def __init__(self, *, anatomy: int = 8, code: int = 8, channels: int = 8) -> None:
        super().__init__()
        self.enter = nn.Conv2d(anatomy, channels, 3, padding=1)
        self.layers = nn.ModuleList(ModulatedLayer(channels, code=code) for _ in range(4))
        self.leave = nn.Conv2d(channels, 1, 1)

    def forward(self, anatomy: Tensor, code: Tensor) -> Tensor:
        """Anatomy (B, A, H, W) in {0, 1} and code (B, Z) to an image (B, 1, H, W) in [-1, 1]."""
        x = F.leaky_relu(self.enter(anatomy), _SLOPE)
        for layer in self.layers:
            x = layer(x, code)
        return torch.tanh(self.leave(x))
