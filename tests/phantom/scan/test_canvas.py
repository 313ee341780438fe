import numpy as np
import pytest

from scarmap.phantom.scan.brightness import Signals
from scarmap.phantom.scan.canvas import bands, blank_canvas, coil_shading, paint, smooth_noise
from scarmap.phantom.signal.contrast import Balanced


def test_paint_replaces_what_lies_below_in_proportion():
    signals = Signals(("T2",), {"fat": np.float32([4.0]), "muscle": np.float32([1.0])})
    canvas = blank_canvas(signals, (4, 4))
    paint(canvas, {"fat": np.ones((4, 4), dtype=np.float32)}, signals)
    paint(canvas, {"muscle": np.full((2, 2), 0.25, dtype=np.float32)}, signals, corner=(1, 2))
    assert canvas[:, 1, 2].tolist() == [3.25, 0.75]
    assert canvas[:, 0, 0].tolist() == [4.0, 1.0]


def test_shading_is_one_at_the_heart_and_grows_towards_the_coil():
    line = np.arange(-100, 101, dtype=np.float32)
    shading = coil_shading(line[:, None], line[None, :], coils=[(180.0, 130.0)])
    assert shading[100, 100] == pytest.approx(1)
    assert (np.diff(shading[:, 100]) < 0).all()
    assert shading[0, 100] > 2
    np.testing.assert_allclose(shading, shading[:, ::-1], rtol=1e-4)


def test_bands_lie_where_the_field_turns_water_by_half_a_circle_per_repetition():
    field = np.linspace(-400, 400, 801, dtype=np.float32)[:, None]
    water, fat = bands(Balanced(3.0, 55.0), field, tesla=1.5)
    assert water[400, 0] == fat[400, 0] == 1
    hertz = field[:, 0]
    for side in (hertz < 0, hertz > 0):
        assert abs(hertz[side][np.abs(water[side, 0]).argmin()]) == pytest.approx(1000 / 6, abs=4)
    assert water[hertz == 250.0, 0] < 0
    nulls_of_fat = 217 - 1000 / 6, 217 - 500
    assert float(hertz[np.abs(fat[:, 0]).argmin()]) in [
        pytest.approx(null, abs=4) for null in nulls_of_fat
    ]


def test_smooth_noise_has_unit_spread_and_no_fine_detail():
    noise = smooth_noise(np.random.default_rng(1), (200, 180), scale=6.0)
    assert noise.shape == (200, 180)
    assert noise.dtype == np.float32
    assert noise.std() == pytest.approx(1, abs=1e-3)
    assert np.diff(noise, axis=0).std() < 0.4


def test_smooth_noise_forgets_itself_over_its_scale_in_both_directions():
    noise = smooth_noise(np.random.default_rng(1), (331, 420), scale=10.0)
    for axis in (0, 1):
        near, far = ((noise * np.roll(noise, step, axis))[20:, 20:].mean() for step in (3, 10))
        assert near > 0.7
        assert abs(far) < 0.25


def test_smooth_noise_continues_over_the_borders_of_fast_lengths():
    noise = smooth_noise(np.random.default_rng(2), (120, 108), scale=8.0)
    assert np.abs(noise[0] - noise[-1]).max() < 0.9
    assert np.abs(noise[:, 0] - noise[:, -1]).max() < 0.9
