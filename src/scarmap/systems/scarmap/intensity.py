"""Intensities as the network is fed them."""

from scarmap.sampling.intensity import scale_between
from scarmap.volume import ImageArray


def scale_percentiles(volume: ImageArray, sequence: str) -> ImageArray:
    """Scale a volume linearly so that its 1st and 98th percentile become 0 and 1, and clip.

    What is brighter than the 98th percentile is fat near a coil, seldom heart. The network standardises what is left
    in its window.

    Args:
        volume: (X, Y, Z), scanner units, magnitude or signed.
        sequence: Not used; every sequence is treated alike.

    Returns:
        Same shape, float32, in [0, 1]; all zeros, which means missing, for a constant volume.
    """
    del sequence
    return scale_between(volume, low=1, high=98, by_slice=False)
