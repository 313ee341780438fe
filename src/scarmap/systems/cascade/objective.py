"""What the pathology networks are trained to minimise."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from scarmap.nn.frozen import Frozen
from scarmap.nn.losses import dice_cross_entropy, dice_loss
from scarmap.sampling.batch import Batch
from scarmap.systems.cascade.anatomy import BATCH, Loss
from scarmap.systems.cascade.candidates import Gate, draw_training_gate, region
from scarmap.systems.cascade.pathology import target_classes


def gated_labels(labels: Tensor, gate: Tensor) -> Tensor:
    """Labels (B, H, W) inside a gate (B, 1, H, W); background outside, where no network sees."""
    return labels * gate[:, 0].to(labels.dtype)


class PathologyObjective(nn.Module):
    """Weighted Dice losses of the main branch and of the three others.

    Source: cascade, section 2.2, Eq. 7 to 9, 12 and 13; the weights from section 3.2.
    Differs: the paper prints the Dice score where a loss is meant; one minus it, averaged over the
        classes without the background, is minimised. Labels outside the gate count as background.

    Args:
        weights: Weight of each output; a network is trained on those that it has.
        gate: Which anatomy output ends the candidate images, see `region`.
        loss: "dice" as published, or "dice-cross-entropy", see `dice_cross_entropy`.
        generator: Source of the gates, on the device of the labels; torch's own when None.
    """

    def __init__(
        self,
        *,
        weights: Mapping[str, float],
        gate: Gate = "segmentation",
        loss: Loss = "dice",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.weights = weights
        self.gate: Gate = gate
        self.loss = loss
        self.generator = generator

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Losses of a network of `pathology`, weights included, named like "dice_main"."""
        assert isinstance(model.frozen, Frozen)
        with torch.no_grad():
            found = region(model.frozen, batch.images, gate=self.gate)
        gate = draw_training_gate(found, batch.labels, generator=self.generator)
        labels = gated_labels(batch.labels, gate)
        logits: dict[str, Tensor] = model(batch.images * gate)
        name = self.loss.replace("-", "_")
        return {
            f"{name}_{output}": self.weights[output]
            * self._loss(each.float(), target_classes(labels, output))
            for output, each in logits.items()
        }

    def _loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        target = rearrange(F.one_hot(classes, logits.shape[1]), "B H W K -> B K H W").float()
        if self.loss == "dice-cross-entropy":
            return dice_cross_entropy(logits, target)
        return dice_loss(logits.softmax(dim=1)[:, 1:], target[:, 1:], dims=BATCH)
