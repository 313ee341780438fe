import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from scarmap.phantom.signal.sequences import (
    balanced,
    inversion_recovery,
    null_time,
    spin_echo,
    t2_prepared,
)

CINE = {"repetition_ms": 3.0, "echo_ms": 1.5, "flip_deg": 55.0}


def _bloch(t1_ms, t2_ms, offset_hz, pulses):
    """Magnetisation at the echo, pulse by pulse, in a frame that turns with the alternating
    pulses."""
    half = np.diag(np.exp(-1.5 / np.array([t2_ms, t2_ms, t1_ms])))
    regrowth = np.array([0, 0, 1 - np.exp(-1.5 / t1_ms)])
    turn = Rotation.from_euler("z", 2e-3 * np.pi * offset_hz * 1.5).as_matrix()
    pulse = Rotation.from_euler("x", np.deg2rad(-55.0)).as_matrix()
    flip_phase = np.diag([-1.0, -1.0, 1.0])
    state = np.array([0.0, 0.0, 1.0])
    for _ in range(pulses):
        echo = turn @ (half @ (pulse @ state)) + regrowth
        state = flip_phase @ (turn @ (half @ echo) + regrowth)
    return echo


@pytest.mark.parametrize("offset_hz", [0.0, 60.0, 140.0, -217.0])
@pytest.mark.parametrize(("t1_ms", "t2_ms"), [(996.0, 55.8), (1441.0, 290.0), (300.0, 68.0)])
def test_balanced_agrees_with_the_bloch_equations_step_by_step(t1_ms, t2_ms, offset_hz):
    echo = _bloch(t1_ms, t2_ms, offset_hz, pulses=3000)
    signal = balanced(t1_ms, t2_ms, **CINE, offset_hz=offset_hz)
    assert abs(signal) == pytest.approx(np.hypot(echo[0], echo[1]), rel=1e-3)


def test_balanced_on_resonance_is_the_textbook_formula():
    first, second, cosine = np.exp(-3 / 1000), np.exp(-3 / 50), np.cos(np.deg2rad(55))
    expected = (
        (1 - first) * np.sin(np.deg2rad(55)) / (1 - (first - second) * cosine - first * second)
    )
    signal = balanced(1000.0, 50.0, **CINE)
    assert signal.real == pytest.approx(expected * np.exp(-1.5 / 50))
    assert signal.imag == pytest.approx(0)


def test_bands_lie_at_half_a_turn_per_repetition():
    offsets = np.arange(-300.0, 301.0)
    profile = np.abs(balanced(1000.0, 50.0, **CINE, offset_hz=offsets))
    below, above = offsets[:300], offsets[300:]
    assert below[profile[:300].argmin()] == pytest.approx(-1000 / 6, abs=1)
    assert above[profile[300:].argmin()] == pytest.approx(1000 / 6, abs=1)
    assert profile.min() < 0.05 * profile[300]


def test_fat_cancels_water_at_their_border():
    fat = balanced(300.0, 68.0, repetition_ms=2.7, echo_ms=1.35, flip_deg=55.0, offset_hz=-217.0)
    assert fat.real < 0 < balanced(996.0, 55.8, repetition_ms=2.7, echo_ms=1.35, flip_deg=55.0).real


def test_t2_preparation_fades_into_the_steady_state():
    timing = {"preparation_ms": 50.0, "repetition_ms": 2.8, "flip_deg": 60.0}
    first = t2_prepared(1000.0, 50.0, **timing, pulses=0)
    assert first == pytest.approx(np.sin(np.pi / 6) * np.exp(-1))
    steady = balanced(1000.0, 50.0, repetition_ms=2.8, echo_ms=0.0, flip_deg=60.0)
    assert t2_prepared(1000.0, 50.0, **timing, pulses=10000) == pytest.approx(steady.real)
    assert t2_prepared(1130.0, 70.0, **timing, pulses=30) > 1.2 * t2_prepared(
        1000.0, 52.0, **timing, pulses=30
    )


def test_spin_echoes_weight_by_t2_and_inversion_nulls_fat():
    assert spin_echo(1000.0, 50.0, repetition_ms=2000, echo_ms=90) == pytest.approx(
        (1 - np.exp(-2)) * np.exp(-1.8)
    )
    fat, wall = (
        spin_echo(t1_ms, 60.0, repetition_ms=2000, echo_ms=60, inversion_ms=208)
        for t1_ms in (300.0, 1000.0)
    )
    assert fat < 0.01 * wall


def test_magnetisation_is_zero_at_the_null_time_and_negative_before():
    null_ms = null_time(550.0, 1700.0)
    assert null_ms == pytest.approx(550 * np.log(2 / (1 + np.exp(-1700 / 550))))
    early, null, late = (
        inversion_recovery(550.0, inversion_ms=factor * null_ms, repetition_ms=1700)
        for factor in (0.8, 1.0, 1.2)
    )
    assert null == pytest.approx(0, abs=1e-12)
    assert early < 0 < late
    assert inversion_recovery(550.0, inversion_ms=null_ms, repetition_ms=1700, efficiency=0.9) > 0
