"""From tissue to image: coil shading, blur to the true pixel, chemical-shift lines, noise, scanner units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scarmap.phantom.contour import Field
from scarmap.phantom.tissue import Signals


@dataclass(frozen=True)
class Protocol:
    """How one sequence is acquired. Brightness is relative to normal myocardium.

    Attributes:
        pixel_mm: True pixel before the scanner interpolates.
        noise: Standard deviation of the noise in each channel.
        texture: Standard deviation of the smooth texture of tissue, a share of its brightness.
        fat_line: Share of the signal lost where fat meets water, 0 or more.
        units: Scanner units of normal myocardium.
        offset: Scanner units of no signal; above 0 the image is signed (phase sensitive).
    """

    pixel_mm: float
    noise: float
    texture: float
    fat_line: float
    units: float
    offset: float = 0.0


PROTOCOLS: Mapping[str, Mapping[str, Protocol]] = {
    "myops2020": {
        "bSSFP": Protocol(1.65, 0.09, 0.09, 0.6, 320.0),
        "T2": Protocol(1.55, 0.06, 0.10, 0.0, 220.0),
        "LGE": Protocol(1.10, 0.20, 0.13, 0.2, 130.0),
    },
    "emidec": {"LGE": Protocol(1.60, 0.20, 0.12, 0.0, 140.0, 2048.0)},
}
"""The protocols of each layout; blur measured from the power spectra of MyoPS 2020."""


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], *, scale: float) -> Field:
    """Draw noise without detail below a scale, zero mean and unit spread.

    Args:
        rng: Source of randomness.
        shape: Of the result.
        scale: Distance in voxels between independent values.
    """
    coarse = [max(4, round(length / scale) + 3) for length in shape]
    drawn = ndimage.zoom(
        rng.standard_normal(coarse, dtype=np.float32), max(scale, 1.0), order=2, mode="reflect", grid_mode=True
    )
    window = drawn[tuple(slice(0, length) for length in shape)]
    noise: Field = ((window - window.mean()) / window.std()).astype(np.float32)
    return noise


def blank_canvas(signals: Signals, shape: tuple[int, int]) -> Field:
    """Make an empty plane: one channel per sequence and a last one for the share of fat, (S + 1, X, Y), zero."""
    return np.zeros((len(signals.sequences) + 1, *shape), dtype=np.float32)


def paint(canvas: Field, shares: Mapping[str, Field], signals: Signals, *, corner: tuple[int, int] = (0, 0)) -> None:
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


def coil_shading(u_mm: Field, v_mm: Field, *, towards_deg: Iterable[float], reach_mm: float = 90.0) -> Field:
    """Sensitivity of receiver coils lying 130 mm from the heart, 1 at the heart.

    Args:
        u_mm: (X, 1), lateral distance from the heart.
        v_mm: (1, Y), anterior distance from it.
        towards_deg: Directions of the coils.
        reach_mm: Distance at which a coil's sensitivity has halved.

    Returns:
        (X, Y), float32, positive.
    """
    total = np.zeros(np.broadcast_shapes(u_mm.shape, v_mm.shape), dtype=np.float32)
    at_heart = 0.0
    for direction in np.deg2rad(list(towards_deg)):
        x, y = 130 * float(np.cos(direction)), 130 * float(np.sin(direction))
        total += 1 / (1 + ((u_mm - x) ** 2 + (v_mm - y) ** 2) / reach_mm**2)
        at_heart += 1 / (1 + 130**2 / reach_mm**2)
    return total / np.float32(at_heart)


def acquire(
    signal: Field,
    fat: Field,
    protocol: Protocol,
    *,
    shading: Field,
    texture: Field,
    pixel_mm: float,
    shift_mm: tuple[float, float],
    rng: np.random.Generator,
) -> Field:
    """Turn the brightness of one plane into an image.

    Args:
        signal: (X, Y), brightness relative to normal myocardium.
        fat: (X, Y), share of fat, 0 to 1.
        protocol: How the sequence is acquired.
        shading: (X, Y), from `coil_shading`.
        texture: (X, Y), smooth noise of unit spread.
        pixel_mm: Width of a voxel.
        shift_mm: Movement of the patient since the labels' position, along (X, Y); done in whole voxels.
        rng: Source of the noise.

    Returns:
        (X, Y), float32, whole numbers in scanner units; not negative.
    """
    bright = signal * shading * np.clip(1 + protocol.texture * texture, 0.3, 2.0)
    blur = 0.42 * protocol.pixel_mm / pixel_mm
    if protocol.fat_line > 0:
        mixed = ndimage.gaussian_filter(fat, blur)
        bright *= np.clip(1 - 4 * protocol.fat_line * mixed * (1 - mixed), 0.05, 1)
    bright = ndimage.gaussian_filter(bright, blur)
    bright = np.roll(bright, [round(step / pixel_mm) for step in shift_mm], axis=(0, 1))
    real = bright + protocol.noise * _scan_noise(rng, signal.shape, blur)
    if protocol.offset == 0:
        real = np.hypot(real, protocol.noise * _scan_noise(rng, signal.shape, blur))
    units: Field = np.clip(np.rint(protocol.offset + protocol.units * real), 0, None).astype(np.float32)
    return units


def _scan_noise(rng: np.random.Generator, shape: tuple[int, ...], blur: float) -> Field:
    """Noise of unit spread, as smooth as the true pixel: interpolation by the scanner makes neighbours alike."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    if blur < 0.3:
        return noise
    smooth: Field = ndimage.gaussian_filter(noise, blur)
    smooth /= smooth.std()
    return smooth
