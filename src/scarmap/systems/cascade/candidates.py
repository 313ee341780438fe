"""Candidate images: the images inside the left ventricle, all that the pathology network sees."""

from collections.abc import Mapping
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from scarmap.systems.cascade.anatomy import region_probabilities
from scarmap.systems.cascade.denoiser import epicardial_masks
from scarmap.systems.cascade.morphology import draw_pixels, grow

Gate = Literal["segmentation", "denoised"]
GOLD_SHARE = 0.5
GOLD_GROWTH_PX = 3


class Networks(Protocol):
    """Networks by the name of their stage: a dict, or what a model holds frozen."""

    def __getitem__(self, name: str, /) -> nn.Module:
        """The network of a stage."""
        ...


def region(networks: Networks | Mapping[str, nn.Module], images: Tensor, *, gate: Gate) -> Tensor:
    """Probability of the LV epicardial region.

    Source: cascade, section 2.1, Eq. 2 to 4, use the anatomy network's own output, "segmentation";
        the prose says that the auto-encoder reconstructs the result, "denoised".
    Differs: nothing.

    Args:
        networks: The anatomy network, and the auto-encoder where it is the gate.
        images: (B, S, H, W), in [0, 1].
        gate: Whose output it is.

    Returns:
        (B, 1, H, W), float32, in [0, 1].
    """
    found = region_probabilities(networks["anatomy"], images)
    if gate == "segmentation":
        return found
    denoised: Tensor = networks["denoiser"](found)
    return denoised.float()


def draw_training_gate(
    found: Tensor, labels: Tensor, *, generator: torch.Generator | None = None
) -> Tensor:
    """Choose for each slice where its candidate images end.

    The anatomy network is better on the slices that it was trained on than on new ones, so half of
    the gates are gold masks of a wrong size instead.

    Source: cascade, section 3.2 ("extracted from the training data").
    Differs: the paper does not say by which mask. Chosen: half by the gold one grown or shrunk by
        up to 3 pixels, half by the anatomy network's.

    Args:
        found: (B, 1, H, W), the anatomy network's probabilities.
        labels: (B, H, W), tissue indices.
        generator: Source of randomness, on the device of the labels; torch's own when None.

    Returns:
        (B, 1, H, W), float32, 0 or 1.
    """
    count, device = len(labels), labels.device
    pixels = draw_pixels(GOLD_GROWTH_PX, count, generator=generator, device=device)
    gold = grow(epicardial_masks(labels), pixels)
    from_gold = torch.rand(count, generator=generator, device=device) < GOLD_SHARE
    return torch.where(from_gold[:, None, None, None], gold, (found > 0.5).float())
