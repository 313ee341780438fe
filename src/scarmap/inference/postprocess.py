"""Clean-up of masks, slice by slice, shared by several systems."""

import numpy as np
from scipy import ndimage

from scarmap.labels import MaskArray


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
