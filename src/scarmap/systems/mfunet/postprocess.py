"""From MFU-Net's probability maps to a label map."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scarmap.inference.postprocess import fill_holes_per_slice, largest_component_per_slice
from scarmap.labels import INDEX, REGIONS, LabelArray, MaskArray

_WRITE_ORDER = ("whole_myocardium", "lv_pool", "rv_pool", "edema", "scar", "whole_infarct", "mvo")
_SMALLEST_POOL_PX = 50
"""Of a slice's cavity, from the released code; a smaller one counts as lost."""


def compose_cross_validation(
    probabilities: NDArray[np.float32], *, regions: Sequence[str]
) -> LabelArray:
    """Threshold every map at one half; where the cavity all but vanished, take the wall's hole.

    Source: MFU-Net, released code (evaluation of the cross-validation).
    Differs: heads that overlap are written in the order of the challenge's files, scar over edema,
        because a mask file holds one value per voxel.

    Args:
        probabilities: (K, X, Y, Z).
        regions: Region of each map.

    Returns:
        (X, Y, Z), tissue indices.
    """
    masks = {region: probabilities[k] > 0.5 for k, region in enumerate(regions)}
    return write(refill_pool(masks))


def compose_challenge(probabilities: NDArray[np.float32], *, regions: Sequence[str]) -> LabelArray:
    """The clean-up of the challenge submission.

    Of each region the largest part of every slice is kept; the union of these footprints over the
    slices is a column through the stack that every slice is cut to; pathology is cut to the
    predicted wall.

    Source: MFU-Net, released code (submission).
    Differs: a slice whose cavity all but vanished gets the hole of its wall, as in the
        cross-validation.

    Args:
        probabilities: (K, X, Y, Z).
        regions: Region of each map.

    Returns:
        (X, Y, Z), tissue indices.
    """
    masks = {region: cut_to_column(probabilities[k] > 0.5) for k, region in enumerate(regions)}
    masks = refill_pool(masks)
    wall = masks["whole_myocardium"]
    anatomy = ("whole_myocardium", "lv_pool", "rv_pool")
    return write(
        {region: mask if region in anatomy else mask & wall for region, mask in masks.items()}
    )


def cut_to_column(mask: MaskArray) -> MaskArray:
    """Cut every slice of (X, Y, Z) to the union over slices of each slice's largest part."""
    column = np.any(largest_component_per_slice(mask), axis=2, keepdims=True)
    return np.logical_and(mask, column)


def refill_pool(masks: dict[str, MaskArray]) -> dict[str, MaskArray]:
    """Where a slice's cavity has fewer than 50 pixels, take the hole of the wall."""
    wall, pool = masks["whole_myocardium"], masks["lv_pool"].copy()
    small = pool.sum(axis=(0, 1)) < _SMALLEST_POOL_PX
    holes = fill_holes_per_slice(wall) & ~wall
    pool[..., small] = holes[..., small]
    return {**masks, "lv_pool": pool}


def write(masks: dict[str, MaskArray]) -> LabelArray:
    """Write regions into one label map, later ones over earlier ones, as their first tissue."""
    labels = np.zeros(next(iter(masks.values())).shape, dtype=np.uint8)
    for region in _WRITE_ORDER:
        if region in masks:
            labels[masks[region]] = INDEX[REGIONS[region][0]]
    return labels
