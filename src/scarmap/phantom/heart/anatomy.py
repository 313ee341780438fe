"""Planes through a heart: the shares of its tissues in each voxel, and a reader's contours."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmap.labels import INDEX, LabelArray, merged
from scarmap.phantom.contour import Field, coverage
from scarmap.phantom.heart.surfaces import Heart, Rays, look_up

ATRIAL_WALL_MM = 2.5
AORTIC_RADIUS_MM = 14.0
PERICARDIUM_MM = 1.2
"""Thickness of the pericardium. Source: 1.2 mm at systole in MR, Sechtem et al. 1986."""

WALL = ("normal_myocardium", "edema", "scar", "mvo")

TRACT_DEG = 30.0
"""Half the arc of wall that the left outflow tract opens. Choice: an aortic root of 28 mm beside a
ring of 60."""

SURVIVORS = 0.3
"""Share of living muscle in a scar where its texture is one deviation above the mean.

Source: spread of scar within cases of MyoPS 2020 and EMIDEC; peri-infarct zones of Yan et al. 2006.
"""

SLOW_POOL = 0.35
"""Share of the pool's blood that stands still where the flow is slow. Choice: dark blood is never
dark everywhere."""


@dataclass(frozen=True)
class Points:
    """Where voxels lie in the heart; the three broadcast to (x, y, n).

    Attributes:
        u_mm: Lateral distance from the left ventricle's axis.
        v_mm: Anterior distance from it.
        heights_mm: Height above the epicardial apex.
    """

    u_mm: Field
    v_mm: Field
    heights_mm: Field


@dataclass(frozen=True)
class HeartPlane:
    """One thick plane of a heart.

    Attributes:
        truth: Name in `scarmap.labels.TISSUES` to its share of each voxel, (x, y), float32; the
            contours that a reader would draw, papillary muscles counted as blood.
        tissues: Name in `scarmap.phantom.signal.tissue.TISSUES` to its share of each voxel,
            (x, y), float32.
    """

    truth: Mapping[str, Field]
    tissues: Mapping[str, Field]


def heart_plane(
    heart: Heart,
    table: NDArray[np.float32],
    points: Points,
    *,
    pixel_mm: float,
    roughness: Field,
    flow: Field,
) -> HeartPlane:
    """Average a heart over the thickness of one plane.

    Args:
        heart: Its shape.
        table: Its surfaces, from `tabulate`.
        points: Voxels of thin planes that fill the thickness, (x, y, n).
        pixel_mm: Width of a voxel.
        roughness: (x, y), smooth noise of unit spread that breaks up trabeculae.
        flow: (x, y), smooth noise of unit spread, coarser; where it is high, blood of the pool
            stands still.
    """
    radius, angle = np.hypot(points.u_mm, points.v_mm), np.arctan2(points.v_mm, points.u_mm)
    rays = look_up(table, angle, points.heights_mm)
    below = 1 - above_valves(heart, points)
    truth = regions(rays, radius, step_mm=pixel_mm, below=below)
    outside = 1 - coverage(radius - rays.epicardium_mm, pixel_mm)
    ridges = np.clip(roughness, 0, 2)[..., None]
    depth_mm = radius - rays.endocardium_mm
    pool = truth["lv_pool"] * coverage(depth_mm + rays.trabecula_mm + 0.8 * ridges, pixel_mm)
    pool = pool * (1 - _papillary(heart, depth_mm, points, pixel_mm))
    recess_mm = heart.recess_mm * np.clip(-roughness, 0, 1.2)[..., None]
    solid = _solid(depth_mm, recess_mm, pixel_mm) * (1 - _outflow_tract(heart, points, angle))
    wall = {name: truth[name] * solid for name in WALL}
    blood = pool + sum(truth[name] - share for name, share in wall.items())
    slow = blood * np.clip(
        np.exp(np.minimum(depth_mm, 0) / 4) + SLOW_POOL * np.maximum(flow[..., None], 0), 0, 1
    )
    right_blood = outside * coverage(radius - rays.right_mm + 1.8 * ridges, pixel_mm)
    right_wall = outside * coverage(radius - rays.right_wall_mm, pixel_mm) - right_blood
    chronic = heart.infarct is not None and heart.infarct.chronic
    scar, between = ("chronic_scar", "myocardium") if chronic else ("scar", "edema")
    alive = wall["scar"] * (SURVIVORS * np.clip(roughness, 0, 1.5))[..., None]
    tissues = {
        "lv_blood": blood - slow,
        "slow_blood": slow,
        "rv_blood": right_blood,
        "edema": wall["edema"],
        scar: wall["scar"] - alive,
        "no_reflow": wall["mvo"],
        "myocardium": wall["normal_myocardium"] + (truth["lv_pool"] - pool) + right_wall,
    }
    tissues[between] = tissues[between] + alive
    if below.min() < 1:
        atrium, atrial_wall = _great_vessels(heart, points, pixel_mm)
        tissues["lv_blood"] = tissues["lv_blood"] + (1 - below) * (1 - outside) * atrium
        tissues["myocardium"] = tissues["myocardium"] + (1 - below) * (1 - outside) * atrial_wall
    tissues |= _around(tissues, rays, radius, pixel_mm)
    return HeartPlane(
        {name: share.mean(axis=-1, dtype=np.float32) for name, share in truth.items()},
        {name: share.mean(axis=-1, dtype=np.float32) for name, share in tissues.items()},
    )


def regions(
    rays: Rays, radius_mm: Field, *, step_mm: Field | float, below: Field
) -> dict[str, Field]:
    """Share of each voxel that belongs to each labelled tissue.

    Args:
        rays: The heart's surfaces in the directions and at the heights of the voxels.
        radius_mm: Distance of each voxel from the left ventricle's axis.
        step_mm: Width of a voxel.
        below: Share of each voxel below the valves.

    Returns:
        Name in `scarmap.labels.TISSUES` to float32, 0 to 1, together at most 1. The infarct holds
            its core apart.
    """
    inside = coverage(radius_mm - rays.epicardium_mm, step_mm)
    pool = np.minimum(coverage(radius_mm - rays.endocardium_mm, step_mm), inside)
    muscle = below * (inside - pool)
    thickness = np.maximum(rays.epicardium_mm - rays.endocardium_mm, 1)
    depth = (radius_mm - rays.endocardium_mm) / thickness

    def between(start: Field, end: Field) -> Field:
        return coverage(thickness * np.maximum(start - depth, depth - end), step_mm)

    scar = between(rays.scar_from, rays.scar_to)
    core = np.minimum(between(rays.core_from, rays.core_to), scar)
    risk = np.maximum(between(-np.ones(1, dtype=np.float32), rays.risk_to), scar)
    return {
        "lv_pool": below * pool,
        "rv_pool": below * (1 - inside) * coverage(radius_mm - rays.right_mm, step_mm),
        "normal_myocardium": muscle * (1 - risk),
        "edema": muscle * (risk - scar),
        "scar": muscle * (scar - core),
        "mvo": muscle * core,
    }


def above_valves(heart: Heart, points: Points) -> Field:
    """Share of each voxel above the valve plane, float32, broadcasts with `points`."""
    if float(points.heights_mm.max()) < heart.length_mm - 8:
        return np.zeros(1, dtype=np.float32)
    aorta = _aortic_direction(heart)
    rise = heart.base_slope * (points.u_mm * math.cos(aorta) + points.v_mm * math.sin(aorta))
    above_mm: Field = points.heights_mm - np.clip(rise, -8, 8) - np.float32(heart.length_mm)
    return coverage(-above_mm, 1.0)


def label_stack(shares: Mapping[str, Field], layout: str) -> LabelArray:
    """Label each voxel with the tissue that fills most of it and that the layout knows.

    Args:
        shares: Name of a tissue in `scarmap.labels.TISSUES` to its share of each voxel, all of one
            shape; what they leave is background.
        layout: Label layout.

    Returns:
        Tissue indices of the same shape, uint8.
    """
    shape = next(iter(shares.values())).shape
    stack = np.zeros((len(INDEX), *shape), dtype=np.float32)
    stack[0] = 1 - sum(shares.values())
    for name, share in shares.items():
        stack[INDEX[merged(layout).get(name, name)]] += share
    labels: LabelArray = stack.argmax(axis=0).astype(np.uint8)
    return labels


def _papillary(heart: Heart, depth_mm: Field, points: Points, pixel_mm: float) -> Field:
    middle = 0.5 * heart.length_mm
    reach = (points.heights_mm - middle) / (0.30 * heart.length_mm)
    size = heart.papillary_mm * np.sqrt(np.clip(1 - reach**2, 0, 1))
    axis_mm = (0.72 - 0.10 * np.clip(reach, -1, 1)) * (heart.radius_mm - heart.wall_mm)
    total = np.zeros(depth_mm.shape, dtype=np.float32)
    for direction in np.deg2rad(heart.papillary_deg):
        along = points.u_mm * math.cos(direction) + points.v_mm * math.sin(direction) - axis_mm
        across = points.v_mm * math.cos(direction) - points.u_mm * math.sin(direction)
        distance = np.hypot(0.75 * along, 1.2 * across)
        total = np.maximum(total, coverage(distance - size, pixel_mm) * (size > 1))
    return total


def _around(
    tissues: Mapping[str, Field], rays: Rays, radius_mm: Field, pixel_mm: float
) -> dict[str, Field]:
    """Shares of fat on both sides of the pericardium, and of the pericardium, as dark as bone."""
    held = sum(tissues.values())
    sac = coverage(radius_mm - rays.pericardium_mm, pixel_mm)
    inner_fat = np.maximum(sac - held, 0)
    line = coverage(radius_mm - rays.pericardium_mm - PERICARDIUM_MM, pixel_mm) - sac
    dark = np.clip(0.8 * line, 0, np.maximum(1 - held - inner_fat, 0))
    rim_mm = np.maximum(rays.fat_rim_mm, rays.pericardium_mm + PERICARDIUM_MM)
    outer_fat = coverage(radius_mm - rim_mm, pixel_mm) - sac - line
    left = np.maximum(1 - held - inner_fat - dark, 0)
    return {"fat": inner_fat + np.clip(outer_fat, 0, left), "bone": dark}


def _solid(depth_mm: Field, recess_mm: Field, pixel_mm: float) -> Field:
    """Share of the wall that is tissue in each voxel, where blood reaches in between trabeculae."""
    outlined = np.maximum(1 - coverage(depth_mm, pixel_mm), np.float32(1e-3))
    solid: Field = ((1 - coverage(depth_mm - recess_mm, pixel_mm)) / outlined).astype(np.float32)
    return solid


def _outflow_tract(heart: Heart, points: Points, angle: Field) -> Field:
    """Share of the wall that the left outflow tract opens; readers close the ring there."""
    if heart.tract_mm <= 0 or float(points.heights_mm.max()) < heart.length_mm - heart.tract_mm:
        return np.zeros(1, dtype=np.float32)
    turn = np.abs(np.mod(angle - _aortic_direction(heart) + np.pi, 2 * np.pi) - np.pi)
    sector = np.clip(1.5 - turn / float(np.deg2rad(TRACT_DEG)), 0, 1)
    risen = np.clip(
        (points.heights_mm - heart.length_mm + heart.tract_mm) / (0.6 * heart.tract_mm), 0, 1
    )
    opened: Field = (sector * risen).astype(np.float32)
    return opened


def _great_vessels(heart: Heart, points: Points, pixel_mm: float) -> tuple[Field, Field]:
    """Shares of blood and wall of left atrium and aortic root, above the valves."""
    aorta, atrium = _aortic_direction(heart), _aortic_direction(heart) + math.pi
    axis_mm = 0.52 * heart.radius_mm
    to_aorta = np.hypot(
        points.u_mm - axis_mm * math.cos(aorta), points.v_mm - axis_mm * math.sin(aorta)
    )
    shift_mm = 0.22 * heart.radius_mm
    to_atrium = np.hypot(
        points.u_mm - shift_mm * math.cos(atrium), points.v_mm - shift_mm * math.sin(atrium)
    )
    root = coverage(to_aorta - AORTIC_RADIUS_MM, pixel_mm)
    root_wall = coverage(to_aorta - AORTIC_RADIUS_MM - 2, pixel_mm)
    chamber = coverage(to_atrium - 0.8 * heart.radius_mm, pixel_mm) * (1 - root_wall)
    chamber_wall = coverage(to_atrium - 0.8 * heart.radius_mm - ATRIAL_WALL_MM, pixel_mm) * (
        1 - root_wall
    )
    return root + chamber, (root_wall - root) + (chamber_wall - chamber)


def _aortic_direction(heart: Heart) -> float:
    return float(np.deg2rad(heart.septum_deg - 50))
