"""What MFU-Net is trained to minimise."""

from typing import Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmap.errors import RecipeError, suggest
from scarmap.labels import TISSUES, region_mask
from scarmap.nn.losses import dice_cross_entropy, dice_loss
from scarmap.recipes.recipe import Losses
from scarmap.sampling.batch import Batch
from scarmap.systems.mfunet.losses import READINGS
from scarmap.systems.mfunet.network import Heads

Loss = Literal["paper", "released", "balanced", "dice-cross-entropy"]
_BATCH = (0, 2, 3)


def softmax_targets(regions: tuple[str, ...]) -> Tensor:
    """Table from tissue to the target of a softmax head: one channel per region, the rest last.

    Args:
        regions: Names in `scarmap.labels.REGIONS` that share no tissue.

    Returns:
        (K, T), float32, 0 or 1, for K - 1 regions and T tissues; every column sums to 1.

    Raises:
        LabelError: A region is unknown.
        RecipeError: Two regions share a tissue.

    >>> softmax_targets(("scar",))[0].nonzero().tolist()  # scar is tissue 5
    [[5]]
    """
    tissues = np.arange(len(TISSUES), dtype=np.uint8)
    table = np.stack([region_mask(tissues, region) for region in regions])
    shared = table.sum(axis=0) > 1
    if shared.any():
        names = ", ".join(TISSUES[index].name for index in np.flatnonzero(shared))
        raise RecipeError(
            f"The regions {', '.join(regions)} cannot share one softmax head, because more than "
            f"one of them contains {names}. Choose regions without common tissues, or give the "
            "nested one its own head."
        )
    return torch.from_numpy(np.vstack([table, ~table.any(axis=0)]).astype(np.float32))


def _dice_cross_entropy(logits: Tensor, target: Tensor) -> dict[str, Tensor]:
    return {"dice_cross_entropy": dice_cross_entropy(logits, target, background=-1)}


def _check_keywords(
    anatomy: tuple[str, ...],
    pathologies: tuple[str, ...],
    weights: tuple[float, ...],
    loss: str,
    outside_penalty: float,
) -> None:
    if loss not in get_args(Loss):
        raise RecipeError(f"MFU-Net has no loss {loss!r}. {suggest(loss, get_args(Loss))}")
    if len(weights) != 1 + len(pathologies):
        raise RecipeError(
            f"MFU-Net was given {len(weights)} loss weights, {weights}, for the anatomy and the "
            f"pathologies {', '.join(pathologies)}; give {1 + len(pathologies)}, the anatomy's "
            "first."
        )
    if outside_penalty and not weights[1]:
        raise RecipeError(
            "outside_penalty is in proportion to the first pathology's weight, which must not be 0."
        )
    if outside_penalty and "whole_myocardium" not in anatomy:
        raise RecipeError(
            "outside_penalty counts pathology outside the whole myocardium, which the anatomy "
            f"head does not predict; it predicts {', '.join(anatomy)}. Add 'whole_myocardium', or "
            "set outside_penalty=0."
        )


class MFUNetObjective(nn.Module):
    """Weighted Tversky and focal losses of the anatomy and of each pathology.

    Source: MFU-Net, section 4, "Training details"; beta, gamma, the two penalties and their form
        from the released code.
    Differs: `loss="paper"` is the text to the letter and no default, as a network that it trained
        called a quarter of each image pathology. The weight of edema is printed as a second weight
        of anatomy and is 7 in the released code; see `losses` for the mends of each reading. The
        penalties are off, as the paper has none. The released code counts each auxiliary term
        twice, so its weight of 0.1 is 0.2 here.

    Args:
        anatomy: Regions of the anatomy head, in the order of its channels.
        pathologies: Region of each pathology head.
        weights: Weight of the anatomy and of each pathology.
        loss: "paper", "released" or "balanced", see `losses`; or "dice-cross-entropy", see
            `dice_cross_entropy`.
        beta: Weight of false negatives in the Tversky loss; 0.3 as released.
        gamma: Exponent of the focal loss.
        focal_scale: Weight of the focal losses beside the Tversky losses.
        outside_penalty: Weight of pathology outside the predicted whole myocardium, for the first
            pathology; the others follow in proportion to `weights`. Released code: 0.5.
        auxiliary_weight: Weight of each cross-entropy of the attention's own maps, which only the
            released attention makes.

    Raises:
        RecipeError: Keywords that do not fit each other.
    """

    targets: Tensor

    def __init__(
        self,
        *,
        anatomy: tuple[str, ...] = ("whole_myocardium", "lv_pool", "rv_pool"),
        pathologies: tuple[str, ...] = ("scar", "edema"),
        weights: tuple[float, ...] = (1.0, 3.0, 5.0),
        loss: Loss = "balanced",
        beta: float = 0.7,
        gamma: float = 2.0,
        focal_scale: float = 1.0,
        outside_penalty: float = 0.0,
        auxiliary_weight: float = 0.0,
    ) -> None:
        super().__init__()
        _check_keywords(anatomy, pathologies, weights, loss, outside_penalty)
        tables = [
            softmax_targets(anatomy),
            *(softmax_targets((pathology,)) for pathology in pathologies),
        ]
        self.register_buffer("targets", torch.cat(tables), persistent=False)
        self.channels = [len(table) for table in tables]
        self.names = ("anatomy", *pathologies)
        self.weights = weights
        self.loss = loss
        self.beta, self.gamma, self.focal_scale = beta, gamma, focal_scale
        self.outside_penalty, self.auxiliary_weight = outside_penalty, auxiliary_weight
        self.anatomy = anatomy

    def forward(self, model: nn.Module, batch: Batch) -> Losses:
        """Losses of a model that returns `Heads`.

        Returns:
            Scalars that already carry their weights; their sum is minimised. Each is named after
                the loss and the head: "tversky_anatomy" or "focal_scar". Beside them the Dice loss
                of each head, as the paper's Fig. 7 draws it, which is not minimised.
        """
        heads: Heads = model(batch.images)
        targets = self.head_targets(batch.labels)
        logits = [head.float() for head in (heads.anatomy, *heads.pathologies)]
        parts = self._weighted(logits, targets)
        if self.outside_penalty:
            parts |= self._outside(logits)
        if self.auxiliary_weight:
            parts |= self._auxiliary(heads, targets)
        return parts, self._dice_losses(logits, targets)

    def _dice_losses(self, logits: list[Tensor], targets: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Soft Dice loss of each head over the batch, averaged over its labels."""
        return {
            f"dice_loss_{name}": dice_loss(
                predicted.detach().softmax(dim=1)[:, :-1], target[:, :-1], dims=_BATCH
            )
            for name, predicted, target in zip(self.names, logits, targets, strict=True)
        }

    def _weighted(self, logits: list[Tensor], targets: tuple[Tensor, ...]) -> dict[str, Tensor]:
        head_loss = self._tversky_focal if self.loss in READINGS else _dice_cross_entropy
        heads = zip(self.names, self.weights, logits, targets, strict=True)
        return {
            f"{part}_{name}": weight * value
            for name, weight, predicted, target in heads
            for part, value in head_loss(predicted, target).items()
        }

    def head_targets(self, labels: Tensor) -> tuple[Tensor, ...]:
        """The target of the anatomy head and of each pathology head.

        Args:
            labels: (B, H, W), integer, indices into `scarmap.labels.TISSUES`.

        Returns:
            For each head (B, K, H, W), float32, 0 or 1.
        """
        return torch.split(self.targets[:, labels.long()].transpose(0, 1), self.channels, dim=1)

    def _tversky_focal(self, logits: Tensor, target: Tensor) -> dict[str, Tensor]:
        parts = READINGS[self.loss](logits, target, beta=self.beta, gamma=self.gamma)
        return {**parts, "focal": self.focal_scale * parts["focal"]}

    def _outside(self, logits: list[Tensor]) -> dict[str, Tensor]:
        myocardium = self.anatomy.index("whole_myocardium")
        elsewhere = 1 - logits[0].softmax(dim=1)[:, myocardium]
        parts = {}
        for name, weight, pathology in zip(
            self.names[1:], self.weights[1:], logits[1:], strict=True
        ):
            scale = self.outside_penalty * weight / self.weights[1]
            parts[f"outside_{name}"] = scale * (pathology.softmax(dim=1)[:, 0] * elsewhere).mean()
        return parts

    def _auxiliary(self, heads: Heads, targets: tuple[Tensor, ...]) -> dict[str, Tensor]:
        if not heads.auxiliary:
            raise RecipeError(
                "auxiliary_weight asks for a loss on the attention's own maps, but this network "
                "makes none. Set auxiliary_weight=0, or build MFU-Net with attention=True and "
                "attention_variant='released'."
            )
        return {
            f"auxiliary_{name}": self.auxiliary_weight * F.cross_entropy(maps.float(), target)
            for name, maps, target in zip(self.names, heads.auxiliary, targets, strict=True)
        }
