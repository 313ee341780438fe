"""From the network's tissues to maps of nested regions, and on to a mask."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from scarmap.inference.ensemble import eight_views
from scarmap.inference.postprocess import compose_nested, keep_largest
from scarmap.labels import TISSUES, LabelArray
from scarmap.nn.regions import sum_over_regions
from scarmap.systems.scarmap.targets import FOUND, NESTED, POOLS

TISSUE_NAMES = tuple(tissue.name for tissue in TISSUES)


def probabilities(model: nn.Module, images: Tensor) -> Tensor:
    """Probabilities (B, len(FOUND), H, W), in [0, 1], of images (B, S, H, W); an inner region's is never the larger."""
    logits: Tensor = model(images)
    return sum_over_regions(logits.float().softmax(1), tissues=TISSUE_NAMES, regions=FOUND)


def assemble(stages: Mapping[str, nn.Module], slices: Tensor, *, views: int = 8) -> Tensor:
    """The system's inference.

    Args:
        stages: Trained stages.
        slices: (Z, S, H, W), zero where a sequence is missing.
        views: 1 for the slices as they are, 8 for the mean over their mirrored and turned views.

    Returns:
        (Z, len(FOUND), H, W).
    """

    def predict(images: Tensor) -> Tensor:
        return probabilities(stages["segment"], images)

    return predict(slices) if views == 1 else eight_views(predict, slices)


def compose(maps: NDArray[np.float32], *, threshold: float = 0.5) -> LabelArray:
    """Decide from the outside in and keep the largest part of each ventricle.

    Args:
        maps: (K, X, Y, Z), of `FOUND`.
        threshold: Share of the outer region's probability from which on a pixel is pathology.

    Returns:
        (X, Y, Z), tissue indices.
    """
    labels = compose_nested(dict(zip(FOUND, maps, strict=True)), pools=POOLS, nested=NESTED, threshold=threshold)
    return keep_largest(keep_largest(labels), "rv_pool")
