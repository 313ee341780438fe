"""The anatomical structure segmentation network (ASSN): the LV epicardium and all inside it."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from scarmap.nn.frozen import Frozen
from scarmap.nn.losses import binary_dice_cross_entropy, dice_loss
from scarmap.nn.unet import UNet
from scarmap.sampling.batch import Batch
from scarmap.systems.cascade.denoiser import epicardial_masks

Loss = Literal["dice", "dice-cross-entropy"]
BATCH = (0, 2, 3)
"""Axes of a Dice loss: a batch counts as one image, so that a slice without the tissue does not
count on its own."""


def take_earlier(model: nn.Module, earlier: Mapping[str, nn.Module]) -> None:
    """Hand the networks of earlier stages to the model that needs them; for `Stage.initialise`."""
    assert isinstance(model.frozen, Frozen)
    model.frozen.take(earlier)


def region_probabilities(model: nn.Module, images: Tensor) -> Tensor:
    """Probability (B, 1, H, W), float32, of the LV epicardial region in images (B, S, H, W)."""
    logits: Tensor = model(images)
    return torch.sigmoid(logits.float())


class AnatomyNetwork(nn.Module):
    """One encoder per sequence, no weights shared, one decoder, one map: the LV epicardial region.

    Source: cascade, section 2.1 and Fig. 2.
    Differs: widths are not published. Chosen: `UNet`, 32 to 256 channels and 512 in the bottleneck,
        the skips of all encoders concatenated at each level.

    Args:
        sequences: Which channels of the images it looks at; one encoder each.
        width: Channels at full resolution.
    """

    def __init__(self, *, sequences: tuple[int, ...] = (0, 1, 2), width: int = 32) -> None:
        super().__init__()
        self.sequences = list(sequences)
        self.unet = UNet(encoders=(1,) * len(sequences), outputs=1, width=width)
        self.frozen = Frozen()

    def forward(self, images: Tensor) -> Tensor:
        """Images (B, S, H, W), in [0, 1], to logits (B, 1, H, W), unnormalised."""
        logits: Tensor = self.unet(images[:, self.sequences])
        return logits


class AnatomyObjective(nn.Module):
    """Dice loss of the region, and of what the frozen auto-encoder makes of it.

    Source: cascade, section 2.1, Eq. 1 and 6; the weight from section 3.2.
    Differs: the paper prints the Dice score where a loss is meant; one minus it is minimised.

    Args:
        beta: Weight of the second part; 0 leaves the auto-encoder out.
        loss: "dice" as published, "dice-cross-entropy" adds the cross-entropy to the first part.
    """

    def __init__(self, *, beta: float = 0.2, loss: Loss = "dice") -> None:
        super().__init__()
        self.beta = beta
        self.loss = loss

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Losses of an `AnatomyNetwork`, weights included."""
        truth = epicardial_masks(batch.labels)
        logits = model(batch.images).float()
        region = torch.sigmoid(logits)
        if self.loss == "dice":
            parts = {"dice": dice_loss(region, truth, dims=BATCH)}
        else:
            parts = {"dice_cross_entropy": binary_dice_cross_entropy(logits, truth)}
        if self.beta:
            assert isinstance(model.frozen, Frozen)
            shape = model.frozen["denoiser"](region).float()
            parts["shape"] = self.beta * dice_loss(shape, truth, dims=BATCH)
        return parts
