"""Intensities as MFU-Net was fed them."""

import numpy as np

from scarmap.volume import ImageArray


def scale_volume(volume: ImageArray, sequence: str) -> ImageArray:
    """Scale a volume linearly to [-1, 1]; bSSFP is first clipped to its 5th and 95th percentile.

    Source: MFU-Net, released code (data loader).
    Differs: the released code goes through 8-bit pictures, whose writer stretches each slice by
        itself; that round trip is left out.

    Args:
        volume: (X, Y, Z), scanner units.
        sequence: "LGE", "T2" or "bSSFP".

    Returns:
        Same shape, float32; all -1 for a constant volume.
    """
    low, high = (
        np.percentile(volume, (5, 95)) if sequence == "bSSFP" else (volume.min(), volume.max())
    )
    if high == low:
        return np.full_like(volume, -1, dtype=np.float32)
    scaled: ImageArray = (2 * (np.clip(volume, low, high) - low) / (high - low) - 1).astype(
        np.float32
    )
    return scaled
