"""Wavy contours, and the share of a voxel that lies inside one.

All of the phantom measures lengths in millimetres and angles in the short-axis view: 0 degrees
points to the lateral wall (viewer's right), 90 degrees to the anterior wall (up), the septum lies
near 190 degrees. Heights run along the long axis from the epicardial apex to the base. Each shape
is a distance to its border, negative inside, so a voxel that the border cuts is shared between two
tissues whatever its size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

RIPPLE_STEPS = 4096
"""Directions that a contour's harmonics are computed for; a power of two, so that a full turn wraps
by masking."""


@dataclass(frozen=True)
class Wave:
    """One harmonic of a contour: a share of its radius, and the waves in a turn."""

    order: int
    amplitude: float
    phase_rad: float


def coverage(distance_mm: Field, pixel_mm: Field | float) -> Field:
    """Share of each voxel that lies inside a border.

    Args:
        distance_mm: Distance of the voxel's centre to the border, negative inside, any shape.
        pixel_mm: Width of a voxel.

    Returns:
        Same shape, float32, 0 to 1.

    >>> coverage(np.array([-3, 0, 0.5, 3], dtype=np.float32), 2.0).tolist()
    [1.0, 0.5, 0.25, 0.0]
    """
    share: Field = np.clip(0.5 - distance_mm / pixel_mm, 0.0, 1.0).astype(np.float32)
    return share


def ripple(angle: Field, waves: Sequence[Wave], *, twist_rad: Field | float = 0.0) -> Field:
    """Sum of harmonics.

    Args:
        angle: Direction in radians, any shape.
        waves: The harmonics.
        twist_rad: Turn of the pattern, for instance along the long axis; broadcasts with `angle`.

    Returns:
        Share of the radius to add, float32.
    """
    step = np.rint((angle + twist_rad) * (RIPPLE_STEPS / (2 * np.pi))).astype(np.int32)
    added: Field = _circle(tuple(waves))[step & (RIPPLE_STEPS - 1)]
    return added


def draw_waves(rng: np.random.Generator, amplitudes: Mapping[int, float]) -> tuple[Wave, ...]:
    """Draw harmonics of random phase, from order to root-mean-square share of the radius."""
    return tuple(
        Wave(
            order,
            float(amplitude * np.exp(0.35 * rng.standard_normal())),
            float(rng.uniform(0, 2 * np.pi)),
        )
        for order, amplitude in amplitudes.items()
    )


@lru_cache(maxsize=256)
def _circle(waves: tuple[Wave, ...]) -> Field:
    turn = np.arange(RIPPLE_STEPS) * (2 * np.pi / RIPPLE_STEPS)
    circle = np.zeros(RIPPLE_STEPS)
    for wave in waves:
        circle += wave.amplitude * np.cos(wave.order * turn - wave.phase_rad)
    return circle.astype(np.float32)
