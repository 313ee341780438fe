"""Chords: rays from the centre of the left ventricle across its wall, one slice at a time.

Masks are interpolated linearly between voxel centres and a border lies where they reach one half,
so that it is not bound to the voxels' edges.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.labels import MaskArray

Numbers = NDArray[np.float64]

_NUM_CHORDS = 100
"""Chords per slice, one every 3.6 degrees."""

_STEPS_PER_VOXEL = 16
"""Samples along a chord per voxel width: a border is found to 0.1 mm in voxels of 1.5 mm."""


@dataclass(frozen=True)
class Chords:
    """The chords of one slice.

    Attributes:
        angle_deg: (A,), direction from +X towards +Y, in millimetres, 0 to 360.
        wall_mm: (A,), length inside the wall; 0 where the chord meets none.
        extent: (A,), length inside the wall up to the outermost infarct over `wall_mm`; NaN without
            wall.
        fraction: (A,), length inside infarct over `wall_mm`; NaN without wall.
        thickness_mm: (A,), distance from where the chord enters the wall to the nearest place where
            any chord leaves it; NaN without wall.
    """

    angle_deg: Numbers
    wall_mm: Numbers
    extent: Numbers
    fraction: Numbers
    thickness_mm: Numbers


def cast_chords(
    wall: MaskArray,
    infarct: MaskArray,
    *,
    centre: tuple[float, float],
    spacing_mm: tuple[float, float],
    number: int = _NUM_CHORDS,
) -> Chords:
    """Send rays from the centre of the left ventricle outwards.

    Source: rays every 3.6 degrees, extent as wall from the endocardium to the outermost infarct
        over wall, as CMRSegTools measures transmurality.
    Differs: borders lie between voxels; the infarcted length is given beside the extent.

    Args:
        wall: (X, Y), whole myocardium.
        infarct: (X, Y), scar and no-reflow, inside the wall.
        centre: Voxel coordinates along (X, Y).
        spacing_mm: Voxel size along (X, Y).
        number: How many, evenly spread; the first points half a step from +X.
    """
    angles: Numbers = np.asarray((np.arange(number) + 0.5) * (360.0 / number), dtype=np.float64)
    step = min(spacing_mm) / _STEPS_PER_VOXEL
    steps = int((_reach_mm(wall, centre, spacing_mm) + max(spacing_mm)) / step)
    radii: Numbers = np.asarray((np.arange(steps) + 0.5) * step, dtype=np.float64)
    directions: Numbers = np.stack([np.cos(np.deg2rad(angles)), np.sin(np.deg2rad(angles))])
    places = directions[:, :, None] * radii  # (2, A, R), millimetres from the centre
    voxels = places / np.reshape(spacing_mm, (2, 1, 1)) + np.reshape(centre, (2, 1, 1))
    share = _sampled(wall, voxels)
    inside = share >= 0.5
    # Interpolated infarct is compared with interpolated wall, or its rim would thin at the borders.
    hurt = inside & (_sampled(infarct, voxels) >= 0.5 * share)
    wall_mm: Numbers = np.asarray(inside.sum(axis=1) * step, dtype=np.float64)
    depth = np.cumsum(inside, axis=1)
    with np.errstate(invalid="ignore"):
        extent: Numbers = np.asarray((depth * hurt).max(axis=1) * step / wall_mm)
        fraction: Numbers = np.asarray(hurt.sum(axis=1) * step / wall_mm)
    return Chords(angles, wall_mm, extent, fraction, _nearest_mm(inside, directions, radii, step))


def ventricle_centre(cavity_and_wall: MaskArray) -> tuple[float, float]:
    """Centre of gravity of the left ventricle in one slice, its holes filled, in voxels.

    Args:
        cavity_and_wall: (X, Y), with at least one voxel.
    """
    x, y = np.nonzero(ndimage.binary_fill_holes(cavity_and_wall))
    return float(x.mean()), float(y.mean())


def directions_deg(
    places: Sequence[NDArray[np.intp]],
    *,
    centre: tuple[float, float],
    spacing_mm: tuple[float, float],
) -> Numbers:
    """Direction of voxels from the centre, degrees from +X towards +Y, 0 up to 360.

    Angles are those of the patient: voxels are scaled to millimetres first.

    Args:
        places: Voxel indices along X and along Y.
        centre: Voxel coordinates along (X, Y).
        spacing_mm: Voxel size along (X, Y).
    """
    across = (places[0] - centre[0]) * spacing_mm[0]
    along = (places[1] - centre[1]) * spacing_mm[1]
    angles: Numbers = np.rad2deg(np.arctan2(along, across)) % 360.0
    return angles


def _reach_mm(
    wall: MaskArray, centre: tuple[float, float], spacing_mm: tuple[float, float]
) -> float:
    offsets = (np.argwhere(wall) - centre) * spacing_mm
    return float(np.hypot(offsets[:, 0], offsets[:, 1]).max(initial=0.0))


def _sampled(mask: MaskArray, voxels: Numbers) -> Numbers:
    values: Numbers = ndimage.map_coordinates(
        mask.astype(np.float64), voxels, order=1, mode="constant"
    )
    return values


def _nearest_mm(inside: MaskArray, directions: Numbers, radii: Numbers, step: float) -> Numbers:
    from scipy.spatial import KDTree  # a quarter of a second that a prediction does not need

    crossed: MaskArray = np.asarray(inside.any(axis=1))
    thickness = np.full(len(crossed), np.nan)
    if not crossed.any():
        return thickness
    first = radii[inside.argmax(axis=1)] - step / 2
    last = radii[inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)] + step / 2
    inner, outer = (directions * first)[:, crossed].T, (directions * last)[:, crossed].T
    between = np.linspace(0, 1, 8, endpoint=False)[:, None, None]
    following = np.roll(outer, -1, axis=0)
    joined = np.concatenate(
        [outer, (outer + between * (following - outer))[:, _adjacent(crossed)].reshape(-1, 2)]
    )
    thickness[crossed] = KDTree(joined).query(inner)[0]
    return thickness


def _adjacent(crossed: MaskArray) -> NDArray[np.intp]:
    """Which of the chords that cross the wall are followed by another one that does."""
    numbers = np.flatnonzero(crossed)
    steps = (np.roll(numbers, -1) - numbers) % len(crossed)
    neighbours: NDArray[np.intp] = np.flatnonzero(steps == 1)
    return neighbours
