"""An infarct and the edema around it, as a wavefront that spreads from the endocardium."""

from dataclasses import dataclass

import numpy as np

from scarmap.phantom.contour import Field, Wave, coverage, draw_waves, ripple

TERRITORIES = {"LAD": (-60.0, 0.40), "RCA": (60.0, 0.38), "LCx": (175.0, 0.22)}
"""Coronary artery: direction of its territory's middle from the septum's, degrees, and how often it is drawn."""


@dataclass(frozen=True)
class Infarct:
    """An infarct in one coronary territory.

    Attributes:
        territory: "LAD", "RCA" or "LCx".
        centre_deg: Direction of its middle.
        half_angle_deg: Half its angular width at the endocardium.
        height_mm: Height of its middle above the epicardial apex.
        half_height_mm: Half its extent along the long axis.
        transmurality: Share of the wall that it fills at its middle, from the endocardium; above 1 it fills more
            than its middle fully.
        risk_ratio: Extent of the edema over the extent of the infarct, above 1.
        core: Extent of the no-reflow core over the extent of the infarct; 0 for none.
        waves: Ragged border.
    """

    territory: str
    centre_deg: float
    half_angle_deg: float
    height_mm: float
    half_height_mm: float
    transmurality: float
    risk_ratio: float
    core: float
    waves: tuple[Wave, ...]


def draw_infarct(rng: np.random.Generator, *, septum_deg: float, heights_mm: tuple[float, float]) -> Infarct:
    """Draw an infarct of a random artery.

    Args:
        rng: Source of randomness.
        septum_deg: Direction of the septum's middle.
        heights_mm: Heights between which its middle lies, so that the slices meet it.
    """
    names = list(TERRITORIES)
    territory = names[int(rng.choice(len(names), p=[TERRITORIES[name][1] for name in names]))]
    half_angle = float(np.clip(rng.normal(62, 13), 36, 92))
    return Infarct(
        territory=territory,
        centre_deg=septum_deg + TERRITORIES[territory][0] + float(rng.normal(0, 14)),
        half_angle_deg=half_angle,
        height_mm=float(rng.uniform(*heights_mm)),
        half_height_mm=float(rng.uniform(36, 56)),
        transmurality=float(rng.uniform(0.75, 1.25)),
        risk_ratio=float(rng.uniform(1.15, 1.38)),
        core=float(rng.uniform(0.4, 0.65)) if rng.random() < 0.6 else 0.0,
        waves=draw_waves(rng, {1: 0.08, 2: 0.10, 3: 0.08, 5: 0.05}),
    )


def reach(infarct: Infarct, angle: Field, heights_mm: Field, *, ratio: float) -> Field:
    """How far out in the territory a direction and height lie.

    Args:
        infarct: The infarct.
        angle: Direction from the ventricle's axis, radians.
        heights_mm: Heights; broadcasts with `angle`.
        ratio: Extent of the territory over the extent of the infarct.

    Returns:
        Squared distance, float32: 0 in the middle, 1 on the ragged border.
    """
    centre = float(np.deg2rad(infarct.centre_deg))
    turn = np.mod(angle - centre + np.pi, 2 * np.pi) - np.pi
    ragged = 1 + ripple(angle, infarct.waves, twist_rad=heights_mm * 0.03)
    sideways = turn / (float(np.deg2rad(infarct.half_angle_deg)) * ratio * ragged)
    upwards = (heights_mm - infarct.height_mm) / (infarct.half_height_mm * ratio)
    squared: Field = (sideways**2 + upwards**2).astype(np.float32)
    return squared


def injury(
    infarct: Infarct, angle: Field, depth_mm: Field, *, thickness_mm: Field, heights_mm: Field, pixel_mm: float
) -> dict[str, Field]:
    """Share of each voxel of the wall that is edema, scar or no-reflow core; the three do not overlap.

    Scar is deepest in the middle of the territory and shallow at its border. The edema around it reaches the
    epicardium almost everywhere.

    Args:
        infarct: The infarct.
        angle: Direction from the ventricle's axis, radians, (x, y, 1).
        depth_mm: Distance from the endocardium, (x, y, n).
        thickness_mm: Thickness of the wall, (x, y, n), above 0.
        heights_mm: Heights of the planes, (n,).
        pixel_mm: Width of a voxel.

    Returns:
        "edema", "scar" and "mvo", each (x, y, n), float32, 0 to 1, defined everywhere; only the wall counts.
    """

    def spread(ratio: float, depth: float) -> Field:
        left = 1 - reach(infarct, angle, heights_mm, ratio=ratio)
        front = depth * np.where(left > 0, np.sqrt(np.abs(left)), left).astype(np.float32)
        return coverage(depth_mm - front * thickness_mm, pixel_mm)

    scar = spread(1.0, infarct.transmurality)
    risk = np.maximum(spread(infarct.risk_ratio, max(1.3, infarct.transmurality)), scar)
    core = np.minimum(spread(infarct.core, 0.5), scar) if infarct.core > 0 else np.zeros_like(scar)
    return {"edema": risk - scar, "scar": scar - core, "mvo": core}
