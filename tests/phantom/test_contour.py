import numpy as np
import pytest

from scarmap.phantom.contour import Wave, coverage, draw_waves, ripple


def test_coverage_sums_to_the_true_length_whatever_the_pixel():
    for pixel_mm in (0.7, 1.4, 2.9):
        centres = (np.arange(200) * pixel_mm).astype(np.float32)
        inside = coverage(np.abs(centres - 61.3) - 17.2, pixel_mm)
        assert inside.sum() * pixel_mm == pytest.approx(34.4, rel=1e-4)


def test_ripple_is_the_sum_of_its_cosines_also_when_twisted():
    waves = (Wave(2, 0.05, 0.4), Wave(5, 0.02, 1.0))
    angle = np.linspace(-np.pi, np.pi, 50, dtype=np.float32)
    expected = 0.05 * np.cos(2 * (angle + 0.3) - 0.4) + 0.02 * np.cos(5 * (angle + 0.3) - 1.0)
    np.testing.assert_allclose(ripple(angle, waves, twist_rad=0.3), expected, atol=2e-4)


def test_drawn_waves_repeat_with_the_seed():
    first, second, other = (
        draw_waves(np.random.default_rng(seed), {2: 0.03, 3: 0.02}) for seed in (1, 1, 2)
    )
    assert first == second != other
    assert [wave.order for wave in first] == [2, 3]
