from dataclasses import replace

import numpy as np
import pytest

from scarmap.phantom.scan.imaging import (
    Plane,
    Quality,
    acquire,
    acquired,
    image_of,
    k_space_of,
    thermal_noise,
)
from scarmap.phantom.scan.motion import Pose

FLAT = np.ones((64, 60), dtype=np.float32)
NONE = np.zeros_like(FLAT)
STILL = Pose()
CLEAN = Quality(pixel_mm=1.5, units=100.0)


def _acquire(
    water, quality=CLEAN, *, fat=None, signed=False, cosine=1.0, pose=STILL, pixel_mm=0.75
):
    fat = np.zeros_like(water) if fat is None else fat
    plane = Plane(water, fat, (fat > 0).astype(np.float32), pixel_mm, (32.0, 30.0))
    return acquire(
        plane, quality, cosine=cosine, signed=signed, pose=pose, rng=np.random.default_rng(0)
    )


def test_a_still_noiseless_flat_plane_comes_out_in_scanner_units():
    wide = np.ones((64, 64), dtype=np.float32)
    np.testing.assert_allclose(_acquire(wide * 2), 200, atol=1)
    np.testing.assert_allclose(
        _acquire(wide * -2, replace(CLEAN, offset=2048.0), signed=True), 1848, atol=1
    )


def test_magnitude_noise_in_air_is_rayleigh_and_signed_noise_is_centred():
    magnitude = _acquire(NONE, replace(CLEAN, noise=1.0, units=1000.0))
    assert magnitude.mean() / magnitude.std() == pytest.approx(1.91, abs=0.10)
    signed = _acquire(NONE, replace(CLEAN, noise=1.0, offset=5000.0), signed=True)
    assert signed.mean() == pytest.approx(5000, abs=12)
    assert signed.std() == pytest.approx(100, rel=0.06)


def test_noise_has_the_asked_spread_and_is_as_smooth_as_the_true_pixel():
    space = acquired((240, 200), pixel_mm=0.75, true_pixel_mm=1.5)
    noise = thermal_noise(np.random.default_rng(1), space)
    assert noise.real.std() == pytest.approx(1, rel=0.02)
    assert noise.imag.std() == pytest.approx(1, rel=0.02)
    power = np.abs(np.fft.fft2(noise)) ** 2
    beyond = np.abs(np.fft.fftfreq(240, 0.75)) > 0.5 / 1.5 + 1e-3
    assert power[beyond].sum() < 1e-6 * power.sum()


def test_noise_fades_far_from_the_heart_where_the_scanner_evens_out_its_coils():
    air = np.zeros((256, 256), dtype=np.float32)
    plane = Plane(air, air, air, 1.5, (128.0, 128.0))
    quality = Quality(1.5, noise=1.0, air_noise=0.25, units=1000.0)
    image = acquire(
        plane, quality, cosine=1.0, signed=False, pose=Pose(), rng=np.random.default_rng(0)
    )
    assert image[118:138, 118:138].mean() == pytest.approx(1253, rel=0.1)
    assert image[:20, :20].mean() == pytest.approx(0.27 * 1253, rel=0.1)


@pytest.mark.parametrize("true_mm", [1.5, 3.0])
def test_an_edge_is_as_wide_as_the_true_pixel(true_mm):
    edge = np.zeros((128, 128), dtype=np.float32)
    edge[32:96] = 1
    profile = np.diff(_acquire(edge, Quality(true_mm, units=1e5), pixel_mm=0.5)[:64, 64])
    assert (profile > profile.max() / 2).sum() * 0.5 == pytest.approx(1.15 * true_mm, abs=0.4)


def test_images_without_fine_detail_pass_a_scan_unchanged():
    space = acquired((64, 60), pixel_mm=1.0, true_pixel_mm=2.0)
    wave = np.cos(2 * np.pi * np.arange(64) / 64)[:, None] * np.ones((64, 60))
    back = image_of(k_space_of(wave.astype(np.complex64), space), space)
    np.testing.assert_allclose(back, wave, atol=5e-3)


def test_opposed_fat_draws_a_dark_line_and_fat_in_phase_does_not():
    fat = NONE.copy()
    fat[32:] = 1
    fat[32] = 0.5
    fat[0] = 0.5
    line, none = (_acquire(1 - fat, fat=fat, cosine=cosine)[:, 30] for cosine in (-1.0, 1.0))
    assert 30 <= line[4:60].argmin() + 4 <= 34
    assert line[4:60].min() < 40
    assert none[4:60].min() > 90
    assert line[16] == pytest.approx(100, abs=3)
    assert line[48] == pytest.approx(100, abs=3)


def test_phase_sensitive_images_keep_the_sign_of_water_and_show_fat_bright():
    fat = NONE.copy()
    fat[32:] = 1
    water = np.where(fat > 0, 0, -0.5).astype(np.float32)
    image = _acquire(water, replace(CLEAN, offset=1000.0), fat=fat, cosine=-0.8, signed=True)[:, 30]
    assert image[16] == pytest.approx(950, abs=3)
    assert image[48] == pytest.approx(1100, abs=3)


@pytest.mark.parametrize(("signed", "cosine"), [(False, 1.0), (True, -0.8)])
def test_shifted_fat_leaves_a_dark_line_on_one_side_of_an_organ(signed, cosine):
    fat = NONE.copy()
    fat[:16], fat[48:] = 1, 1
    image = _acquire(
        1 - fat, Quality(0.75, fat_shift_mm=3.0, units=100.0), fat=fat, signed=signed, cosine=cosine
    )
    assert image[49:51, 30].max() < 40
    assert image[17:19, 30].min() > (60 if signed else 150)
    assert image[32, 30] == pytest.approx(100, abs=8)


def test_ghosts_lie_along_the_phase_encoding_direction_at_the_asked_distance():
    dot = np.zeros((64, 60), dtype=np.float32)
    dot[20:25, 28:33] = 1
    image = _acquire(dot, Quality(1.0, ghost=0.1, ghost_mm=15.0, units=1000.0), pixel_mm=1.0)
    for row in (15, 45):
        assert image[20:25, row - 2 : row + 3].mean() == pytest.approx(100, rel=0.2)
    assert image[:10].max() < 20


def test_an_unrestful_patient_smears_streaks_along_that_direction_only():
    dot = np.zeros((64, 60), dtype=np.float32)
    dot[20:25, 28:33] = 1
    image = _acquire(dot, Quality(1.0, unrest=0.2, units=1000.0), pixel_mm=1.0)
    assert image[20:25, :20].mean() > 10 * image[40:45, :20].mean()


def test_the_patient_moves_by_the_stated_millimetres():
    dot = NONE.copy()
    dot[30, 30] = 1000
    image = _acquire(dot, pose=Pose((3.0, -1.5)))
    assert np.unravel_index(image.argmax(), image.shape) == (34, 28)
