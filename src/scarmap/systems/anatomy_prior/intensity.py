"""Intensities as the anatomy prior is fed them."""

from scarmap.sampling.intensity import scale_between
from scarmap.volume import ImageArray


def scale_percentiles(volume: ImageArray, sequence: str) -> ImageArray:
    """Scale a volume linearly so that its 1st and 99th percentile become 0 and 1, and clip.

    Source: not given in the paper.
    Differs: nothing to compare with; a choice. The volume is scaled as a whole, so that a slice without infarct does
        not look as bright as one with it.

    Args:
        volume: (X, Y, Z), scanner units.
        sequence: Not used; every sequence is treated alike.

    Returns:
        Same shape, float32, in [0, 1]; all zeros for a constant volume.
    """
    del sequence
    return scale_between(volume, low=1, high=99, by_slice=False)
