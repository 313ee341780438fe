"""From the network's tissues to maps of nested regions, and on to a mask."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from scarmap.inference.ensemble import eight_views
from scarmap.inference.postprocess import compose_nested, keep_largest, leave_out_small_parts
from scarmap.labels import TISSUES, LabelArray
from scarmap.nn.regions import sum_over_regions
from scarmap.systems.scarmap.targets import FOUND, NESTED, POOLS
from scarmap.volume import Grid

_TISSUE_NAMES = tuple(tissue.name for tissue in TISSUES)


def probabilities(model: nn.Module, images: Tensor) -> Tensor:
    """Probabilities (B, len(FOUND), H, W) of images (B, S, H, W); outer regions have the larger."""
    logits: Tensor = model(images)
    return sum_over_regions(logits.float().softmax(1), tissues=_TISSUE_NAMES, regions=FOUND)


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
    labels = compose_nested(
        dict(zip(FOUND, maps, strict=True)), pools=POOLS, nested=NESTED, threshold=threshold
    )
    return keep_largest(keep_largest(labels), "rv_pool")


def decide_presence(
    labels: LabelArray,
    grid: Grid,
    *,
    smallest_infarct_percent: float,
    smallest_no_reflow_percent: float,
) -> tuple[LabelArray, tuple[str, ...]]:
    """Decide whether a case has an infarct and no-reflow, by their sizes as shares of the wall.

    A share of the wall depends neither on the size of the heart nor on a pixel size that an export
    may have lost.

    Args:
        labels: (X, Y, Z), tissue indices.
        grid: The case's grid.
        smallest_infarct_percent: Smallest connected part of an infarct, no-reflow included, in
            percent of the wall.
        smallest_no_reflow_percent: Smallest connected part of no-reflow, in percent of the wall.

    Returns:
        The labels, and a sentence for what was found and left out. An infarct's place becomes
            normal myocardium, or edema where edema was seen around it; that of no-reflow becomes
            scar.
    """
    labels, told_infarct = leave_out_small_parts(
        labels,
        grid,
        region="whole_infarct",
        around="edema",
        smallest_percent=smallest_infarct_percent,
    )
    labels, told_no_reflow = leave_out_small_parts(
        labels, grid, region="mvo", around="scar", smallest_percent=smallest_no_reflow_percent
    )
    return labels, told_infarct + told_no_reflow
