"""What the network is trained to minimise, in terms of what the data set labels."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from scarmap.labels import TISSUES
from scarmap.nn.losses import dice_loss
from scarmap.nn.regions import region_members, sum_over_regions, told_apart
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.systems.scarmap.targets import FOUND

BATCH = (0, 2, 3)
"""Axes of the Dice loss: a batch counts as one image, so that a slice without the tissue does not
count on its own."""

SMALLEST_PROBABILITY = 1e-6
TISSUE_NAMES = tuple(tissue.name for tissue in TISSUES)


def dice_of_present(found: Tensor, true: Tensor) -> Tensor:
    """Batch soft Dice loss over the regions that the batch shows.

    A region that it does not show would only be pushed down: no-reflow, which most batches lack,
    would never be found.

    Args:
        found: (B, K, H, W), probabilities.
        true: (B, K, H, W), in [0, 1].

    Returns:
        Scalar in [0, 1]; 0 where no region is shown.
    """
    shown = true.amax(BATCH) > 0
    if not shown.any():
        return found[:, shown].sum()
    return dice_loss(found[:, shown], true[:, shown], dims=BATCH, smooth=1.0)


class TissueObjective(nn.Module):
    """Cross-entropy over what is labelled, plus batch soft Dice of the regions that are found.

    The network always speaks of every tissue. Where a slice's data set does not label one, its
    probability counts for the label that the experts give such voxels, so the network is free in
    how it divides that label; and a region that the data set does not tell apart is not asked for
    in that slice. So slices of several data sets train one network.
    """

    regions: ClassVar[tuple[str, ...]] = FOUND
    """What the Dice loss is of."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("members", region_members(self.regions), persistent=False)

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Losses of a network that maps images to logits (B, T, H, W)."""
        logits: Tensor = model(batch.images).float()
        label_of = self.label_of(batch)
        probabilities = as_labelled(logits.softmax(1), label_of)
        target = tissue_shares(batch)
        entropy = -(target * torch.log(probabilities + SMALLEST_PROBABILITY)).sum(1).mean()
        assert isinstance(self.members, Tensor)
        asked = told_apart(self.members, label_of)[..., None, None]
        found, true = (
            sum_over_regions(each, tissues=TISSUE_NAMES, regions=self.regions) * asked
            for each in (probabilities, target)
        )
        return {"cross_entropy": entropy, "dice": dice_of_present(found, true)}

    def label_of(self, batch: Batch) -> Tensor:
        """Label of each tissue in each slice's data set, (B, T), int64; by default its own."""
        if batch.label_of is not None:
            return batch.label_of
        return torch.arange(len(TISSUES), device=batch.images.device).expand(len(batch.images), -1)


class EdemaObjective(TissueObjective):
    """The same with edema as a region of its own.

    Of the nested regions none is edema alone. To call all that is injured a scar costs the Dice of
    injury nothing and that of the infarct little, so a network that learns by them alone is never
    paid for telling edema from scar.
    """

    regions: ClassVar[tuple[str, ...]] = (*FOUND, "edema")


def as_labelled(probabilities: Tensor, label_of: Tensor) -> Tensor:
    """Probabilities (B, T, H, W) of tissues as those of their labels (B, T); other labels get 0."""
    places = label_of[..., None, None].expand_as(probabilities)
    return torch.zeros_like(probabilities).scatter_add(1, places, probabilities)
