import numpy as np
import pytest

from scarmap.systems.mfunet.intensity import scale_volume


def ramp():
    return np.linspace(100, 300, 201, dtype=np.float32).reshape(3, 67, 1)


@pytest.mark.parametrize("sequence", ["LGE", "T2"])
def test_lge_and_t2_run_from_minus_one_to_one_linearly(sequence):
    np.testing.assert_allclose(
        scale_volume(ramp(), sequence).ravel(), np.linspace(-1, 1, 201), atol=1e-6
    )


def test_bssfp_is_clipped_to_its_5th_and_95th_percentile():
    scaled = scale_volume(ramp(), "bSSFP").ravel()
    np.testing.assert_allclose(scaled, np.clip((np.arange(201) - 100) / 90, -1, 1), atol=1e-6)


@pytest.mark.parametrize("sequence", ["LGE", "T2", "bSSFP"])
def test_a_constant_volume_is_minus_one(sequence):
    scaled = scale_volume(np.full((4, 4, 2), 7, dtype=np.float32), sequence)
    np.testing.assert_array_equal(scaled, np.full((4, 4, 2), -1))
    assert scaled.dtype == np.float32


def test_the_input_is_left_as_it_was():
    volume = ramp()
    scale_volume(volume, "bSSFP")
    np.testing.assert_array_equal(volume, ramp())
