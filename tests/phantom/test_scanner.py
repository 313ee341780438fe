import numpy as np
import pytest

from scarmap.phantom.scanner import Protocol, acquire, blank_canvas, coil_shading, paint, smooth_noise
from scarmap.phantom.tissue import Signals

QUIET = Protocol(pixel_mm=1.5, noise=0.0, texture=0.0, fat_line=0.0, units=100.0)
FLAT = np.ones((60, 60), dtype=np.float32)


def _acquire(signal, protocol, *, fat=None, shift_mm=(0.0, 0.0)):
    return acquire(
        signal,
        np.zeros_like(signal) if fat is None else fat,
        protocol,
        shading=FLAT,
        texture=np.zeros_like(FLAT),
        pixel_mm=0.75,
        shift_mm=shift_mm,
        rng=np.random.default_rng(0),
    )


def _replace(**changes):
    return Protocol(**{**QUIET.__dict__, **changes})


def test_paint_replaces_what_lies_below_in_proportion():
    signals = Signals(("T2",), {"fat": np.float32([4.0]), "muscle": np.float32([1.0])})
    canvas = blank_canvas(signals, (4, 4))
    paint(canvas, {"fat": np.ones((4, 4), dtype=np.float32)}, signals)
    paint(canvas, {"muscle": np.full((2, 2), 0.25, dtype=np.float32)}, signals, corner=(1, 2))
    assert canvas[:, 1, 2].tolist() == [3.25, 0.75]
    assert canvas[:, 0, 0].tolist() == [4.0, 1.0]


def test_a_still_noiseless_flat_plane_comes_out_in_scanner_units():
    np.testing.assert_array_equal(_acquire(FLAT * 2, QUIET), 200)
    np.testing.assert_array_equal(_acquire(FLAT * 2, _replace(offset=2048.0)), 2248)


def test_magnitude_noise_in_air_is_rayleigh_and_signed_noise_is_centred():
    air = np.zeros((60, 60), dtype=np.float32)
    magnitude = _acquire(air, _replace(noise=1.0, units=1000.0))
    assert magnitude.mean() / magnitude.std() == pytest.approx(1.91, abs=0.08)
    signed = _acquire(air, _replace(noise=1.0, offset=5000.0))
    assert signed.mean() == pytest.approx(5000, abs=8)
    assert signed.std() == pytest.approx(100, rel=0.02)


def test_an_edge_is_as_wide_as_the_true_pixel():
    edge = np.zeros((60, 60), dtype=np.float32)
    edge[30:] = 1
    profile = np.diff(_acquire(edge, _replace(pixel_mm=3.0, units=1e5))[:, 30])
    assert (profile > profile.max() / 2).sum() * 0.75 == pytest.approx(3.0, abs=0.8)


def test_bright_blood_images_show_a_dark_line_where_fat_meets_water():
    fat = np.zeros((60, 60), dtype=np.float32)
    fat[30:] = 1
    line = _acquire(FLAT, _replace(fat_line=0.6), fat=fat)[:, 30]
    assert 28 <= line.argmin() <= 31
    assert line.min() < 75
    assert line[10] == line[50] == 100


def test_the_patient_moves_by_the_stated_millimetres():
    dot = np.zeros((60, 60), dtype=np.float32)
    dot[30, 30] = 1000
    image = _acquire(dot, QUIET, shift_mm=(3.0, -1.5))
    assert np.unravel_index(image.argmax(), image.shape) == (34, 28)


def test_shading_is_one_at_the_heart_and_grows_towards_the_coil():
    line = np.arange(-100, 101, dtype=np.float32)
    shading = coil_shading(line[:, None], line[None, :], towards_deg=[180.0])
    assert shading[100, 100] == pytest.approx(1)
    assert (np.diff(shading[:, 100]) < 0).all()
    assert np.log(shading[90, 100] / shading[100, 100]) == pytest.approx(0.10, abs=0.02)


def test_smooth_noise_has_unit_spread_and_no_fine_detail():
    noise = smooth_noise(np.random.default_rng(1), (200, 180), scale=6.0)
    assert noise.shape == (200, 180)
    assert noise.std() == pytest.approx(1, abs=1e-3)
    assert np.diff(noise, axis=0).std() < 0.4
