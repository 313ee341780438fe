"""Intensities as the linear codec's networks are fed them."""

from scarmap.sampling.intensity import scale_between
from scarmap.volume import ImageArray


def scale_slices(volume: ImageArray, sequence: str) -> ImageArray:
    """Scale each slice linearly so that its 5th and 95th percentile become 0 and 1, and clip.

    Source: linear codec, section 2.2; clipping from the released code.
    Differs: percentiles are of the whole slice and not of its centre crop, so that they do not depend on where the
        window lies; they are taken before the warp, which moves them by next to nothing.

    Args:
        volume: (X, Y, Z), scanner units.
        sequence: Not used; every sequence is treated alike.

    Returns:
        Same shape, float32, in [0, 1]; all zeros for a constant slice.
    """
    del sequence
    return scale_between(volume, low=5, high=95)
