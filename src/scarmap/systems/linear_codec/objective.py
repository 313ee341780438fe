"""What the U-Nets are trained to minimise."""

from typing import Literal

import torch
from torch import Tensor, nn

from scarmap.nn.losses import binary_dice_cross_entropy, dice_loss
from scarmap.sampling.batch import Batch
from scarmap.systems.linear_codec.codec import Problem, encode
from scarmap.systems.linear_codec.maskrcnn import MaskRCNN

Loss = Literal["dice", "dice-cross-entropy"]
_SMOOTH_PX = 1.0
"""Added to both sides of the ratio, from the released code."""
_WHOLE_BATCH = (0, 1, 2, 3)
"""Axes of the Dice loss: a batch counts as one image."""


class BinaryObjective(nn.Module):
    """Dice loss of one binary problem, of the whole batch as one image.

    Source: linear codec, section 2.4 ("the negative of dice coefficient"); one pixel added on both
        sides of the ratio in the released code.
    Differs: one is added to the negative, which changes no gradient.

    Args:
        region: What the network should find, a name in `scarmap.labels.REGIONS`.
        sequences: Channels of the batch's images that the network takes, in this order.
        loss: "dice" as published, or "dice-cross-entropy", see `binary_dice_cross_entropy`.
    """

    def __init__(self, *, region: str, sequences: tuple[int, ...], loss: Loss = "dice") -> None:
        super().__init__()
        self.problem = Problem(region, sequences)
        self.loss = loss

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The loss of a network from images (B, C, H, W) to logits (B, 1, H, W)."""
        images, truth = encode(batch, self.problem)
        logits = model(images).float()
        if self.loss == "dice-cross-entropy":
            return {
                "dice_cross_entropy": binary_dice_cross_entropy(logits, truth, smooth=_SMOOTH_PX)
            }
        return {
            "dice": dice_loss(torch.sigmoid(logits), truth, smooth=_SMOOTH_PX, dims=_WHOLE_BATCH)
        }


class MaskRCNNObjective(nn.Module):
    """The losses of Mask R-CNN for one binary problem.

    Source: linear codec, section 2.4 (He et al. 2017); one object per slice, as in the released
        code.
    Differs: the released code gives every slice a second object, all of it background; here a slice
        without the region has no object.

    Args:
        region: What the network should find, a name in `scarmap.labels.REGIONS`; all of it in a
            slice is one object.
        sequences: Channels of the batch's images that the network takes, in this order.
    """

    def __init__(self, *, region: str, sequences: tuple[int, ...]) -> None:
        super().__init__()
        self.problem = Problem(region, sequences)

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The losses of a `MaskRCNN` in training mode, by the names that torchvision gives them."""
        assert isinstance(model, MaskRCNN)
        images, truth = encode(batch, self.problem)
        return model.losses(images, truth[:, 0] > 0)
