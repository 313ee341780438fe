"""From probability maps to a label map, and whether an infarct is one at all."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scarmap.inference.postprocess import largest_component
from scarmap.labels import INDEX, LabelArray, region_mask
from scarmap.systems.anatomy_prior.targets import TARGETS
from scarmap.volume import Grid

INFARCT: Mapping[str, str] = {"emidec": "whole_infarct", "myops2020": "scar"}


def compose(probabilities: NDArray[np.float32], *, layout: str, largest_part: bool = False) -> LabelArray:
    """Decide from the outside in: wall, blood pool or background, then pathology in the wall, the likelier each time.

    Source: not given in the paper.
    Differs: nothing to compare with; a choice. The likeliest single label would lose an infarct whose pixels are
        torn between scar and no-reflow.

    Args:
        probabilities: (K, X, Y, Z), of the regions of the layout's `TARGETS`.
        layout: Label layout.
        largest_part: Keep only the largest connected part of the left ventricle.

    Returns:
        (X, Y, Z), tissue indices.
    """
    targets = TARGETS[layout]
    maps = dict(zip(targets.regions, probabilities, strict=True))
    outermost, tissue = next(iter(targets.nested.items()))
    first = {**{pool: maps[pool] for pool in targets.pools}, tissue: maps[outermost]}
    background = 1 - sum(first.values())
    likeliest = np.stack([background, *first.values()]).argmax(0)
    indices = np.array([INDEX["background"], *(INDEX[name] for name in first)], dtype=np.uint8)
    labels: LabelArray = indices[likeliest]
    inside = labels == INDEX[tissue]
    for (outer, _), (inner, name) in pairwise(targets.nested.items()):
        inside = inside & (maps[inner] > 0.5 * maps[outer])
        labels[inside] = INDEX[name]
    if largest_part:
        heart = region_mask(labels, "lv_epicardium")
        labels[heart & ~largest_component(heart)] = INDEX["background"]
    return labels


def leave_out_small_infarct(
    labels: LabelArray, grid: Grid, *, layout: str, smallest_ml: float
) -> tuple[LabelArray, tuple[str, ...]]:
    """Decide whether a case has an infarct: one below a volume is taken for noise, and what it lies in takes its place.

    Source: none; not part of the paper. A network that is asked for infarct in every slice finds some in healthy
        patients too, which the challenge's convention punishes with 0.
    Differs: nothing to compare with; a choice.

    Args:
        labels: (X, Y, Z), tissue indices.
        grid: The case's grid.
        layout: Label layout.
        smallest_ml: Smallest volume of an infarct, no-reflow included.

    Returns:
        The labels, and a sentence where an infarct was left out.
    """
    infarct = region_mask(labels, INFARCT[layout])
    volume_ml = np.count_nonzero(infarct) * grid.voxel_ml
    if not 0 < volume_ml < smallest_ml:
        return labels, ()
    nested = TARGETS[layout].nested
    around = list(nested.values())[list(nested).index(INFARCT[layout]) - 1]
    cleared = np.where(infarct, INDEX[around], labels).astype(labels.dtype)
    told = f"An infarct of {volume_ml:.2f} ml was left out, as one below {smallest_ml:g} ml is taken for noise."
    return cleared, (told,)
