"""The heart: a left ventricle that tapers to its apex, a right ventricle around its septum, and what they hold."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scarmap.labels import INDEX, MERGED, LabelArray
from scarmap.phantom.contour import Field, Wave, coverage, ripple
from scarmap.phantom.infarct import Infarct, injury, reach


@dataclass(frozen=True)
class Heart:
    """Shape of one heart.

    Attributes:
        radius_mm: Largest epicardial radius of the left ventricle.
        wall_mm: Thickness of its wall away from lesions.
        length_mm: Epicardial apex to base.
        widest_mm: Height of the largest radius; the ventricle below it is a half ellipsoid.
        base_taper: Share of the radius lost between there and the base.
        septum_deg: Direction of the septum's middle.
        rv_size: Size of the right ventricle, 1 on average.
        fat_mm: Thickness of the epicardial fat where it is thickest.
        papillary_mm: Radius of the papillary muscles.
        papillary_deg: Direction of each papillary muscle.
        outer: Harmonics of the epicardium.
        inner: Harmonics of the endocardium.
        right: Harmonics of the right ventricle.
        infarct: The infarct, or None in a normal heart.
    """

    radius_mm: float
    wall_mm: float
    length_mm: float
    widest_mm: float
    base_taper: float
    septum_deg: float
    rv_size: float
    fat_mm: float
    papillary_mm: float
    papillary_deg: tuple[float, ...]
    outer: tuple[Wave, ...]
    inner: tuple[Wave, ...]
    right: tuple[Wave, ...]
    infarct: Infarct | None


@dataclass(frozen=True)
class HeartPlane:
    """One thick plane of a heart.

    Attributes:
        truth: Name in `scarmap.labels.TISSUES` to its share of each voxel, (x, y), float32; the contours that a
            reader would draw, papillary muscles counted as blood.
        tissues: Name in `scarmap.phantom.tissue.BRIGHTNESS` to its share of each voxel, (x, y), float32.
    """

    truth: Mapping[str, Field]
    tissues: Mapping[str, Field]


@dataclass(frozen=True)
class Wall:
    """Where voxels lie in the left ventricle, float32.

    Attributes:
        angle: (x, y, 1), direction from the axis, radians.
        endocardium_mm: (x, y, n), distance to the endocardium, negative in the blood.
        epicardium_mm: (x, y, n), distance to the epicardium, negative inside.
    """

    angle: Field
    endocardium_mm: Field
    epicardium_mm: Field


def heart_plane(
    heart: Heart, u_mm: Field, v_mm: Field, *, heights_mm: Field, pixel_mm: float, roughness: Field
) -> HeartPlane:
    """Average a heart over the thickness of one plane.

    Args:
        heart: Its shape.
        u_mm: (x, 1), lateral distance from the left ventricle's axis.
        v_mm: (1, y), anterior distance from it.
        heights_mm: (n,), heights of thin planes that fill the thickness.
        pixel_mm: Width of a voxel.
        roughness: (x, y), smooth noise of unit spread that makes trabeculae.
    """
    u_mm, v_mm = u_mm[..., None], v_mm[..., None]
    wall = left_ventricle(heart, u_mm, v_mm, heights_mm=heights_mm)
    right_mm = right_ventricle(heart, u_mm, v_mm, heights_mm=heights_mm)
    outside = 1 - coverage(wall.epicardium_mm, pixel_mm)
    pool = coverage(wall.endocardium_mm, pixel_mm)
    muscle = np.maximum(1 - outside - pool, 0)
    truth = {
        "lv_pool": pool,
        "rv_pool": outside * coverage(right_mm, pixel_mm),
        **_divide(heart, wall, muscle, heights_mm, pixel_mm),
    }
    trabeculae = np.clip(roughness, 0, 2)[..., None]
    blood = coverage(wall.endocardium_mm + 1.3 * trabeculae, pixel_mm) * (
        1 - _papillary(heart, wall, u_mm, v_mm, heights_mm, pixel_mm)
    )
    slow = blood * np.exp(np.minimum(wall.endocardium_mm, 0) / 4)
    right_blood = outside * coverage(right_mm + 1.8 * trabeculae, pixel_mm)
    right_wall = outside * coverage(right_mm - 2.5, pixel_mm) - right_blood
    tissues = {
        "lv_blood": blood - slow,
        "slow_blood": slow,
        "rv_blood": right_blood,
        "edema": truth["edema"],
        "scar": truth["scar"],
        "no_reflow": truth["mvo"],
        "myocardium": truth["normal_myocardium"] + (pool - blood) + right_wall,
        "fat": _fat(heart, wall, right_mm, pixel_mm) * np.maximum(outside - right_blood - right_wall, 0),
    }
    return HeartPlane(
        {name: share.mean(axis=-1, dtype=np.float32) for name, share in truth.items()},
        {name: share.mean(axis=-1, dtype=np.float32) for name, share in tissues.items()},
    )


def left_ventricle(heart: Heart, u_mm: Field, v_mm: Field, *, heights_mm: Field) -> Wall:
    """Distances to the two borders of the left ventricle, its wall swollen where the infarct is.

    Args:
        heart: Its shape.
        u_mm: (x, 1, 1), lateral distance from the axis.
        v_mm: (1, y, 1), anterior distance from the axis.
        heights_mm: (n,), heights of the planes.
    """
    radius, angle = np.hypot(u_mm, v_mm), np.arctan2(v_mm, u_mm)
    twist = heights_mm * 0.006
    contour = ripple(angle, heart.outer, twist_rad=twist)
    outer = heart.radius_mm * _taper(heights_mm, heart.widest_mm, heart) * (1 + contour)
    apex_mm = 0.7 * heart.wall_mm
    inner = (heart.radius_mm - heart.wall_mm) * _taper(heights_mm - apex_mm, heart.widest_mm - apex_mm, heart)
    inner = inner * (1 + contour + ripple(angle, heart.inner, twist_rad=twist))
    if heart.infarct is not None:
        territory = reach(heart.infarct, angle, heights_mm, ratio=heart.infarct.risk_ratio)
        inner = inner - 0.25 * heart.wall_mm * np.clip(1 - territory, 0, 1)
    inner = np.minimum(inner, outer - 0.6 * heart.wall_mm)
    return Wall(angle, (radius - inner).astype(np.float32), (radius - outer).astype(np.float32))


def right_ventricle(heart: Heart, u_mm: Field, v_mm: Field, *, heights_mm: Field) -> Field:
    """Distance to the border of the right ventricle's blood, before the left ventricle is cut out of it.

    Args:
        heart: Its shape.
        u_mm: (x, 1, 1), lateral distance from the left ventricle's axis.
        v_mm: (1, y, 1), anterior distance from it.
        heights_mm: (n,), heights of the planes.

    Returns:
        (x, y, n), float32, millimetres, negative inside.
    """
    septum = float(np.deg2rad(heart.septum_deg))
    along = u_mm * math.cos(septum) + v_mm * math.sin(septum)
    across = v_mm * math.cos(septum) - u_mm * math.sin(septum)
    level = 1.08 * np.clip((heights_mm - 0.08 * heart.length_mm) / (0.85 * heart.length_mm), 0, 1) ** 0.55
    size = heart.radius_mm * heart.rv_size * level
    along = along - (0.45 * heart.radius_mm + 0.68 * size)
    across = across - 0.10 * size
    angle = np.arctan2(across, along)
    outwards = np.hypot(along / 0.82, across / 1.02)
    border = size * (1 + ripple(angle, heart.right))
    distance_mm: Field = ((outwards - border) * 0.9).astype(np.float32)
    return distance_mm


def label_stack(shares: Mapping[str, Field], layout: str) -> LabelArray:
    """Label each voxel with the tissue that fills most of it, as far as the layout knows that tissue.

    Args:
        shares: Name of a tissue in `scarmap.labels.TISSUES` to its share of each voxel, all of one shape; what
            they leave is background.
        layout: Label layout.

    Returns:
        Tissue indices of the same shape, uint8.
    """
    shape = next(iter(shares.values())).shape
    stack = np.zeros((len(INDEX), *shape), dtype=np.float32)
    stack[0] = 1 - sum(shares.values())
    for name, share in shares.items():
        stack[INDEX[MERGED[layout].get(name, name)]] += share
    labels: LabelArray = stack.argmax(axis=0).astype(np.uint8)
    return labels


def _divide(heart: Heart, wall: Wall, muscle: Field, heights_mm: Field, pixel_mm: float) -> dict[str, Field]:
    if heart.infarct is None:
        none = np.zeros_like(muscle)
        return {"normal_myocardium": muscle, "edema": none, "scar": none, "mvo": none}
    thickness = np.maximum(wall.endocardium_mm - wall.epicardium_mm, 1.0)
    parts = injury(
        heart.infarct,
        wall.angle,
        wall.endocardium_mm,
        thickness_mm=thickness,
        heights_mm=heights_mm,
        pixel_mm=pixel_mm,
    )
    shares = {name: muscle * share for name, share in parts.items()}
    return {"normal_myocardium": muscle - sum(shares.values()), **shares}


def _papillary(heart: Heart, wall: Wall, u_mm: Field, v_mm: Field, heights_mm: Field, pixel_mm: float) -> Field:
    middle = 0.52 * heart.length_mm
    size = heart.papillary_mm * np.sqrt(np.clip(1 - ((heights_mm - middle) / (0.30 * heart.length_mm)) ** 2, 0, 1))
    axis_mm = 0.68 * (heart.radius_mm - heart.wall_mm)
    total = np.zeros(wall.endocardium_mm.shape, dtype=np.float32)
    for direction in np.deg2rad(heart.papillary_deg):
        along = u_mm * math.cos(direction) + v_mm * math.sin(direction) - axis_mm
        across = v_mm * math.cos(direction) - u_mm * math.sin(direction)
        distance = np.hypot(0.75 * along, 1.2 * across)
        total = np.maximum(total, coverage(distance - size, pixel_mm) * (size > 1))
    return total


def _fat(heart: Heart, wall: Wall, right_mm: Field, pixel_mm: float) -> Field:
    outside_mm = -5 * np.logaddexp(-wall.epicardium_mm / 5, -(right_mm - 2.5) / 5)
    thickness = heart.fat_mm * (0.35 + 0.65 * np.cos(0.5 * (wall.angle - float(np.deg2rad(heart.septum_deg)))) ** 2)
    return coverage(outside_mm - thickness, pixel_mm)


def _taper(height_mm: Field, widest_mm: float, heart: Heart) -> Field:
    below = np.sqrt(np.clip(1 - ((widest_mm - height_mm) / widest_mm) ** 2, 0, 1))
    above = 1 - heart.base_taper * ((height_mm - widest_mm) / (heart.length_mm - heart.widest_mm)) ** 2
    taper = np.where(height_mm < widest_mm, below, above)
    return np.where(height_mm > 0, taper, -1).astype(np.float32)
