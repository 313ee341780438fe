"""What surrounds the heart in a short-axis plane: chest, lung, liver, stomach, aorta, spine.

Angles and lengths are those of `scarmap.phantom.contour`, with the left ventricle's axis as origin.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from scarmap.phantom.contour import Field, Wave, coverage, draw_waves, ripple

SKIN_MM = (138, 160, 166, 140, 112, 100, 108, 142, 190, 250, 255, 162)
"""Distance from the left ventricle's axis to the skin every 30 degrees.

Source: mean of MyoPS 2020 from 0 to 210 degrees; below the heart the image ends before the body
    does.
"""

CAVITY_MM = (97, 106, 102, 92, 86, 81, 88, 116, 165, 225, 215, 116)
"""The same to the inside of the chest wall, and of the abdominal wall below the diaphragm. Source:
three cases."""


@dataclass(frozen=True)
class Site:
    """Where an organ usually lies.

    Attributes:
        tissue: Name in `scarmap.phantom.signal.tissue`.
        room: What it cannot leave: "wall" between skin and cavity, "cavity", or "abdomen" below the
            diaphragm.
        direction_deg: Direction of its middle.
        distance_mm: Distance of its middle.
        radii_mm: Semi-axes.
        tilt_deg: Turn of the first semi-axis.
        frequency: Share of patients in whose planes it is seen.
    """

    tissue: str
    room: str
    direction_deg: float
    distance_mm: float
    radii_mm: tuple[float, float]
    tilt_deg: float
    frequency: float


SITES = (
    Site("fat", "wall", 64, 120, (60, 13), -57, 0.85),
    Site("fat", "wall", 20, 122, (46, 5), -75, 0.6),
    Site("fat", "wall", 175, 100, (45, 4), 80, 0.6),
    Site("fat", "cavity", 150, 84, (26, 14), 60, 0.6),
    Site("fat", "cavity", 252, 46, (42, 10), 6, 0.75),
    Site("fat", "cavity", 194, 99, (42, 15), 82, 0.8),
    Site("liver", "abdomen", 226, 92, (86, 44), 8, 1.0),
    Site("fat", "abdomen", 262, 62, (26, 7), 10, 0.6),
    Site("stomach_wall", "abdomen", 294, 68, (33, 30), 0, 0.85),
    Site("stomach", "abdomen", 294, 68, (28, 25), 0, 0.85),
    Site("spleen", "abdomen", 330, 86, (42, 27), -62, 0.85),
    Site("kidney", "abdomen", 306, 132, (36, 23), -35, 0.5),
    Site("fat", "abdomen", 305, 130, (13, 7), -35, 0.5),
    Site("marrow", "abdomen", 275, 176, (26, 22), 0, 0.7),
    Site("lv_blood", "abdomen", 284, 140, (10, 10), 0, 0.6),
)
"""Organs in painting order."""


@dataclass(frozen=True)
class Organ:
    """An ellipse with a wavy border.

    Attributes:
        tissue: Name in `scarmap.phantom.signal.tissue`.
        room: What it cannot leave, see `Site`.
        centre_mm: (lateral, anterior) from the left ventricle's axis.
        radii_mm: Semi-axes.
        tilt_rad: Turn of the first semi-axis.
        drift_mm: Movement of the centre from apex to base.
        waves: Harmonics of the border.
    """

    tissue: str
    room: str
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
        cavity_mm: (720,), distance to the inside of the chest wall.
        diaphragm_mm: How far the diaphragm lies below the axis.
        slope: Rise of the diaphragm per millimetre to the lateral side.
        dome_mm: How much higher it stands over stomach and spleen.
        rib_phase_rad: Turn of the ribs.
        bowel_mm: Width of the loops of bowel.
        organs: In painting order.
    """

    skin_mm: NDArray[np.float32]
    fat_mm: NDArray[np.float32]
    cavity_mm: NDArray[np.float32]
    diaphragm_mm: float
    slope: float
    dome_mm: float
    rib_phase_rad: float
    bowel_mm: float
    organs: tuple[Organ, ...]


def draw_torso(rng: np.random.Generator, *, heart_radius_mm: float) -> Torso:
    """Draw the surroundings of one heart.

    Args:
        rng: Source of randomness.
        heart_radius_mm: Epicardial radius of the left ventricle, which the diaphragm stays below.
    """
    size, habitus = rng.uniform(0.93, 1.07), rng.uniform(0.0, 1.0)
    cavity = np.array(CAVITY_MM) * size * np.exp(0.04 * rng.standard_normal(12))
    wall = (
        (np.array(SKIN_MM) - np.array(CAVITY_MM))
        * rng.uniform(0.8, 1.1)
        * np.exp(0.10 * rng.standard_normal(12))
    )
    fat = (4 + 16 * habitus**2) * np.exp(0.3 * rng.standard_normal(12))
    skin = _around(cavity + np.maximum(wall, 12) + fat / 2)
    organs = tuple(_draw_organ(rng, site, size) for site in SITES if rng.random() < site.frequency)
    return Torso(
        skin_mm=skin,
        fat_mm=np.maximum(_around(fat), 2),
        cavity_mm=np.minimum(_around(cavity), skin - 6),
        diaphragm_mm=heart_radius_mm + float(rng.uniform(-1, 6)),
        slope=float(rng.uniform(-0.12, 0.12)),
        dome_mm=float(rng.uniform(0, 22)),
        rib_phase_rad=float(rng.uniform(0, 6.28)),
        bowel_mm=float(rng.uniform(7, 12)),
        organs=organs,
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
        vessels: (X, Y), smooth noise of unit spread; its peaks become the vessels of lung and
            liver.

    Yields:
        The layers in painting order.
    """
    radius, angle = np.hypot(u_mm, v_mm), np.arctan2(v_mm, u_mm)
    degree = (np.rad2deg(angle) * 2).astype(np.int16) % 720
    depth = radius - torso.skin_mm[degree]
    body = coverage(depth, pixel_mm)
    yield Layer("fat", body)
    flesh = coverage(depth + torso.fat_mm[degree], pixel_mm)
    yield Layer("muscle", flesh)
    inwards = radius - torso.cavity_mm[degree]
    cavity = coverage(inwards, pixel_mm)
    for tissue, thickness_mm in (("bone", 4.2), ("marrow", 2.8)):
        yield Layer(tissue, flesh * _ribs(torso, angle, inwards - 6, thickness_mm, pixel_mm))
    yield Layer("lung", cavity)
    yield Layer("vessel", cavity * np.clip(vessels - 2.6, 0, 0.5))
    abdomen = cavity * coverage(v_mm - _diaphragm(torso, u_mm, height_mm), pixel_mm)
    yield Layer("fat", abdomen)
    loops = _bowel(torso, u_mm, v_mm)
    yield Layer("stomach_wall", abdomen * np.clip(2 * loops - 0.2, 0, 0.9))
    yield Layer("stomach", abdomen * np.clip(2 * loops - 1.9, 0, 0.8))
    rooms = {"wall": flesh * (1 - cavity), "cavity": cavity, "abdomen": abdomen}
    for organ in torso.organs:
        box = _window(organ, u_mm, v_mm)
        if box is None:
            continue
        share = _organ_coverage(
            organ, u_mm[box[0]], v_mm[:, box[1]], height_mm=height_mm, pixel_mm=pixel_mm
        )
        share = share * rooms[organ.room][box]
        corner = (box[0].start, box[1].start)
        yield Layer(organ.tissue, share, corner)
        if organ.tissue == "liver":
            yield Layer("vessel", share * np.clip(vessels[box] - 1.9, 0, 0.6), corner)


def _ribs(
    torso: Torso, angle: Field, away_mm: Field, thickness_mm: float, pixel_mm: float
) -> Field:
    along = np.abs(np.mod(angle * 11 + torso.rib_phase_rad, 2 * np.pi) - np.pi) * (100 / 11)
    return coverage(np.hypot(away_mm, 0.55 * along) - thickness_mm, pixel_mm)


def _bowel(torso: Torso, u_mm: Field, v_mm: Field) -> Field:
    """Loops of bowel as a field, positive inside: waves that bend each other."""
    width, phase = torso.bowel_mm, torso.rib_phase_rad
    bent_u = u_mm / width + 1.3 * np.sin(v_mm / (2.3 * width) + phase)
    bent_v = v_mm / width + 1.3 * np.sin(u_mm / (1.9 * width) - 2 * phase)
    loops: Field = (
        np.sin(bent_u + phase) + np.sin(bent_v + 3 * phase) + np.sin(0.7 * bent_u - 0.6 * bent_v)
    )
    return loops.astype(np.float32)


def _diaphragm(torso: Torso, u_mm: Field, height_mm: float) -> Field:
    """Height of the diaphragm above the axis, negative; it falls at the back."""
    lowest = torso.diaphragm_mm + 0.08 * (height_mm - 45)
    dome = torso.dome_mm * np.exp(-(((u_mm - 62) / 28) ** 2)) - np.maximum(u_mm - 72, 0) ** 2 / 18
    rise: Field = (
        torso.slope * u_mm + dome - np.float32(0.0012) * np.minimum(u_mm, 0) ** 2 - lowest
    ).astype(np.float32)
    return rise


def _window(organ: Organ, u_mm: Field, v_mm: Field) -> tuple[slice, slice] | None:
    reach_mm = 1.5 * max(organ.radii_mm) + 10
    columns = np.flatnonzero(np.abs(u_mm[:, 0] - organ.centre_mm[0]) < reach_mm)
    rows = np.flatnonzero(np.abs(v_mm[0] - organ.centre_mm[1]) < reach_mm)
    if not (columns.size and rows.size):
        return None
    return slice(int(columns[0]), int(columns[-1]) + 1), slice(int(rows[0]), int(rows[-1]) + 1)


def _draw_organ(rng: np.random.Generator, site: Site, size: float) -> Organ:
    direction = np.deg2rad(site.direction_deg + 5 * rng.standard_normal())
    distance = size * site.distance_mm * np.exp(0.05 * rng.standard_normal())
    stretch = np.exp(0.13 * rng.standard_normal(2))
    return Organ(
        site.tissue,
        site.room,
        (float(distance * np.cos(direction)), float(distance * np.sin(direction))),
        (float(site.radii_mm[0] * stretch[0]), float(site.radii_mm[1] * stretch[1])),
        float(np.deg2rad(site.tilt_deg + rng.normal(0, 10))),
        (float(4 * rng.standard_normal()), float(4 * rng.standard_normal())),
        draw_waves(rng, {2: 0.06, 3: 0.06, 5: 0.03}),
    )


def _organ_coverage(
    organ: Organ, u_mm: Field, v_mm: Field, *, height_mm: float, pixel_mm: float
) -> Field:
    along = (height_mm - 45) / 50
    u = u_mm - organ.centre_mm[0] - organ.drift_mm[0] * along
    v = v_mm - organ.centre_mm[1] - organ.drift_mm[1] * along
    cosine, sine = float(np.cos(organ.tilt_rad)), float(np.sin(organ.tilt_rad))
    first, second = (
        (u * cosine + v * sine) / organ.radii_mm[0],
        (v * cosine - u * sine) / organ.radii_mm[1],
    )
    border = 1 + ripple(np.arctan2(second, first), organ.waves)
    return coverage((np.hypot(first, second) - border) * min(organ.radii_mm), pixel_mm)


def _around(knots: NDArray[np.float64]) -> NDArray[np.float32]:
    circle = CubicSpline(np.arange(13) * 30, np.append(knots, knots[0]), bc_type="periodic")
    return np.asarray(circle(np.arange(720) / 2), dtype=np.float32)
