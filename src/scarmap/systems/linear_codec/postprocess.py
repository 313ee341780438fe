"""From soft maps to a label map: clean masks first, then the decoder."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scarmap.inference.postprocess import fill_holes_per_slice, largest_component_per_slice
from scarmap.labels import LabelArray, MaskArray
from scarmap.systems.linear_codec.codec import ORDER, active, decode, write

_ONE_PART = ("lv_pool", "lv_epicardium")
"""Regions of which a slice has one part."""

_SOLID = ("lv_pool", "rv_pool", "lv_epicardium")
"""Regions without holes."""


def clean(maps: NDArray[np.float32], *, regions: Sequence[str]) -> MaskArray:
    """Cut at one half, keep the largest part of single structures, fill holes of solid ones.

    Source: linear codec, section 2.5: the largest part of the LV blood pool and of the LV
        epicardium, in each slice.
    Differs: the text has holes of all masks filled; as in the released code those of the pathology
        stay, where they are tissue of another kind. That code keeps one part of the right ventricle
        too, the text does not.

    Args:
        maps: (K, X, Y, Z), in [0, 1].
        regions: Region of each map.

    Returns:
        (K, X, Y, Z).
    """
    masks = active(maps)
    for mask, region in zip(masks, regions, strict=True):
        if region in _ONE_PART:
            mask[:] = largest_component_per_slice(mask)
        if region in _SOLID:
            mask[:] = fill_holes_per_slice(mask)
    return masks


def compose_coded(probabilities: NDArray[np.float32], *, regions: Sequence[str]) -> LabelArray:
    """Clean the answers to the coded problems and decode them.

    Source: linear codec, sections 2.5 and 2.6.
    Differs: the maps are cut at one half before the equations and not only after them, since parts
        and holes are of masks. Differences of soft maps would leave a rim without a label between
        cavity and myocardium.

    Args:
        probabilities: (5, X, Y, Z), in [0, 1], as `coded_problems`.
        regions: Their regions.

    Returns:
        (X, Y, Z), tissue indices.
    """
    return decode(clean(probabilities, regions=regions))


def compose_classes(probabilities: NDArray[np.float32], *, regions: Sequence[str]) -> LabelArray:
    """Clean the answers to the class problems and write them; pathology may leave the myocardium.

    Source: linear codec, Table 1, "UNet" and "Proposed" with a dagger.
    Differs: how these rows were cleaned is not said; the same as above, of the regions that they
        have.

    Args:
        probabilities: (5, X, Y, Z), in [0, 1], as `class_problems`.
        regions: Their regions.

    Returns:
        (X, Y, Z), tissue indices.
    """
    assert tuple(regions) == ORDER
    return write(tuple(clean(probabilities, regions=regions)))
