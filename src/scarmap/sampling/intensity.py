"""Intensity normalisation of volumes and slices, shared by several systems."""

import numpy as np

from scarmap.volume import ImageArray


def standardise(volume: ImageArray, sequence: str) -> ImageArray:
    """Clip to the 0.5th and 99.5th percentile, then scale to mean 0 and standard deviation 1.

    Args:
        volume: (X, Y, Z), scanner units.
        sequence: Not used; every sequence is treated alike.

    Returns:
        Same shape, float32; all zeros for a constant volume.
    """
    del sequence
    # a few very bright voxels, fat near a coil, must not decide the scale
    low, high = np.percentile(volume, (0.5, 99.5))
    clipped = np.clip(volume, low, high)
    deviation = clipped.std()
    if deviation == 0:
        return np.zeros_like(volume, dtype=np.float32)
    standardised: ImageArray = ((clipped - clipped.mean()) / deviation).astype(np.float32)
    return standardised


def scale_between(
    volume: ImageArray, sequence: str, *, low: float, high: float, by_slice: bool = True
) -> ImageArray:
    """Scale each slice or the whole volume so that two percentiles become 0 and 1, and clip.

    Args:
        volume: (X, Y, Z), scanner units, magnitude or signed.
        sequence: Not used; every sequence is treated alike.
        low: Percentile that becomes 0.
        high: Percentile that becomes 1.
        by_slice: Whether percentiles are those of each slice or of the volume.

    Returns:
        Same shape, float32, in [0, 1]; all zeros for a constant slice or volume.
    """
    del sequence
    bottom, top = np.percentile(
        volume, (low, high), axis=(0, 1) if by_slice else (0, 1, 2), keepdims=True
    )
    span = np.where(top > bottom, top - bottom, 1)
    scaled: ImageArray = np.clip((volume - bottom) / span, 0, 1).astype(np.float32)
    return scaled
