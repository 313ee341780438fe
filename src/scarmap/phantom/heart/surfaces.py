"""The surfaces of a heart: how far from the axis each lies, in any direction and at any height.

They are functions of direction and height, tabulated every half degree and half millimetre: each
plane is cut out of the table, and the exact truth is integrated from it.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from scarmap.phantom.contour import Field, Wave, ripple
from scarmap.phantom.heart.infarct import Infarct, extent

DIRECTIONS = 720
LEVEL_MM = 0.5
RV_APEX = 0.13
"""Height of the right ventricle's apex, a share of the heart's length."""

ABOVE_MM = 45.0
"""How far above the base the table reaches."""


@dataclass(frozen=True)
class Heart:
    """Shape of one heart.

    Attributes:
        radius_mm: Largest epicardial radius of the left ventricle.
        wall_mm: Thickness of its wall away from lesions.
        length_mm: Epicardial apex to the middle of the valve plane.
        widest_mm: Height of the largest radius; the ventricle below it is a half ellipsoid.
        base_taper: Share of the radius lost between there and the base.
        base_slope: Rise of the valve plane per millimetre towards the aorta.
        septum_deg: Direction of the septum's middle.
        septal_bulk: Share by which the septum is thicker, and the lateral wall thinner, than the
            mean.
        apical_loss: Share of the wall's thickness lost between the widest level and the apex.
        contact_deg: Half the arc that the right ventricle touches, at the base.
        rv_depth_mm: Largest distance between septum and free wall, at the base.
        outflow: How much deeper the right ventricle is on its anterior side than in its middle.
        acute_margin: How much further its corner above the diaphragm stands out.
        rv_wall_mm: Thickness of its free wall.
        fat_mm: Mean thickness of the epicardial fat over the septum's side.
        lateral_fat: The same over the lateral wall, a share of `fat_mm`.
        outer_fat_mm: Mean thickness of the fat outside the pericardium.
        trabecula_mm: Depth of the trabeculae near the apex.
        recess_mm: How far blood reaches between trabeculae into what a reader outlines as wall.
        tract_mm: How far below the valves the left outflow tract is open where a reader outlines
            wall.
        papillary_mm: Radius of the papillary muscles.
        papillary_deg: Direction of each papillary muscle.
        outer: Harmonics of the epicardium.
        inner: Harmonics of the endocardium.
        right: Harmonics of the right ventricle's free wall.
        crests: Harmonics of the trabeculae.
        patches: Harmonics of the epicardial fat's thickness.
        outer_patches: Harmonics of the thickness of the fat outside the pericardium.
        infarct: The infarct, or None in a normal heart.
    """

    radius_mm: float
    wall_mm: float
    length_mm: float
    widest_mm: float
    base_taper: float
    base_slope: float
    septum_deg: float
    septal_bulk: float
    apical_loss: float
    contact_deg: float
    rv_depth_mm: float
    outflow: float
    acute_margin: float
    rv_wall_mm: float
    fat_mm: float
    lateral_fat: float
    outer_fat_mm: float
    trabecula_mm: float
    recess_mm: float
    tract_mm: float
    papillary_mm: float
    papillary_deg: tuple[float, ...]
    outer: tuple[Wave, ...]
    inner: tuple[Wave, ...]
    right: tuple[Wave, ...]
    crests: tuple[Wave, ...]
    patches: tuple[Wave, ...]
    outer_patches: tuple[Wave, ...]
    infarct: Infarct | None


@dataclass(frozen=True)
class Rays:
    """Surfaces along rays from the axis of the left ventricle, all of one shape, float32.

    Attributes:
        endocardium_mm: Distance of the endocardium; negative where there is no cavity.
        epicardium_mm: Distance of the epicardium; negative below the apex.
        right_mm: Distance of the right ventricle's free wall from inside, below the epicardium
            where there is none.
        right_wall_mm: The same from outside.
        pericardium_mm: Distance of the pericardium, with the epicardial fat inside.
        trabecula_mm: How far trabeculae stand out from the endocardium.
        scar_from: Inner border of the infarct, a share of the wall from the endocardium; -1 where
            there is none.
        scar_to: Outer border of the infarct.
        risk_to: Outer border of the edema.
        core_from: Inner border of the no-reflow core.
        core_to: Outer border of the core.
        fat_rim_mm: Outer border of the fat outside the pericardium.
    """

    endocardium_mm: Field
    epicardium_mm: Field
    right_mm: Field
    right_wall_mm: Field
    pericardium_mm: Field
    trabecula_mm: Field
    scar_from: Field
    scar_to: Field
    risk_to: Field
    core_from: Field
    core_to: Field
    fat_rim_mm: Field


def trace(heart: Heart, angle: Field, heights_mm: Field) -> Rays:
    """Distances of all surfaces in some directions at some heights.

    Args:
        heart: Its shape.
        angle: Direction from the axis, radians.
        heights_mm: Heights above the epicardial apex; broadcasts with `angle`.
    """
    shape = np.broadcast_shapes(np.shape(angle), np.shape(heights_mm))
    twist = heights_mm * 0.006
    contour = ripple(angle, heart.outer, twist_rad=twist)
    outer = heart.radius_mm * _taper(heart, heights_mm, heart.widest_mm) * (1 + contour)
    apex_mm = 0.7 * heart.wall_mm
    inner = (heart.radius_mm - heart.wall_mm) * _taper(
        heart, heights_mm - apex_mm, heart.widest_mm - apex_mm
    )
    inner = inner * (1 + contour + ripple(angle, heart.inner, twist_rad=twist))
    septum = float(np.deg2rad(heart.septum_deg))
    bulk = heart.septal_bulk * np.cos(angle - septum)
    bulk = bulk - heart.apical_loss * np.clip(1 - heights_mm / heart.widest_mm, 0, 1)
    injury = [np.full(1, -1, dtype=np.float32)] * 5
    if heart.infarct is not None:
        found = extent(heart.infarct, angle, heights_mm)
        bulk = bulk + heart.infarct.swelling * np.minimum(1.4 * found.injured**2, 1)
        injury = [found.scar_from, found.scar_to, found.risk_to, found.core_from, found.core_to]
    inner = np.minimum(inner - heart.wall_mm * bulk, outer - 0.4 * heart.wall_mm)
    beyond = _right(heart, angle - septum, heights_mm)
    right = np.where(
        beyond > 0,
        outer + beyond * (1 + ripple(angle, heart.right, twist_rad=2 * twist)),
        outer - 9,
    )
    wall = _right(heart, angle - septum, heights_mm, wider_mm=heart.rv_wall_mm)
    covered = np.maximum(
        right + heart.rv_wall_mm, np.where(wall > 0, outer + np.minimum(wall, 8), outer - 5)
    )
    groove = outer + 0.7 * _right(heart, angle - septum, heights_mm, wider_mm=14.0, sharpness=1.0)
    sac = np.maximum(np.maximum(covered, groove), outer) + _epicardial_fat(heart, angle, heights_mm)
    rim = sac + heart.outer_fat_mm * np.clip(
        0.5 + ripple(angle, heart.outer_patches, twist_rad=-twist), 0, 2.5
    )
    crest = np.clip(ripple(angle, heart.crests, twist_rad=heights_mm * 0.02), 0, 1.6) ** 1.5
    crest = (
        heart.trabecula_mm * crest * (0.3 + 0.7 * np.clip(1 - heights_mm / heart.widest_mm, 0, 1))
    )
    parts = (inner, outer, right, covered, sac, crest, *injury, rim)
    return Rays(*(np.broadcast_to(part, shape).astype(np.float32) for part in parts))


def tabulate(heart: Heart) -> NDArray[np.float32]:
    """Trace a heart in every direction and at every height.

    Args:
        heart: Its shape.

    Returns:
        (surfaces in the order of `Rays`, levels, `DIRECTIONS`), float32.
    """
    levels = int((heart.length_mm + ABOVE_MM) / LEVEL_MM) + 1
    heights = (np.arange(-1, levels) * LEVEL_MM).astype(np.float32)[:, None]
    angle = (np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)).astype(np.float32)[None]
    rays = trace(heart, angle, heights)
    return np.stack([getattr(rays, field.name) for field in fields(rays)])


def look_up(table: NDArray[np.float32], angle: Field, heights_mm: Field) -> Rays:
    """Surfaces along rays, from the table.

    Args:
        table: From `tabulate`.
        angle: Direction from the axis, radians, -pi to 2 pi.
        heights_mm: Heights; broadcasts with `angle`.
    """
    turn = np.rint(angle * np.float32(DIRECTIONS / (2 * np.pi))).astype(np.int32)
    turn += np.where(turn < 0, DIRECTIONS, 0)
    turn -= np.where(turn >= DIRECTIONS, DIRECTIONS, 0)
    level = np.rint(heights_mm * np.float32(1 / LEVEL_MM)).astype(np.int32) + 1
    place = np.clip(level, 0, table.shape[1] - 1) * DIRECTIONS + turn
    return Rays(*(surface.ravel().take(place) for surface in table))


def contact_half_angle(heart: Heart, heights_mm: Field) -> Field:
    """Half the arc that the right ventricle touches, radians; its ends are the insertion points.

    Source: arcs of the mean shape of 1093 healthy hearts and of MyoPS 2020, which grow from 65
        degrees near the
    apex to 115 to 140 at the base.
    """
    grown = np.clip((heights_mm / heart.length_mm - RV_APEX) / 0.6, 0, 1) ** 0.6
    half: Field = np.deg2rad(heart.contact_deg * (0.55 + 0.45 * grown)).astype(np.float32)
    return half


def _right(
    heart: Heart, turn: Field, heights_mm: Field, *, wider_mm: float = 0.0, sharpness: float = 0.5
) -> Field:
    """Distance of the epicardium from the right ventricle, negative outside the contact."""
    level = heights_mm / heart.length_mm
    depth = heart.rv_depth_mm * np.clip((level - RV_APEX) / 0.78, 0, 1.15) ** 0.6
    turn = np.mod(turn + np.pi, 2 * np.pi) - np.pi
    place = turn / (contact_half_angle(heart, heights_mm) + wider_mm / heart.radius_mm)
    shape = np.clip(1 - np.abs(place) ** 2.2, 0, 1) ** sharpness
    skew = 1 - heart.outflow * np.clip(level, 0, 1) * np.clip(place, -1, 1)
    skew = skew + heart.acute_margin * (np.exp(-(((place - 0.35) / 0.28) ** 2)) - 0.3)
    beyond: Field = np.where(np.abs(place) < 1, depth * shape * skew, -1).astype(np.float32)
    return beyond


def _epicardial_fat(heart: Heart, angle: Field, heights_mm: Field) -> Field:
    """Thickness of the fat between heart and pericardium, with bulges and bare places."""
    septal = np.cos(0.5 * (angle - float(np.deg2rad(heart.septum_deg)))) ** 2
    usual = heart.fat_mm * (heart.lateral_fat + (1 - heart.lateral_fat) * septal)
    thickness: Field = usual * np.clip(
        1 + ripple(angle, heart.patches, twist_rad=heights_mm * 0.02), 0.05, 2.5
    )
    return thickness


def _taper(heart: Heart, height_mm: Field, widest_mm: float) -> Field:
    below = np.sqrt(np.clip(1 - ((widest_mm - height_mm) / widest_mm) ** 2, 0, 1))
    above = (
        1
        - heart.base_taper
        * np.clip((height_mm - widest_mm) / (heart.length_mm - heart.widest_mm), 0, 2) ** 2
    )
    taper = np.where(height_mm < widest_mm, below, above)
    return np.where(height_mm > 0, taper, -1).astype(np.float32)
