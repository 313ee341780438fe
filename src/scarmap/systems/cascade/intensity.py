"""Intensities as the cascade is fed them."""

import numpy as np

from scarmap.volume import ImageArray


def scale_slices(volume: ImageArray, sequence: str) -> ImageArray:
    """Scale each slice linearly so that its 1st and 99th percentile become 0 and 1, and clip.

    Source: not given in the paper.
    Differs: nothing to compare with; a choice. 0 is also what candidate images hold outside the left ventricle.

    Args:
        volume: (X, Y, Z), scanner units.
        sequence: Not used; every sequence is treated alike.

    Returns:
        Same shape, float32, in [0, 1]; all zeros for a constant slice.
    """
    del sequence
    low, high = np.percentile(volume, (1, 99), axis=(0, 1), keepdims=True)
    span = np.where(high > low, high - low, 1)
    scaled: ImageArray = np.clip((volume - low) / span, 0, 1).astype(np.float32)
    return scaled
