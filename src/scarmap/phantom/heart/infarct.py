"""An infarct and its edema: a wavefront from the endocardium of a coronary territory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from scarmap.phantom.contour import Field, Wave, draw_waves, ripple

TERRITORIES: Mapping[str, tuple[float, float]] = {
    "LAD": (-60.0, 0.44),
    "RCA": (60.0, 0.56),
    "LCx": (175.0, 0.54),
}
"""Coronary artery: direction of its territory from the septum, degrees, and its height.

Source: Cerqueira et al., Circulation 2002 (LAD: segments 1, 2, 7, 8, 13, 14, 17; RCA: 3, 4, 9, 10,
    15; LCx: 5, 6, 11, 12, 16).
"""

RISK_DEPTH = 1.5
"""Depth of the edema's wavefront: with it the edema is transmural but for its rim."""


@dataclass(frozen=True)
class Focus:
    """One lesion.

    Attributes:
        centre_deg: Direction of its middle.
        half_angle_deg: Half its angular width at the endocardium.
        height_mm: Height of its middle above the epicardial apex.
        half_height_mm: Half its extent along the long axis.
        depth: Share of the wall that it fills at its middle, from the endocardium; above 1 it fills
            more than its middle fully.
    """

    centre_deg: float
    half_angle_deg: float
    height_mm: float
    half_height_mm: float
    depth: float


@dataclass(frozen=True)
class Infarct:
    """An infarct in one coronary territory or two.

    Attributes:
        territory: "LAD", "RCA" or "LCx", of the first focus.
        foci: One lesion or more.
        risk_ratio: Extent of the edema over the extent of the infarct, above 1; 0 for none, as in a
            chronic infarct.
        core: Extent of the no-reflow core over the extent of the infarct; 0 for none.
        core_from: Share of the wall that is spared between the endocardium and the core.
        core_to: Share of the wall where the core ends.
        spared: Share of the wall that is spared between the endocardium and the infarct; 0 but in
            mid-wall lesions.
        fraying: Unevenness of that border, a share of the wall.
        swelling: Thickening of the wall in the middle of the edema, a share of its thickness;
            negative where a chronic infarct has thinned it.
        waves: Ragged border.
    """

    territory: str
    foci: tuple[Focus, ...]
    risk_ratio: float
    core: float
    core_from: float
    core_to: float
    spared: float
    fraying: float
    swelling: float
    waves: tuple[Wave, ...]

    @property
    def chronic(self) -> bool:
        """Whether the infarct is an old one: without edema and without a core."""
        return self.risk_ratio == 0


@dataclass(frozen=True)
class Extent:
    """Where along the wall a ray meets an injury, in shares from the endocardium; -1 for nowhere.

    All broadcast over directions and heights, float32.

    Attributes:
        scar_from: Inner border of the infarct.
        scar_to: Outer border of the infarct.
        risk_to: Outer border of the edema, which lies around the infarct.
        core_from: Inner border of the no-reflow core.
        core_to: Outer border of the core, within the infarct.
        injured: 0 outside the injury to 1 in its middle.
    """

    scar_from: Field
    scar_to: Field
    risk_to: Field
    core_from: Field
    core_to: Field
    injured: Field


def extent(infarct: Infarct, angle: Field, heights_mm: Field) -> Extent:
    """Follow rays through the wall.

    Args:
        infarct: The infarct.
        angle: Direction from the ventricle's axis, radians.
        heights_mm: Heights above the epicardial apex; broadcasts with `angle`.
    """
    scar_to = _front(infarct, angle, heights_mm, ratio=1.0, depth=0.0)
    rough = ripple(angle, infarct.waves, twist_rad=1.3 - heights_mm * 0.05)
    scar_from = infarct.spared + infarct.fraying * np.maximum(rough * 6, 0)
    scar_from = np.where(scar_from > 0.02, np.minimum(scar_from, 0.8 * scar_to), -1)
    risk_to = -np.ones_like(scar_to)
    if not infarct.chronic:
        risk_to = np.maximum(
            _front(infarct, angle, heights_mm, ratio=infarct.risk_ratio, depth=RISK_DEPTH),
            np.minimum(scar_to, 1),
        )
    core_to, core_from = -np.ones_like(scar_to), -np.ones_like(scar_to)
    if infarct.core > 0:
        left = _front(infarct, angle, heights_mm, ratio=infarct.core, depth=1.0)
        core_to = np.where(
            left > 0, np.minimum(infarct.core_to * left, np.minimum(scar_to, 1) - 0.1), left
        )
        core_from = np.where(infarct.core_from > 0, infarct.core_from, scar_from) * np.ones_like(
            scar_to
        )
    widest = infarct.risk_ratio if not infarct.chronic else 1.0
    injured = np.clip(_front(infarct, angle, heights_mm, ratio=widest, depth=1.0), 0, 1)
    parts = (scar_from, scar_to, risk_to, core_from, core_to, injured)
    return Extent(*(part.astype(np.float32) for part in parts))


def reach(
    infarct: Infarct, focus: Focus, angle: Field, heights_mm: Field, *, ratio: float
) -> Field:
    """How far out in a lesion a direction and height lie.

    Args:
        infarct: The infarct.
        focus: One of its lesions.
        angle: Direction from the ventricle's axis, radians.
        heights_mm: Heights; broadcasts with `angle`.
        ratio: Extent of the region over the extent of the infarct.

    Returns:
        Squared distance, float32: 0 in the middle, 1 on the ragged border.
    """
    turn = np.mod(angle - float(np.deg2rad(focus.centre_deg)) + np.pi, 2 * np.pi) - np.pi
    up, down = heights_mm * 0.04, 0.7 - heights_mm * 0.05
    ragged = (
        1
        + ripple(angle, infarct.waves, twist_rad=up)
        + ripple(angle, infarct.waves, twist_rad=down)
    )
    sideways = turn / (float(np.deg2rad(focus.half_angle_deg)) * ratio)
    upwards = (heights_mm - focus.height_mm) / (focus.half_height_mm * ratio)
    squared: Field = ((sideways**2 + upwards**2) / ragged**2).astype(np.float32)
    return squared


def draw_infarct(
    rng: np.random.Generator,
    *,
    septum_deg: float,
    length_mm: float,
    arteries: Mapping[str, float],
    depth: float,
    fraying: float,
    chronic: bool,
    mvo: bool,
) -> Infarct:
    """Draw an infarct of a random artery, of ordinary size; `scaled` makes it smaller or larger.

    Args:
        rng: Source of randomness.
        septum_deg: Direction of the septum's middle.
        length_mm: Epicardial apex to base.
        arteries: How often each artery of `TERRITORIES` is blocked.
        depth: Share of the wall that the infarct fills at its middle.
        fraying: Unevenness of its inner border, a share of the wall.
        chronic: Whether it is an old one.
        mvo: Whether an acute one has a no-reflow core.
    """
    names = list(TERRITORIES)
    territory = str(rng.choice(names, p=[arteries[name] for name in names]))
    first = _draw_focus(rng, territory, septum_deg=septum_deg, length_mm=length_mm, depth=depth)
    foci = [first]
    if rng.random() < 0.1:
        other = names[(names.index(territory) + int(rng.integers(1, 3))) % 3]
        second = _draw_focus(
            rng, other, septum_deg=septum_deg, length_mm=length_mm, depth=0.8 * depth
        )
        foci.append(resized(second, 0.5))
    mid_wall = rng.random() < 0.07
    touching = rng.random() < 0.8
    return Infarct(
        territory=territory,
        foci=tuple(foci),
        risk_ratio=0.0 if chronic else float(rng.uniform(1.1, 1.4)),
        core=float(rng.uniform(0.32, 0.62)) if mvo and not chronic else 0.0,
        core_from=0.0 if touching else float(rng.uniform(0.15, 0.3)),
        core_to=float(rng.uniform(0.4, 0.7)),
        spared=float(rng.uniform(0.15, 0.35)) if mid_wall else 0.0,
        fraying=fraying,
        swelling=float(rng.uniform(-0.45, -0.05)) if chronic else float(rng.uniform(0.25, 0.6)),
        waves=draw_waves(rng, {1: 0.05, 2: 0.06, 3: 0.06, 5: 0.05, 8: 0.04, 13: 0.03}),
    )


def scaled(infarct: Infarct, ratio: float) -> Infarct:
    """The same infarct with lesions of another width and height; narrow ones swell less."""
    foci = tuple(resized(focus, ratio) for focus in infarct.foci)
    widest = max(focus.half_angle_deg for focus in foci)
    before = max(focus.half_angle_deg for focus in infarct.foci)
    swelling = infarct.swelling * _steepness(widest) / _steepness(before)
    return replace(infarct, foci=foci, swelling=swelling)


def resized(focus: Focus, ratio: float) -> Focus:
    """The same lesion with another angular width and height."""
    return replace(
        focus,
        half_angle_deg=focus.half_angle_deg * ratio,
        half_height_mm=focus.half_height_mm * ratio,
    )


def _steepness(half_angle_deg: float) -> float:
    return min(max(half_angle_deg / 45, 0.25), 1.0)


def _draw_focus(
    rng: np.random.Generator, territory: str, *, septum_deg: float, length_mm: float, depth: float
) -> Focus:
    offset, height = TERRITORIES[territory]
    return Focus(
        centre_deg=septum_deg + offset + float(rng.normal(0, 14)),
        half_angle_deg=float(np.clip(rng.normal(40, 8), 26, 60)),
        height_mm=length_mm * float(np.clip(rng.normal(height, 0.08), 0.25, 0.75)),
        half_height_mm=length_mm * float(rng.uniform(0.38, 0.62)),
        depth=depth,
    )


def _front(
    infarct: Infarct, angle: Field, heights_mm: Field, *, ratio: float, depth: float
) -> Field:
    """Outer border of a region of all lesions in shares of the wall; depth 0 is their own."""
    front = np.float32(-np.inf) * np.ones(1, dtype=np.float32)
    for focus in infarct.foci:
        left = 1 - reach(infarct, focus, angle, heights_mm, ratio=ratio)
        wave: Field = np.where(left > 0, np.sqrt(np.abs(left)), left)
        front = np.maximum(front, np.float32(depth or focus.depth) * wave)
    return front
