"""Segments of a synthetic heart: transmurality and wall thickness along rays.

Segments are rigid: six of 60 degrees in basal and middle slices, four of 90 in apical ones, counted
from the middle of the septum, which is the border of segments 2 and 3. Rings are thirds of the
slices that hold a full ring of wall. Rays start from the centroid of the left ventricle, every
degree, in the middle of each slice's thickness. The infarct holds its no-reflow core.

Source: Cerqueira et al., Circulation 2002, for names and rings.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarmap.phantom.contour import Field
from scarmap.phantom.heart.anatomy import above_valves, regions
from scarmap.phantom.heart.surfaces import RV_APEX, Heart, contact_half_angle, look_up
from scarmap.phantom.scan.geometry import Geometry, axis_crossing, heart_points

STEP_MM = 0.25
LENGTH_MM = 64.0
LEAST_CAVITY_MM2 = 30.0
"""Smallest cavity that makes a slice a ring; a wall without it is the cap of the apex."""

SEGMENTS = {"basal": (3, 4, 5, 6, 1, 2), "mid": (9, 10, 11, 12, 7, 8), "apical": (14, 15, 16, 13)}
"""Segments of each ring in the direction that angles grow, from the middle of the septum on; 14
lies about it."""


@dataclass(frozen=True)
class Chords:
    """Rays through the wall in one slice.

    Attributes:
        direction_deg: (R,), from the middle of the septum, 0 to 360.
        wall_mm: (R,), thickness of the wall along the ray.
        extent: (R,), outer end of the infarct, a share of the wall from the endocardium; 0 without
            infarct.
        fraction: (R,), share of the wall along the ray that is infarcted.
        edema: (R,), share of the wall along the ray that is edematous and not infarcted.
        mvo: (R,), share of the wall along the ray that is no-reflow.
        areas_mm2: (R, 3), areas that the rays stand for: wall, infarct, edema.
        cavity_mm2: Area of the cavity.
    """

    direction_deg: Field
    wall_mm: Field
    extent: Field
    fraction: Field
    edema: Field
    mvo: Field
    areas_mm2: Field
    cavity_mm2: float

    @property
    def full(self) -> bool:
        """Whether the wall is a ring about a cavity."""
        return self.cavity_mm2 >= LEAST_CAVITY_MM2 and bool((self.wall_mm > 1).all())

    @property
    def cap(self) -> bool:
        """Whether the slice shows wall without a cavity."""
        return self.cavity_mm2 < LEAST_CAVITY_MM2 and bool((self.wall_mm > 1).all())


def segment_table(heart: Heart, table: NDArray[np.float32], geometry: Geometry) -> dict[str, Any]:
    """Measure each segment of the imaged slices.

    Args:
        heart: Its shape.
        table: Its surfaces, from `tabulate`.
        geometry: The slices.

    Returns:
        "septum_deg", "insertions_deg", "rings" and "segments", for JSON; docs/phantom.md describes
            them.
    """
    from_base = np.argsort(-geometry.heights_mm)
    chords = {
        int(index): follow(heart, table, geometry, float(geometry.heights_mm[index]))
        for index in from_base
    }
    full = [index for index, each in chords.items() if each.full]
    cap = [index for index, each in chords.items() if each.cap]
    rings = dict(zip(SEGMENTS, thirds(full), strict=True))
    return {
        "septum_deg": _both_ways(heart.septum_deg, geometry.anterior),
        "insertions_deg": [
            _insertions(heart, float(height), geometry.anterior) for height in geometry.heights_mm
        ],
        "rings": {**rings, "apex": cap},
        "segments": _segments({**rings, "apex": cap}, chords),
    }


def _segments(rings: Mapping[str, Sequence[int]], chords: Mapping[int, Chords]) -> list[Any]:
    """Measure all segments that the slices show, in their order."""
    segments = []
    for ring, indices in rings.items():
        slices = [chords[index] for index in indices]
        if slices and ring == "apex":
            segments.append({"segment": 17, "ring": "apex", **_figures(_joined(slices))})
        elif slices:
            segments += _ring_segments(ring, slices)
    return sorted(segments, key=lambda each: int(each["segment"]))


def _ring_segments(ring: str, slices: Sequence[Chords]) -> list[dict[str, Any]]:
    """Measure the sectors of a ring over its slices; the apical one begins half a sector early."""
    names = SEGMENTS[ring]
    width = 360 / len(names)
    start = -width / 2 if ring == "apical" else 0.0
    found = []
    for place, name in enumerate(names):
        parts = [_within(each, start + place * width, width) for each in slices]
        found.append({"segment": name, "ring": ring, **_figures(_joined(parts))})
    return found


def thirds(slices: Sequence[int]) -> list[list[int]]:
    """Cut slices, in order from the base, into the basal, middle and apical third.

    >>> thirds([4, 3, 2, 1])
    [[4, 3], [2], [1]]
    """
    first, second = math.ceil(len(slices) / 3), math.ceil(2 * len(slices) / 3)
    return [list(slices[:first]), list(slices[first:second]), list(slices[second:])]


def follow(
    heart: Heart,
    table: NDArray[np.float32],
    geometry: Geometry,
    height_mm: float,
    *,
    directions: int = 360,
) -> Chords:
    """Follow rays through the wall in one slice.

    Args:
        heart: Its shape.
        table: Its surfaces, from `tabulate`.
        geometry: The stack that the slice belongs to.
        height_mm: Height at which the heart's axis crosses the slice.
        directions: Number of rays.
    """
    angle = ((np.arange(directions) + 0.5) * (2 * np.pi / directions)).astype(np.float32)[None]
    radius = ((np.arange(round(LENGTH_MM / STEP_MM)) + 0.5) * STEP_MM).astype(np.float32)[:, None]
    across, upwards = radius * np.cos(angle), radius * np.sin(angle)
    weight = radius * np.float32(STEP_MM * 2 * np.pi / directions)

    def cut(centre_mm: tuple[Field, Field]) -> dict[str, Field]:
        level = np.array([height_mm], dtype=np.float32)
        points = heart_points(
            geometry, centre_mm[0] + across, centre_mm[1] + upwards, heights_mm=level
        )
        around = np.arctan2(points.v_mm, points.u_mm)
        rays = look_up(table, around, points.heights_mm)
        below = 1 - above_valves(heart, points)
        return regions(rays, np.hypot(points.u_mm, points.v_mm), step_mm=STEP_MM, below=below)

    centre = axis_crossing(geometry, np.array([height_mm], dtype=np.float32))
    shares = cut(centre)
    ventricle = sum(share for name, share in shares.items() if name != "rv_pool") * weight
    area = max(float(ventricle.sum()), 1e-6)
    shares = cut(
        (
            centre[0] + (ventricle * across).sum() / area,
            centre[1] + (ventricle * upwards).sum() / area,
        )
    )
    infarct = shares["scar"] + shares["mvo"]
    wall = infarct + shares["edema"] + shares["normal_myocardium"]
    length = np.maximum(wall.sum(axis=0), 1e-6)
    end = np.where(infarct >= 0.5, wall.cumsum(axis=0), 0).max(axis=0)
    return Chords(
        direction_deg=np.mod(np.rad2deg(angle[0]) - heart.septum_deg, 360).astype(np.float32),
        wall_mm=wall.sum(axis=0) * np.float32(STEP_MM),
        extent=np.minimum(end / length, 1),
        fraction=infarct.sum(axis=0) / length,
        edema=shares["edema"].sum(axis=0) / length,
        mvo=shares["mvo"].sum(axis=0) / length,
        areas_mm2=np.stack(
            [(part * weight).sum(axis=0) for part in (wall, infarct, shares["edema"])], axis=-1
        ),
        cavity_mm2=float((shares["lv_pool"] * weight).sum()),
    )


def _within(chords: Chords, start_deg: float, width_deg: float) -> Chords:
    """The rays of one sector, from a direction on."""
    chosen = np.mod(chords.direction_deg - start_deg, 360) < width_deg
    return _joined([chords], chosen)


def _joined(parts: Sequence[Chords], chosen: NDArray[np.bool_] | slice = slice(None)) -> Chords:
    names = ("direction_deg", "wall_mm", "extent", "fraction", "edema", "mvo", "areas_mm2")
    rays = {name: np.concatenate([getattr(part, name)[chosen] for part in parts]) for name in names}
    return Chords(**rays, cavity_mm2=sum(part.cavity_mm2 for part in parts))


def _figures(chords: Chords) -> dict[str, Any]:
    hit = chords.fraction > 0
    wall, infarct, edema = (float(area) for area in chords.areas_mm2.sum(axis=0))

    def spread(shares: Field) -> dict[str, float | None]:
        return {
            "mean_percent": 100 * float(shares.mean()),
            "mean_of_infarcted_percent": 100 * float(shares[hit].mean()) if hit.any() else None,
            "max_percent": 100 * float(shares.max()),
        }

    return {
        "wall_thickness_mm": float(chords.wall_mm.mean()),
        "infarct_extent": spread(chords.extent),
        "infarct_chord": spread(chords.fraction),
        "infarcted_rays_percent": 100 * float(hit.mean()),
        "infarct_area_percent": 100 * infarct / max(wall, 1e-6),
        "edema_area_percent": 100 * edema / max(wall, 1e-6),
        "mvo": bool((chords.mvo > 0).any()),
    }


def _insertions(heart: Heart, height_mm: float, anterior: int) -> dict[str, Any] | None:
    """Directions at which the right ventricle meets the left one, or None below it."""
    if height_mm < RV_APEX * heart.length_mm or height_mm > heart.length_mm:
        return None
    half = float(np.rad2deg(contact_half_angle(heart, np.array(height_mm, dtype=np.float32))))
    return {
        "anterior": _both_ways(heart.septum_deg - half, anterior),
        "inferior": _both_ways(heart.septum_deg + half, anterior),
    }


def _both_ways(direction_deg: float, anterior: int) -> dict[str, float]:
    """A direction in the short-axis view, and from the array's X axis towards its Y axis."""
    return {"view": direction_deg % 360, "array": (anterior * direction_deg) % 360}
