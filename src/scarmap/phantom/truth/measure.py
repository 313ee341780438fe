"""What a perfect reader would measure in a synthetic heart, from its continuous shapes.

Planes through the heart are integrated in polar coordinates about its axis, on a grid much finer
than an image's. Volumes are stated twice: over the slab as it is (`continuous`), and as the scanner
sees it (`discs`), each slice's area, averaged over its thickness, times the distance between
slices. The slab reaches half that distance beyond the first and the last slice. Every tissue
counts, also one that the layout of the study does not label.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarmap.phantom.contour import Field
from scarmap.phantom.heart.anatomy import above_valves, regions
from scarmap.phantom.heart.surfaces import Heart, look_up
from scarmap.phantom.scan.geometry import Geometry, axis_crossing, heart_points, sub_slices
from scarmap.phantom.truth.segments import segment_table

MYOCARDIAL_DENSITY_G_PER_ML = 1.05
STEP_MM = 2.0
"""Distance between the planes that the continuous volumes are summed over."""

STRUCTURES: Mapping[str, tuple[str, ...]] = {
    "lv_pool": ("lv_pool",),
    "rv_pool": ("rv_pool",),
    "whole_myocardium": ("normal_myocardium", "edema", "scar", "mvo"),
    "whole_infarct": ("scar", "mvo"),
    "edema": ("edema",),
    "mvo": ("mvo",),
}
"""What is measured, as unions of tissues; edema lies around the infarct and does not hold it."""


@dataclass(frozen=True)
class Disc:
    """A polar grid, float32: radius and step (points, 1, 1), angle (1, directions, 1)."""

    radius_mm: Field
    step_mm: Field
    angle: Field


def measure(heart: Heart, table: NDArray[np.float32], geometry: Geometry) -> dict[str, Any]:
    """Measure one patient.

    Args:
        heart: Its shape.
        table: Its surfaces, from `tabulate`.
        geometry: The slices that are imaged.

    Returns:
        A dictionary for JSON; docs/phantom.md describes its keys.
    """
    spacing = geometry.grid.spacing_mm[2]
    cosine = float(geometry.tilt[2, 2])
    low, high = np.sort(geometry.heights_mm)[[0, -1]] + np.array([-0.5, 0.5]) * spacing / cosine
    areas = disc_areas(heart, table, geometry)
    discs = {name: float(each.sum()) * spacing / 1000 for name, each in areas.items()}
    count = max(round((high - low) / STEP_MM), 1)
    step = (high - low) / count
    planes = (low + (np.arange(count) + 0.5) * step).astype(np.float32)
    continuous = {
        name: float(each.sum()) * step * cosine / 1000
        for name, each in _areas(heart, table, geometry, planes).items()
    }
    return {
        "pathology": _pathology(heart),
        "slab": {
            "slices": len(geometry.heights_mm),
            "spacing_mm": spacing,
            "thickness_mm": geometry.thickness_mm,
            "slice_heights_mm": [float(height) for height in geometry.heights_mm],
            "from_mm": float(low),
            "to_mm": float(high),
            "heart_length_mm": heart.length_mm,
            "tilt_deg": float(np.rad2deg(np.arccos(cosine))),
        },
        "discs": _figures(discs),
        "continuous": _figures(continuous),
        "slice_area_mm2": {name: [float(area) for area in each] for name, each in areas.items()},
        **segment_table(heart, table, geometry),
    }


def disc_areas(heart: Heart, table: NDArray[np.float32], geometry: Geometry) -> dict[str, Field]:
    """Area of each structure in each slice, averaged over the slice's thickness.

    Args:
        heart: Its shape.
        table: Its surfaces.
        geometry: The slices.

    Returns:
        Name in `STRUCTURES` to (Z,), square millimetres.
    """
    thin = sub_slices(geometry, geometry.heights_mm)
    areas = _areas(heart, table, geometry, thin.ravel())
    return {name: each.reshape(thin.shape).mean(axis=1) for name, each in areas.items()}


def polar_grid(*, directions: int = 240) -> Disc:
    """A polar grid about the heart's axis: half a millimetre at the ventricle, then coarser."""
    edges = np.concatenate([np.arange(0, 62, 0.5), np.arange(62, 140.1, 1.5)])
    angle = (np.arange(directions) + 0.5) * (2 * np.pi / directions)
    radius, step = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    return Disc(
        radius[:, None, None].astype(np.float32),
        step[:, None, None].astype(np.float32),
        angle[None, :, None].astype(np.float32),
    )


def _areas(
    heart: Heart, table: NDArray[np.float32], geometry: Geometry, heights_mm: Field
) -> dict[str, NDArray[np.float64]]:
    disc = polar_grid()
    weight = disc.radius_mm * disc.step_mm * np.float32(2 * np.pi / disc.angle.size)
    lateral, anterior = disc.radius_mm * np.cos(disc.angle), disc.radius_mm * np.sin(disc.angle)
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in STRUCTURES}
    for some in np.array_split(heights_mm, max(len(heights_mm) // 8, 1)):
        across, upwards = axis_crossing(geometry, some)
        points = heart_points(geometry, lateral + across, anterior + upwards, heights_mm=some)
        radius, angle = np.hypot(points.u_mm, points.v_mm), np.arctan2(points.v_mm, points.u_mm)
        rays = look_up(table, angle, points.heights_mm)
        shares = regions(rays, radius, step_mm=disc.step_mm, below=1 - above_valves(heart, points))
        areas = {
            name: (share * weight).sum(axis=(0, 1), dtype=np.float64)
            for name, share in shares.items()
        }
        for name, tissues in STRUCTURES.items():
            found[name].append(np.sum([areas[tissue] for tissue in tissues], axis=0))
    return {name: np.concatenate(each) for name, each in found.items()}


def _figures(volumes_ml: Mapping[str, float]) -> dict[str, Any]:
    wall = max(volumes_ml["whole_myocardium"], 1e-9)
    injured = ("whole_infarct", "edema", "mvo")
    return {
        "volume_ml": dict(volumes_ml),
        "mass_g": {
            name: volumes_ml[name] * MYOCARDIAL_DENSITY_G_PER_ML
            for name in ("whole_myocardium", *injured)
        },
        "percent_of_lv": {name: 100 * volumes_ml[name] / wall for name in injured},
    }


def _pathology(heart: Heart) -> dict[str, Any]:
    if heart.infarct is None:
        return {"stage": "normal", "territory": None, "lesions": 0, "mvo": False, "mid_wall": False}
    return {
        "stage": "chronic" if heart.infarct.chronic else "acute",
        "territory": heart.infarct.territory,
        "lesions": len(heart.infarct.foci),
        "mvo": heart.infarct.core > 0,
        "mid_wall": heart.infarct.spared > 0,
    }
