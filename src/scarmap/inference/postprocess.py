"""Clean-up of masks, slice by slice, shared by several systems."""

import numpy as np
from scipy import ndimage

from scarmap.labels import LabelArray, MaskArray, region_mask


def largest_component_per_slice(mask: MaskArray) -> MaskArray:
    """Keep the largest connected part of each slice (8-neighbourhood); empty slices stay empty.

    Args:
        mask: (X, Y, Z).
    """
    kept = np.zeros_like(mask)
    for z in range(mask.shape[2]):
        kept[..., z] = largest_component(mask[..., z])
    return kept


def largest_component(mask: MaskArray) -> MaskArray:
    """Keep the largest connected part of a mask of any dimension, diagonal neighbours connected."""
    parts, count = ndimage.label(mask, structure=np.ones((3,) * mask.ndim))
    if count <= 1:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    largest: MaskArray = parts == sizes.argmax()
    return largest


def fill_holes_per_slice(mask: MaskArray) -> MaskArray:
    """Fill what each slice's mask encloses.

    Args:
        mask: (X, Y, Z).
    """
    filled = np.zeros_like(mask)
    for z in range(mask.shape[2]):
        filled[..., z] = ndimage.binary_fill_holes(mask[..., z])
    return filled


def slices_without_heart(labels: LabelArray) -> tuple[str, ...]:
    """Tell in which slices of a mask no left ventricle was found, for `Recipe.check`.

    Args:
        labels: (X, Y, Z), tissue indices.

    Returns:
        One sentence with the slices counted from 1, or nothing.

    >>> slices_without_heart(np.zeros((2, 2, 3), dtype=np.uint8))
    ('No left ventricle was found in slices 1, 2, 3 of 3, so they hold no pathology.',)
    """
    empty = np.flatnonzero(~region_mask(labels, "lv_epicardium").any(axis=(0, 1)))
    if not len(empty):
        return ()
    listed = f"slice {empty[0] + 1}" if len(empty) == 1 else f"slices {', '.join(str(z + 1) for z in empty)}"
    they = "it holds" if len(empty) == 1 else "they hold"
    return (f"No left ventricle was found in {listed} of {labels.shape[2]}, so {they} no pathology.",)
