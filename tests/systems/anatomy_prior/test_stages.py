import numpy as np

from scarmap.systems.anatomy_prior.stages import SCALED


def test_the_whole_volume_is_scaled_by_its_percentiles():
    volume = np.arange(101, dtype=np.float32).reshape(101, 1, 1)
    scaled = SCALED(volume, "LGE")
    assert (scaled[0], scaled[1], scaled[50], scaled[99], scaled[100]) == (0, 0, 0.5, 1, 1)
    assert scaled.dtype == np.float32
    dark = np.concatenate([volume, 0.5 * volume], axis=2)
    assert SCALED(dark, "LGE")[..., 1].max() < 0.6


def test_a_constant_volume_becomes_zero():
    assert not SCALED(np.full((3, 3, 2), 7.0, dtype=np.float32), "LGE").any()
