"""Intensity normalisation of whole volumes, shared by several systems."""

import numpy as np

from scarmap.volume import ImageArray


def standardise(volume: ImageArray, sequence: str) -> ImageArray:
    """Clip to the 0.5th and 99.5th percentile, then shift and scale to mean 0 and standard deviation 1.

    Args:
        volume: (X, Y, Z), scanner units.
        sequence: Not used; every sequence is treated alike.

    Returns:
        Same shape, float32; all zeros for a constant volume.
    """
    del sequence
    low, high = np.percentile(volume, (0.5, 99.5))
    clipped = np.clip(volume, low, high)
    deviation = clipped.std()
    if deviation == 0:
        return np.zeros_like(volume, dtype=np.float32)
    standardised: ImageArray = ((clipped - clipped.mean()) / deviation).astype(np.float32)
    return standardised
