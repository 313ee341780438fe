"""What the network is trained to minimise, in terms of what the data set labels."""

import torch
from torch import Tensor, nn

from scarmap.labels import INDEX, LAYOUTS, MERGED, TISSUES, is_defined
from scarmap.nn.losses import dice_loss
from scarmap.nn.regions import sum_over_regions
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.systems.scarmap.targets import FOUND

BATCH = (0, 2, 3)
"""Axes of the Dice loss: a batch counts as one image, so that a slice without the tissue does not count on its own."""

EVERYTHING = "scarmap"
"""Layout that labels every tissue."""
SMALLEST_PROBABILITY = 1e-6
TISSUE_NAMES = tuple(tissue.name for tissue in TISSUES)


def dice_of_present(found: Tensor, true: Tensor) -> Tensor:
    """Batch soft Dice loss over the regions that the batch shows.

    A region that it does not show would only be pushed down: no-reflow, which most batches lack, would never be found.

    Args:
        found: (B, K, H, W), probabilities.
        true: (B, K, H, W), in [0, 1].

    Returns:
        Scalar in [0, 1]; 0 where no region is shown.
    """
    shown = true.amax(BATCH) > 0
    if not shown.any():
        return 0 * found.sum()
    return dice_loss(found[:, shown], true[:, shown], dims=BATCH, smooth=1.0)


class TissueObjective(nn.Module):
    """Cross-entropy over what is labelled, plus batch soft Dice of the regions that are found.

    The network always speaks of every tissue. Where a slice's layout does not label one, its probability counts for the
    label that the experts give such voxels, so the network is free in how it divides that label; and a region that the
    layout does not define is not asked for in that slice. So slices of several data sets train one network.
    """

    def __init__(self) -> None:
        super().__init__()
        given = [[INDEX[MERGED[layout].get(name, name)] for name in TISSUE_NAMES] for layout in LAYOUTS]
        asked = [[is_defined(region, layout) for region in FOUND] for layout in LAYOUTS]
        self.register_buffer("label_of", torch.tensor(given), persistent=False)
        self.register_buffer("asked", torch.tensor(asked), persistent=False)

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Losses of a network that maps images to logits (B, T, H, W)."""
        logits: Tensor = model(batch.images).float()
        layouts = self.layouts_of(batch)
        probabilities = self.as_labelled(logits.softmax(1), layouts)
        target = tissue_shares(batch)
        entropy = -(target * torch.log(probabilities + SMALLEST_PROBABILITY)).sum(1).mean()
        assert isinstance(self.asked, Tensor)
        asked = self.asked[layouts][..., None, None]
        found, true = (
            sum_over_regions(each, tissues=TISSUE_NAMES, regions=FOUND) * asked for each in (probabilities, target)
        )
        return {"cross_entropy": entropy, "dice": dice_of_present(found, true)}

    def layouts_of(self, batch: Batch) -> Tensor:
        """Layout of each slice by its place in `LAYOUTS`, (B,), int64; the one that labels everything where none is."""
        if batch.layouts is not None:
            return batch.layouts
        return torch.full((len(batch.images),), list(LAYOUTS).index(EVERYTHING), device=batch.images.device)

    def as_labelled(self, probabilities: Tensor, layouts: Tensor) -> Tensor:
        """Probabilities (B, T, H, W) of tissues as those of the labels of layouts (B,); the others are 0."""
        assert isinstance(self.label_of, Tensor)
        label_of = self.label_of[layouts][..., None, None].expand_as(probabilities)
        return torch.zeros_like(probabilities).scatter_add(1, label_of, probabilities)
