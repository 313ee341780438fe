import numpy as np
import pytest

from scarmap.sampling.intensity import scale_between, standardise


def volume():
    return np.random.default_rng(0).normal(300, 40, (20, 20, 5)).astype(np.float32)


def test_mean_is_zero_and_deviation_one():
    standardised = standardise(volume(), "LGE")
    assert standardised.dtype == np.float32
    assert standardised.mean() == pytest.approx(0, abs=1e-5)
    assert standardised.std() == pytest.approx(1, abs=1e-5)


def test_units_of_the_scanner_do_not_matter():
    np.testing.assert_allclose(
        standardise(volume() * 7 + 100, "T2"), standardise(volume(), "T2"), atol=1e-4
    )


def test_a_few_extreme_voxels_change_almost_nothing():
    spoilt = volume()
    spoilt[0, 0, :] = 1e6
    change = standardise(spoilt, "LGE")[1:] - standardise(volume(), "LGE")[1:]
    assert np.abs(change).mean() < 0.02
    assert standardise(spoilt, "LGE").max() < 4


def test_order_of_intensities_is_kept():
    ramp = np.linspace(0, 1, 1000, dtype=np.float32).reshape(10, 10, 10)
    assert (np.diff(standardise(ramp, "bSSFP").ravel()) >= 0).all()
    assert len(np.unique(standardise(ramp, "bSSFP"))) >= 988


def test_a_constant_volume_becomes_zero():
    np.testing.assert_array_equal(
        standardise(np.full((4, 4, 2), 9, np.float32), "LGE"), np.zeros((4, 4, 2))
    )


def test_two_percentiles_of_each_slice_become_0_and_1_by_hand():
    ramp = np.arange(101, dtype=np.float32).reshape(101, 1, 1)
    scaled = scale_between(np.concatenate([ramp, 3 * ramp - 7], axis=2), "LGE", low=5, high=95)
    np.testing.assert_allclose(
        scaled[[0, 5, 50, 95, 100], 0], [[0, 0], [0, 0], [0.5, 0.5], [1, 1], [1, 1]], atol=1e-6
    )


def test_a_constant_slice_becomes_zero():
    np.testing.assert_array_equal(
        scale_between(np.full((4, 4, 2), 9, np.float32), "LGE", low=5, high=95), np.zeros((4, 4, 2))
    )
