"""What fills a plane before it is imaged: tissues, texture, coils, the magnetic field."""

from collections.abc import Iterable, Mapping

import numpy as np
from scipy import fft

from scarmap.phantom.contour import Field
from scarmap.phantom.scan.brightness import Signals
from scarmap.phantom.signal.contrast import FAT_HZ_PER_TESLA, Balanced
from scarmap.phantom.signal.sequences import balanced

FIELD_HZ = np.arange(-1500.0, 1501.0, 5.0)
"""Distances from the resonance at which the signal of balanced SSFP is tabulated."""

EVEN_SENSITIVITY = 0.40
"""Sensitivity that is the same everywhere; a loop's is 1 in its middle."""


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], *, scale: float) -> Field:
    """Draw noise without detail below a scale, zero mean and unit spread.

    The noise is Gaussian with a Gaussian spectrum, drawn as its low frequencies only. Along an axis
    whose length is one that `scipy.fft.next_fast_len` gives, it continues over the border.

    Args:
        rng: Source of randomness.
        shape: Of the result, two axes.
        scale: Distance in voxels at which two values have become nearly independent.
    """
    sizes = [fft.next_fast_len(length, real=True) for length in shape]
    highest = [min(size // 2 - 1, max(2, round(1.5 * size / scale))) for size in sizes]
    columns, rows = (
        np.arange(top + 1) / size * scale / 0.48 for top, size in zip(highest, sizes, strict=True)
    )
    columns = np.concatenate([columns, columns[:0:-1]])
    drawn = rng.standard_normal((columns.size, rows.size, 2), dtype=np.float32).view(np.complex64)[
        ..., 0
    ]
    drawn *= np.exp(-0.5 * (columns[:, None] ** 2 + rows**2)).astype(np.float32)
    spectrum = np.zeros((sizes[0], sizes[1] // 2 + 1), dtype=np.complex64)
    spectrum[: highest[0] + 1, : rows.size] = drawn[: highest[0] + 1]
    spectrum[-highest[0] :, : rows.size] = drawn[highest[0] + 1 :]
    window = fft.irfft2(spectrum, s=sizes)[: shape[0], : shape[1]]
    noise: Field = ((window - window.mean()) / window.std()).astype(np.float32)
    return noise


def blank_canvas(signals: Signals, shape: tuple[int, int]) -> Field:
    """Make an empty plane (S + 1, X, Y): a channel per sequence and one for the share of fat."""
    return np.zeros((len(signals.sequences) + 1, *shape), dtype=np.float32)


def paint(
    canvas: Field,
    shares: Mapping[str, Field],
    signals: Signals,
    *,
    corner: tuple[int, int] = (0, 0),
) -> None:
    """Lay tissues over a window of the canvas, in place.

    Args:
        canvas: (S + 1, X, Y), from `blank_canvas`.
        shares: Tissue to its share of each voxel of the window, (x, y), 0 to 1, together at most 1.
        signals: Brightness of each tissue.
        corner: First voxel of the window.
    """
    size = next(iter(shares.values())).shape
    window = canvas[:, corner[0] : corner[0] + size[0], corner[1] : corner[1] + size[1]]
    window *= 1 - sum(shares.values())
    for tissue, share in shares.items():
        for channel, value in enumerate(signals.values[tissue]):
            window[channel] += value * share
        if tissue == "fat":
            window[-1] += share


def coil_shading(
    u_mm: Field, v_mm: Field, *, coils: Iterable[tuple[float, float]], radius_mm: float = 45.0
) -> Field:
    """Sensitivity of an array of loops around the chest, 1 at the heart.

    Each loop falls off as the field on the axis of a circular current does, (1 + d² / r²)^(-3/2);
    the scanner's own correction leaves an even part, so the heart is nearly flat and the fat under
    the coils is bright.

    Args:
        u_mm: (X, 1), lateral distance from the heart.
        v_mm: (1, Y), anterior distance from it.
        coils: Direction in degrees and distance in millimetres of each loop.
        radius_mm: Radius of the loops.

    Returns:
        (X, Y), float32, positive.
    """
    total = np.full(np.broadcast_shapes(u_mm.shape, v_mm.shape), EVEN_SENSITIVITY, dtype=np.float32)
    at_heart = EVEN_SENSITIVITY
    for direction_deg, distance_mm in coils:
        x, y = (distance_mm * float(turn(np.deg2rad(direction_deg))) for turn in (np.cos, np.sin))
        squared = ((u_mm - x) ** 2 + (v_mm - y) ** 2) / np.float32(radius_mm**2)
        total += 1 / ((1 + squared) * np.sqrt(1 + squared))
        at_heart += (1 + (distance_mm / radius_mm) ** 2) ** -1.5
    return total / np.float32(at_heart)


def bands(contrast: Balanced, offset_hz: Field, *, tesla: float) -> tuple[Field, Field]:
    """Signal that an uneven field leaves in balanced SSFP: dark bands at ±1 / (2 TR).

    Args:
        contrast: The sequence.
        offset_hz: (X, Y), distance of water from the resonance.
        tesla: Field strength.

    Returns:
        Gain of water and gain of fat, (X, Y), float32: 1 on resonance, negative beyond an odd
            number of bands. One
        typical relaxation time serves all tissues.
    """
    timing = {"repetition_ms": contrast.repetition_ms, "echo_ms": 0.5 * contrast.repetition_ms}
    gains = []
    for t1_ms, t2_ms, shift_hz in ((1000.0, 60.0, 0.0), (300.0, 68.0, FAT_HZ_PER_TESLA * tesla)):
        profile = balanced(
            t1_ms, t2_ms, **timing, flip_deg=contrast.flip_deg, offset_hz=FIELD_HZ + shift_hz
        ).real
        gain = (profile / profile[FIELD_HZ.size // 2]).astype(np.float32)
        step = np.clip(np.rint((offset_hz - FIELD_HZ[0]) / 5.0), 0, FIELD_HZ.size - 1).astype(
            np.int32
        )
        gains.append(gain[step])
    return gains[0], gains[1]
