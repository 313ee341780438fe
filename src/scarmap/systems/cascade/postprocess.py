"""From the cascade's probability maps to a label map."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scarmap.inference.postprocess import largest_component_per_slice
from scarmap.labels import INDEX, LabelArray


def compose(probabilities: NDArray[np.float32], *, regions: Sequence[str]) -> LabelArray:
    """Decide from the outside in: wall or cavity, pathology in the wall, scar in the pathology.

    A network without a pathology output fills the whole epicardial region with the blood pool, so
    that `lv_epicardium` is what it found; the other regions of such a mask mean nothing.

    Source: cascade, section 2.2; the region is binarised at one half.
    Differs: the paper does not say how labels are chosen nor where the cavity comes from. Chosen:
        at each step the likelier side; the cavity is the largest part of each slice inside the
        epicardium that is not wall, and what else is left between wall and epicardium is normal
        wall.

    Args:
        probabilities: (K, X, Y, Z), as `regions`.
        regions: "lv_epicardium" first, then the nested regions of an output, from the largest to
            the smallest.

    Returns:
        (X, Y, Z), tissue indices; empty where the epicardial region is.
    """
    maps = dict(zip(regions, probabilities, strict=True))
    labels = np.zeros(probabilities.shape[1:], dtype=np.uint8)
    epicardium = maps["lv_epicardium"] > 0.5
    if "whole_myocardium" not in maps:
        labels[epicardium] = INDEX["lv_pool"]
        return labels
    wall = epicardium & (maps["whole_myocardium"] > 0.5)
    labels[epicardium] = INDEX["normal_myocardium"]
    labels[largest_component_per_slice(epicardium & ~wall)] = INDEX["lv_pool"]
    outer, probable = wall, maps["whole_myocardium"]
    for region, tissue in (("scar_and_edema", "edema"), ("scar", "scar")):
        if region in maps:
            outer = outer & (maps[region] > 0.5 * probable)
            labels[outer] = INDEX[tissue]
            probable = maps[region]
    return labels
