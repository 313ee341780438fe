"""MFU-Net: one encoder per sequence, skips fused by the maximum, one decoder, three softmax heads.

::

    sequence 1 ─ encoder 1 ─┐                           ┌─ skips of every level and their maximum
    sequence 2 ─ encoder 2 ─┼─ concatenate, bottleneck ─┴─ decoder ─ attention ─┬─ anatomy
    sequence 3 ─ encoder 3 ─┘                                                   ├─ scar
                                                                                └─ edema
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from scarmap.errors import RecipeError
from scarmap.nn.blocks import initialise_glorot
from scarmap.systems.mfunet.attention import (
    FigureAttention,
    ReleasedAttention,
    SpatialAttention,
)
from scarmap.systems.mfunet.choices import check_choice
from scarmap.systems.mfunet.encoding import (
    Backbone,
    Decoder,
    Encoders,
    Encoding,
    Fusion,
    max_fusion,
)

AttentionVariant = Literal["paper", "figure", "released"]
Attention: TypeAlias = SpatialAttention | FigureAttention | ReleasedAttention


class Heads(NamedTuple):
    """What MFU-Net predicts, all unnormalised; softmax runs over the channels of each.

    Attributes:
        anatomy: (B, A, H, W), the structures and the background last.
        pathologies: One (B, 2, H, W) for each pathology: it and the rest. They may overlap each
            other.
        auxiliary: The attention's own maps in the shapes of anatomy and pathologies, in this order,
            where the released attention makes them; otherwise empty.
    """

    anatomy: Tensor
    pathologies: tuple[Tensor, ...]
    auxiliary: tuple[Tensor, ...] = ()


class LevelFeatures(NamedTuple):
    """The encoders' features at one level, of each sequence and their maximum: (B, C, h, w)."""

    sequences: tuple[Tensor, ...]
    fused: Tensor


class MFUNet(nn.Module):
    """The network of MFU-Net; its keywords are the factors of the paper's Tables 1 and 2.

    Source: MFU-Net, section 2.1 and Fig. 2; head sizes and base width from the released code
        (falconjhc/MFU-Net).
    Differs: weights are Glorot-uniform and biases zero as in Keras, but batch normalisation keeps
        torch's momentum and epsilon. Text and Fig. 4 describe two attentions; the text's is the
        default. The rest is at `Encoders`, `Decoder`, `SpatialAttention`, `FigureAttention` and
        `ReleasedAttention`.

    Args:
        sequences: Number of sequences, S; the paper's order is LGE, T2, bSSFP.
        anatomy: Channels of the anatomy head, background included.
        pathologies: Number of two-channel pathology heads.
        width: Channels at full resolution.
        fusion: "max" or "concatenation", see `Decoder`.
        attention: Whether there is spatial attention.
        attention_variant: "paper" for `SpatialAttention` after the decoder, "figure" for
            `FigureAttention` before its last layer, "released" for `ReleasedAttention`.
        backbone: "residual", "dilation", "side" or "plain".
    """

    def __init__(
        self,
        *,
        sequences: int = 3,
        anatomy: int = 4,
        pathologies: int = 2,
        width: int = 64,
        fusion: Fusion = "max",
        attention: bool = True,
        attention_variant: AttentionVariant = "paper",
        backbone: Backbone = "residual",
    ) -> None:
        super().__init__()
        check_choice("attention_variant", attention_variant, ("paper", "figure", "released"))
        self.head_channels = [anatomy, *[2] * pathologies]
        maps = sum(self.head_channels)
        self.encoders = Encoders(sequences=sequences, width=width, backbone=backbone)
        self.decoder = Decoder(sequences=sequences, width=width, fusion=fusion, backbone=backbone)
        self.attention: Attention | None = None
        if attention:
            makes: Mapping[str, Callable[[], Attention]] = {
                "paper": partial(SpatialAttention, width),
                "figure": partial(FigureAttention, width, sequences=sequences),
                "released": partial(ReleasedAttention, width, maps=maps),
            }
            self.attention = makes[attention_variant]()
        entering = maps if isinstance(self.attention, ReleasedAttention) else width
        self.heads = nn.ModuleList(
            nn.Conv2d(entering, channels, 1) for channels in self.head_channels
        )
        self.apply(initialise_glorot)

    def forward(self, x: Tensor) -> Heads:
        """Predict the heads of images (B, S, H, W), in [-1, 1], sides multiples of 16."""
        features = self.decode(self.encode(x))
        if isinstance(self.attention, SpatialAttention | ReleasedAttention):
            features = self.attention(features)
        anatomy, *pathologies = [head(features) for head in self.heads]
        released = isinstance(self.attention, ReleasedAttention)
        auxiliary = torch.split(features, self.head_channels, dim=1) if released else ()
        return Heads(anatomy, tuple(pathologies), auxiliary)

    def encode(self, x: Tensor) -> Encoding:
        """Skips and bottleneck of images (B, S, H, W)."""
        encoding: Encoding = self.encoders(x)
        return encoding

    def decode(self, encoding: Encoding) -> Tensor:
        """Features (B, width, H, W) of encoded images, before an attention that follows them."""
        if isinstance(self.attention, FigureAttention):
            finest = self.attention(torch.cat(encoding.skips[0], dim=1))
            attended = torch.chunk(finest, len(encoding.skips[0]), dim=1)
            encoding = encoding._replace(skips=(attended, *encoding.skips[1:]))
        features: Tensor = self.decoder(encoding)
        return features

    def features(self, x: Tensor) -> tuple[LevelFeatures, ...]:
        """The encoders' features of images (B, S, H, W), finest level first, as in Fig. 3.

        The maximum is given for any `fusion`.
        """
        return tuple(LevelFeatures(skips, max_fusion(skips)) for skips in self.encode(x).skips)

    def attention_map(self, x: Tensor) -> Tensor:
        """The attention's output for images (B, S, H, W), for pictures like the paper's Fig. 5.

        Returns:
            (B, H, W), the mean over the channels of the absolute values that the attention adds.

        Raises:
            RecipeError: The network was built without attention.
        """
        if self.attention is None:
            raise RecipeError(
                "This MFU-Net was built with attention=False, so it has no attention map to draw. "
                "Draw one from a recipe that keeps the attention."
            )
        encoding = self.encode(x)
        if isinstance(self.attention, FigureAttention):
            output = self.attention.branch(torch.cat(encoding.skips[0], dim=1))
        else:
            output = self.attention.branch(self.decode(encoding))
        return output.abs().mean(dim=1)
