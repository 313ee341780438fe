import numpy as np

from scarmap.systems.cascade.stages import SCALED


def test_percentiles_of_each_slice_become_0_and_1():
    ramp = np.arange(10100, dtype=np.float32).reshape(101, 100, 1)
    volume = np.concatenate([ramp, 5 * ramp + 3], axis=2)
    scaled = SCALED(volume, "LGE")
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled[..., 0], scaled[..., 1], atol=1e-5)
    low, high = np.percentile(ramp, (1, 99))
    np.testing.assert_allclose(
        scaled[..., 0], np.clip((ramp[..., 0] - low) / (high - low), 0, 1), atol=1e-6
    )


def test_a_constant_slice_is_all_zeros():
    volume = np.full((4, 4, 2), 7, dtype=np.float32)
    volume[0, 0, 1] = 9
    scaled = SCALED(volume, "T2")
    assert not scaled[..., 0].any()
    assert np.isfinite(scaled).all()
