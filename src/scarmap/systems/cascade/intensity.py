"""Intensities as the cascade is fed them."""

from scarmap.sampling.intensity import scale_between
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
    return scale_between(volume, low=1, high=99)
