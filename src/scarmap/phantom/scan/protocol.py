"""How one study is acquired: its protocol, and what scanners of one kind differ in."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scarmap.phantom.scan.imaging import Quality
from scarmap.phantom.signal.contrast import (
    Contrast,
)
from scarmap.phantom.signal.gadolinium import AGENTS, Agent


@dataclass(frozen=True)
class Protocol:
    """One sequence of a study.

    Attributes:
        contrast: Its equation and parameters.
        quality: Its images.
        gamma: Exponent of a monotone change of brightness that has no physics; 1 for none.
        freedom: Standard deviation of each tissue's own change of brightness, natural logarithm; 0
            for none.
    """

    contrast: Contrast
    quality: Quality
    gamma: float = 1.0
    freedom: float = 0.0


@dataclass(frozen=True)
class Style:
    """How one study is acquired; a geometry is drawn from the ranges (low, high).

    Attributes:
        name: One of `STYLES`.
        tesla: Field strength, 1.5 or 3.
        agent: Contrast agent.
        protocols: Sequence to its protocol.
        field_hz: Standard deviation of the resonance over the heart.
        coils: Direction in degrees, as `scarmap.phantom.contour` measures it, and distance in
            millimetres of each coil.
        pixel_mm: Width of a voxel.
        field_of_view_mm: Side of the image.
        spacing_mm: From slice to slice.
        thickness_mm: Of a slice, at most the spacing.
        slices: Number of slices.
    """

    name: str
    tesla: float
    agent: Agent
    protocols: Mapping[str, Protocol]
    field_hz: float
    coils: tuple[tuple[float, float], ...]
    pixel_mm: tuple[float, float]
    field_of_view_mm: tuple[float, float]
    spacing_mm: tuple[float, float]
    thickness_mm: tuple[float, float]
    slices: tuple[int, int]


def draw_quality(
    rng: np.random.Generator,
    pixel_mm: float,
    *,
    noise: tuple[float, float],
    grain: float,
    patches: float,
    mottle: float,
    air_noise: float = 1.0,
    fat_shift_mm: float = 0.8,
) -> Quality:
    """Noise, texture, shading and ghosts of one sequence, within what scanners of one kind show."""
    return Quality(
        pixel_mm=pixel_mm,
        noise=float(rng.uniform(*noise)),
        air_noise=air_noise,
        grain=grain,
        patches=patches,
        mottle=mottle,
        shading=float(rng.uniform(0.8, 1.7)),
        ghost=float(rng.uniform(0.0, 0.02)),
        ghost_mm=float(rng.uniform(30, 120)),
        fat_shift_mm=float(rng.uniform(-fat_shift_mm, fat_shift_mm)),
        unrest=float(rng.uniform(0.02, 0.10)),
        units=float(rng.uniform(320, 620)),
    )


def draw_agent(rng: np.random.Generator, tesla: float) -> Agent:
    """One of the contrast agents in use at a field strength."""
    agents = list(AGENTS[tesla].values())
    return agents[int(rng.integers(len(agents)))]


def draw_coils(
    rng: np.random.Generator, *, spread_deg: float = 12.0
) -> tuple[tuple[float, float], ...]:
    """Three loops on the chest and two in the table."""
    turn_deg = float(rng.normal(0, spread_deg))
    front = tuple((direction + turn_deg, float(rng.normal(128, 8))) for direction in (65, 110, 150))
    return *front, *((direction + turn_deg, float(rng.normal(195, 12))) for direction in (260, 310))
