import numpy as np

from scarmap.systems.linear_codec.stages import SCALED


def test_percentiles_5_and_95_of_each_slice_become_0_and_1_and_the_rest_is_clipped():
    ramp = np.arange(101, dtype=np.float32).reshape(101, 1, 1)
    scaled = SCALED(np.concatenate([ramp, 3 * ramp - 7], axis=2), "LGE")
    assert scaled.dtype == np.float32
    expected = [[0, 0], [0, 0], [0.5, 0.5], [1, 1], [1, 1]]
    np.testing.assert_allclose(scaled[[0, 5, 50, 95, 100], 0], expected, atol=1e-6)
