"""What the segmentation network, and the weight generator beside it, are trained to minimise."""

import torch
from torch import Tensor, nn

from scarmap.labels import INDEX
from scarmap.nn.losses import dice_loss
from scarmap.recipes.recipe import Losses
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.systems.anatomy_prior.class_weights import (
    WeightGenerator,
    Weighting,
    balanced_weights,
    equalising_weights,
    inverse_frequency_weights,
    label_losses,
    opposed,
    present_labels,
    softmax_weights,
)
from scarmap.systems.anatomy_prior.neighbourhood import nested_penalty
from scarmap.systems.anatomy_prior.targets import TARGETS, label_names, region_maps

_BATCH = (0, 2, 3)
"""Axes of the Dice loss: a batch counts as one image, so that a slice without the tissue does not
count on its own."""


class AnatomyPriorObjective(nn.Module):
    """Weighted cross-entropy and neighbourhood penalty.

    Source: anatomy prior, section 2, Eq. 3 to 5; the coefficient from section 3.
    Differs: the weights are constrained, see `balanced_weights`, and the penalty is mended, see
        `neighbourhood_penalty`.

    Args:
        layout: Label layout.
        sequences: Number of sequences, which the weight generator looks at.
        class_weights: "learned" by a weight generator as published; "balanced" by one that
            maximises, see `equalising_weights`; "softmax" or "inverse-frequency" to compare with;
            None for plain cross-entropy.
        penalty_weight: Coefficient of the neighbourhood penalty; 0 leaves it out.
        literal_penalty: Keep the printed formula of the penalty.
        dice: Add the batch soft Dice loss, averaged over the labels without background.
    """

    def __init__(
        self,
        *,
        layout: str = "emidec",
        sequences: int = 1,
        class_weights: Weighting | None = "learned",
        penalty_weight: float = 0.01,
        literal_penalty: bool = False,
        dice: bool = False,
    ) -> None:
        super().__init__()
        self.layout = layout
        self.labels = label_names(layout)
        self.class_weights = class_weights
        self.penalty_weight = penalty_weight
        self.literal_penalty = literal_penalty
        self.dice = dice
        learned = class_weights in ("learned", "balanced", "softmax")
        self.generator = (
            WeightGenerator(sequences=sequences, labels=len(self.labels)) if learned else None
        )

    def forward(self, model: nn.Module, batch: Batch) -> Losses:
        """Losses of a `SegmentationNetwork`, and each label's mean weight in the images with it."""
        target = tissue_shares(batch)[:, [INDEX[label] for label in self.labels]]
        logits: Tensor = model(batch.images).float()
        weights = self.weigh(batch.images, target)
        losses = label_losses(logits, target)
        opposing = self.class_weights == "balanced"
        weighted = opposed(weights, losses) if opposing else (weights * losses).sum(1)
        parts = {"cross_entropy": weighted.mean()}
        probabilities = logits.softmax(1)
        if self.dice:
            parts["dice"] = dice_loss(probabilities[:, 1:], target[:, 1:], dims=_BATCH)
        if self.penalty_weight:
            inside_out = tuple(TARGETS[self.layout].nested)[::-1]
            maps = region_maps(probabilities, layout=self.layout, regions=inside_out)
            parts["neighbourhood"] = self.penalty_weight * nested_penalty(
                maps.unbind(1), literal=self.literal_penalty
            )
        return parts if self.class_weights is None else (parts, self._shown(weights, target))

    def _shown(self, weights: Tensor, target: Tensor) -> dict[str, Tensor]:
        seen = weights.detach().where(present_labels(target), torch.nan).nanmean(0)
        return {f"class_weight_{label}": seen[k] for k, label in enumerate(self.labels)}

    def weigh(self, images: Tensor, target: Tensor) -> Tensor:
        """Weight of each label in an image: images (B, S, H, W), truth (B, K, H, W) to (B, K)."""
        if self.class_weights is None:
            return torch.ones(target.shape[:2], device=target.device)
        if self.generator is None:
            return inverse_frequency_weights(target)
        scores = self.generator(images).float()
        if self.class_weights == "balanced":
            return equalising_weights(scores, target)
        weigh = balanced_weights if self.class_weights == "learned" else softmax_weights
        return weigh(scores, present_labels(target))
