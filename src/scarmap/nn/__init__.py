"""Parts of networks and losses that two systems or more use.

`blocks` and `unet` build networks, `losses` trains them, `regions` turns probabilities of tissues
into those of regions, and `frozen` holds trained networks beside one that is being trained.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.nn.blocks import ConvBlock, DilatedBlock, initialise_glorot
    from scarmap.nn.frozen import Frozen
    from scarmap.nn.losses import (
        binary_dice_cross_entropy,
        dice_cross_entropy,
        dice_loss,
        focal_loss,
        tversky_loss,
    )
    from scarmap.nn.regions import sum_over_regions
    from scarmap.nn.unet import UNet

__all__ = [
    "ConvBlock",
    "DilatedBlock",
    "Frozen",
    "UNet",
    "binary_dice_cross_entropy",
    "dice_cross_entropy",
    "dice_loss",
    "focal_loss",
    "initialise_glorot",
    "sum_over_regions",
    "tversky_loss",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
