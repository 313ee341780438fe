"""Signal of a tissue in each pulse sequence, as the textbooks have it: no scanner, no noise.

Everything is an ordinary function of relaxation times in milliseconds; arrays broadcast.
"""

import numpy as np
from numpy.typing import NDArray

Number = float | NDArray[np.float64]


def balanced(
    t1_ms: Number,
    t2_ms: Number,
    *,
    repetition_ms: float,
    echo_ms: float,
    flip_deg: float,
    offset_hz: Number = 0.0,
) -> NDArray[np.complex128]:
    """Steady state of balanced SSFP with alternating pulses.

    Source: the closed steady-state solution of the Bloch equations for balanced gradients (Freeman
        and Hill 1971).
    Differs: nothing.

    Args:
        t1_ms: Longitudinal relaxation.
        t2_ms: Transverse relaxation.
        repetition_ms: Between two pulses.
        echo_ms: From a pulse to its echo.
        flip_deg: Angle of each pulse.
        offset_hz: Distance from the resonance.

    Returns:
        Signal for unit proton density, complex; positive on resonance, dark at ±1 / (2 TR), and
            opposite in the
        next lobe when the echo lies halfway between two pulses.
    """
    first, second = (
        np.exp(-repetition_ms / np.asarray(t1_ms)),
        np.exp(-repetition_ms / np.asarray(t2_ms)),
    )
    cosine, sine = np.cos(np.deg2rad(flip_deg)), np.sin(np.deg2rad(flip_deg))
    turn = np.pi + 2e-3 * np.pi * np.asarray(offset_hz) * repetition_ms
    bottom = (1 - first * cosine) * (1 - second * np.cos(turn)) - second * (first - cosine) * (
        second - np.cos(turn)
    )
    transverse = (1 - first) * sine * (1 - second * np.exp(-1j * turn)) / bottom
    precession = np.exp(2e-3j * np.pi * np.asarray(offset_hz) * echo_ms)
    signal: NDArray[np.complex128] = transverse * precession * np.exp(-echo_ms / np.asarray(t2_ms))
    return signal


def t2_prepared(
    t1_ms: Number,
    t2_ms: Number,
    *,
    preparation_ms: float,
    repetition_ms: float,
    flip_deg: float,
    pulses: float,
) -> NDArray[np.float64]:
    """Single-shot balanced SSFP after a T2 preparation, on resonance, at the middle of k-space.

    The preparation leaves exp(-TEprep / T2) of the magnetisation, which then decays from pulse to
    pulse towards the steady state with the rate cos²(α/2) / T1 + sin²(α/2) / T2.

    Source: the transient of balanced SSFP (Scheffler 2003).
    Differs: nothing.

    Args:
        t1_ms: Longitudinal relaxation.
        t2_ms: Transverse relaxation.
        preparation_ms: Echo time of the preparation.
        repetition_ms: Between two pulses.
        flip_deg: Angle of each pulse.
        pulses: Pulses before the middle of k-space; endless pulses give the steady state.

    Returns:
        Signal for unit proton density.
    """
    t1_ms, t2_ms = np.asarray(t1_ms), np.asarray(t2_ms)
    half = np.deg2rad(flip_deg) / 2
    steady = balanced(
        t1_ms, t2_ms, repetition_ms=repetition_ms, echo_ms=0.0, flip_deg=flip_deg
    ).real
    start = np.sin(half) * np.exp(-preparation_ms / t2_ms)
    decay = np.exp(
        -pulses * repetition_ms * (np.cos(half) ** 2 / t1_ms + np.sin(half) ** 2 / t2_ms)
    )
    signal: NDArray[np.float64] = steady + (start - steady) * decay
    return signal


def spin_echo(
    t1_ms: Number,
    t2_ms: Number,
    *,
    repetition_ms: float,
    echo_ms: float,
    inversion_ms: float | None = None,
) -> NDArray[np.float64]:
    """Turbo spin echo, without or with an inversion before it (STIR); not for dark blood.

    Args:
        t1_ms: Longitudinal relaxation.
        t2_ms: Transverse relaxation.
        repetition_ms: Between two excitations.
        echo_ms: Effective echo time.
        inversion_ms: From the inversion to the excitation; None for no inversion (SPAIR touches fat
            only).

    Returns:
        Signal for unit proton density, a magnitude.
    """
    recovered = 1 - np.exp(-repetition_ms / np.asarray(t1_ms))
    if inversion_ms is not None:
        recovered = inversion_recovery(
            t1_ms, inversion_ms=inversion_ms, repetition_ms=repetition_ms
        )
    signal: NDArray[np.float64] = np.abs(recovered) * np.exp(-echo_ms / np.asarray(t2_ms))
    return signal


def inversion_recovery(
    t1_ms: Number, *, inversion_ms: float, repetition_ms: float, efficiency: float = 1.0
) -> NDArray[np.float64]:
    """Longitudinal magnetisation at the readout of late enhancement; negative before the null.

    Args:
        t1_ms: Longitudinal relaxation, with gadolinium.
        inversion_ms: From the inversion to the readout.
        repetition_ms: From one inversion to the next, usually two heart beats.
        efficiency: Share of the magnetisation that the pulse inverts, 0 to 1.

    Returns:
        Magnetisation for unit proton density, -1 to 1.
    """
    t1_ms = np.asarray(t1_ms)
    lost = (1 + efficiency) * np.exp(-inversion_ms / t1_ms)
    magnetisation: NDArray[np.float64] = 1 - lost + efficiency * np.exp(-repetition_ms / t1_ms)
    return magnetisation


def null_time(t1_ms: float, repetition_ms: float) -> float:
    """Inversion time at which a tissue is black: T1 ln(2 / (1 + exp(-TR / T1))).

    >>> round(null_time(559.0, 1700.0))
    361
    """
    return float(t1_ms * np.log(2 / (1 + np.exp(-repetition_ms / t1_ms))))
