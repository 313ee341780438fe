"""What surrounds the heart in a short-axis plane: chest wall, lung, liver, stomach, spleen, kidney, aorta, spine.

Angles and lengths are those of `scarmap.phantom.contour`, with the left ventricle's axis as origin.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from scarmap.phantom.contour import Field, Wave, coverage, draw_waves, ripple

SKIN_MM = (140, 162, 162, 135, 110, 99, 109, 160, 186, 168, 168, 162)
"""Distance from the left ventricle's axis to the skin every 30 degrees, mean of MyoPS 2020."""

ORGANS = (
    ("fat", 158, 74, 40, 26),
    ("muscle", 150, 84, 22, 9),
    ("liver", 236, 98, 84, 58),
    ("liver", 205, 118, 55, 40),
    ("stomach_wall", 305, 88, 38, 30),
    ("stomach", 305, 88, 32, 24),
    ("spleen", 338, 108, 32, 24),
    ("kidney", 296, 142, 28, 17),
    ("marrow", 322, 136, 20, 18),
    ("bone", 318, 112, 7, 7),
    ("lv_blood", 330, 84, 11, 11),
)
"""Tissue, direction in degrees, distance, and two radii in millimetres of each organ, in painting order."""

BEHIND = frozenset({"fat", "muscle", "marrow", "bone", "lv_blood"})
"""What lies in front of and behind the lungs, where the diaphragm is no border: mediastinum, spine and aorta."""


@dataclass(frozen=True)
class Organ:
    """An ellipse with a wavy border.

    Attributes:
        tissue: Name in `scarmap.phantom.tissue.BRIGHTNESS`.
        centre_mm: (lateral, anterior) from the left ventricle's axis.
        radii_mm: Semi-axes.
        tilt_rad: Turn of the first semi-axis.
        drift_mm: Movement of the centre from apex to base.
        waves: Harmonics of the border.
    """

    tissue: str
    centre_mm: tuple[float, float]
    radii_mm: tuple[float, float]
    tilt_rad: float
    drift_mm: tuple[float, float]
    waves: tuple[Wave, ...]


@dataclass(frozen=True)
class Layer:
    """One tissue of one plane. `share`: (x, y), float32, 0 to 1, of the voxels from `corner` on."""

    tissue: str
    share: Field
    corner: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Torso:
    """Chest wall and organs of one patient.

    Attributes:
        skin_mm: (720,), distance from the axis to the skin every half degree.
        fat_mm: (720,), thickness of the fat under it.
        muscle_mm: (720,), thickness of the muscle below.
        diaphragm_mm: How far the diaphragm lies below the axis.
        slope: Rise of the diaphragm per millimetre to the lateral side.
        rib_phase_rad: Turn of the ribs.
        organs: In painting order.
    """

    skin_mm: NDArray[np.float32]
    fat_mm: NDArray[np.float32]
    muscle_mm: NDArray[np.float32]
    diaphragm_mm: float
    slope: float
    rib_phase_rad: float
    organs: tuple[Organ, ...]


def draw_torso(rng: np.random.Generator, *, heart_radius_mm: float) -> Torso:
    """Draw the surroundings of one heart.

    Args:
        rng: Source of randomness.
        heart_radius_mm: Epicardial radius of the left ventricle, which the diaphragm stays below.
    """
    size = rng.uniform(0.92, 1.10)
    skin = _around(np.array(SKIN_MM) * size * np.exp(0.04 * rng.standard_normal(12)))
    fat = _around(rng.uniform(6, 22) * np.exp(0.35 * rng.standard_normal(12)))
    muscle = _around(rng.uniform(7, 14) * np.exp(0.25 * rng.standard_normal(12)))
    present = [entry for entry in ORGANS if entry[0] in ("fat", "liver", "marrow", "lv_blood") or rng.random() < 0.75]
    organs = tuple(_draw_organ(rng, *entry) for entry in present)
    gap = float(rng.uniform(2, 9))
    return Torso(
        skin,
        fat,
        muscle,
        heart_radius_mm + gap,
        float(rng.uniform(-0.18, 0.10)),
        float(rng.uniform(0, 6.28)),
        organs,
    )


def torso_layers(
    torso: Torso, u_mm: Field, v_mm: Field, *, height_mm: float, pixel_mm: float, vessels: Field
) -> Iterator[Layer]:
    """Paint the torso in one plane from the skin inwards; each layer covers those before it.

    Args:
        torso: Its shape.
        u_mm: (X, 1), lateral distance from the axis.
        v_mm: (1, Y), anterior distance.
        height_mm: Height of the plane above the epicardial apex.
        pixel_mm: Width of a voxel.
        vessels: (X, Y), smooth noise of unit spread; its peaks become the vessels of lung and liver.

    Yields:
        The layers in painting order.
    """
    radius, angle = np.hypot(u_mm, v_mm), np.arctan2(v_mm, u_mm)
    degree = (np.rad2deg(angle) * 2).astype(np.int16) % 720
    depth = radius - torso.skin_mm[degree]
    yield Layer("fat", coverage(depth, pixel_mm))
    depth += torso.fat_mm[degree]
    yield Layer("muscle", coverage(depth, pixel_mm))
    half = 0.5 * torso.muscle_mm[degree]
    ribs = np.cos(13 * angle + torso.rib_phase_rad) > 0.25
    yield Layer("marrow", coverage(np.abs(depth + half) - 0.35 * half, pixel_mm) * ribs)
    cavity = coverage(depth + 2 * half, pixel_mm)
    yield Layer("lung", cavity)
    yield Layer("vessel", cavity * np.clip(vessels - 2.1, 0, 0.6))
    lowest_mm = torso.diaphragm_mm + 0.10 * (height_mm - 45)
    rise_mm: Field = torso.slope * u_mm + np.float32(0.003) * u_mm * u_mm
    abdomen = cavity * coverage(v_mm + rise_mm + lowest_mm, pixel_mm)
    yield Layer("fat", abdomen)
    loops = np.sin(u_mm / 9 + 2 * np.sin(v_mm / 14)) * np.cos(v_mm / 8 + 1.5 * np.sin(u_mm / 19))
    yield Layer("stomach_wall", abdomen * np.clip(3 * loops, 0, 1))
    for organ in torso.organs:
        box = _window(organ, u_mm, v_mm)
        if box is not None:
            room = (cavity if organ.tissue in BEHIND else abdomen)[box]
            share = room * _organ_coverage(organ, u_mm[box[0]], v_mm[:, box[1]], height_mm=height_mm, pixel_mm=pixel_mm)
            corner = (box[0].start, box[1].start)
            yield Layer(organ.tissue, share, corner)
            if organ.tissue == "liver":
                yield Layer("vessel", share * np.clip(vessels[box] - 1.7, 0, 0.5), corner)


def _window(organ: Organ, u_mm: Field, v_mm: Field) -> tuple[slice, slice] | None:
    reach_mm = 1.5 * max(organ.radii_mm) + 10
    columns = np.flatnonzero(np.abs(u_mm[:, 0] - organ.centre_mm[0]) < reach_mm)
    rows = np.flatnonzero(np.abs(v_mm[0] - organ.centre_mm[1]) < reach_mm)
    if not (columns.size and rows.size):
        return None
    return slice(int(columns[0]), int(columns[-1]) + 1), slice(int(rows[0]), int(rows[-1]) + 1)


def _draw_organ(
    rng: np.random.Generator, tissue: str, direction_deg: float, distance_mm: float, long_mm: float, short_mm: float
) -> Organ:
    direction = np.deg2rad(direction_deg + 6 * rng.standard_normal())
    distance = distance_mm * np.exp(0.05 * rng.standard_normal())
    size = np.exp(0.10 * rng.standard_normal(2))
    return Organ(
        tissue,
        (float(distance * np.cos(direction)), float(distance * np.sin(direction))),
        (float(long_mm * size[0]), float(short_mm * size[1])),
        float(rng.normal(0.1, 0.3)),
        (float(4 * rng.standard_normal()), float(4 * rng.standard_normal())),
        draw_waves(rng, {2: 0.06, 3: 0.06, 5: 0.025}),
    )


def _organ_coverage(organ: Organ, u_mm: Field, v_mm: Field, *, height_mm: float, pixel_mm: float) -> Field:
    along = (height_mm - 45) / 50
    u = u_mm - organ.centre_mm[0] - organ.drift_mm[0] * along
    v = v_mm - organ.centre_mm[1] - organ.drift_mm[1] * along
    cosine, sine = float(np.cos(organ.tilt_rad)), float(np.sin(organ.tilt_rad))
    first, second = (u * cosine + v * sine) / organ.radii_mm[0], (v * cosine - u * sine) / organ.radii_mm[1]
    border = 1 + ripple(np.arctan2(second, first), organ.waves)
    return coverage((np.hypot(first, second) - border) * min(organ.radii_mm), pixel_mm)


def _around(knots: NDArray[np.float64]) -> NDArray[np.float32]:
    circle = CubicSpline(np.arange(13) * 30, np.append(knots, knots[0]), bc_type="periodic")
    return np.asarray(circle(np.arange(720) / 2), dtype=np.float32)
