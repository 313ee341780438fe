"""Measure contrast, noise, shape and surroundings of labelled cases, synthetic or real.

Masks are eroded by one voxel in the plane, where partial volume lives; the figure of a case is the
median over the voxels of all its slices; of a cohort, the median over its cases.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy import ndimage

from scarmap.labels import INDEX, MaskArray, region_mask
from scarmap.phantom.contour import Field
from scarmap.volume import Case

IN_PLANE = np.ones((3, 3, 1), dtype=bool)
FEWEST_VOXELS = 20
"""A structure smaller than this after erosion is not measured."""

NEAR_MM = 3.6
"""How far outside the wall its nearest neighbours lie: two pixels of the built-in model."""

FAR_MM = 12.0
"""How far outside the wall its further neighbours lie."""

Measured = dict[tuple[str, str], float]
Summary = Mapping[tuple[str, str], tuple[float, ...]]
"""(sequence, figure) to percentiles over cases, the median first."""


def tissue_levels(case: Case, *, zero: float = 0.0) -> Measured:
    """Median brightness of each labelled tissue in each sequence.

    Args:
        case: A labelled case.
        zero: Scanner units of no signal, which are subtracted.

    Returns:
        (sequence, tissue) to scanner units; tissues that the case lacks are left out.
    """
    masks = _eroded(case)
    return {
        (sequence, tissue): float(np.median(image.array[mask])) - zero
        for sequence, image in case.images.items()
        for tissue, mask in masks.items()
    }


def ratios(levels: Measured, *, to: str = "normal_myocardium") -> Measured:
    """Brightness of each tissue over that of another in the same sequence, where both are known."""
    return {
        (sequence, tissue): level / levels[sequence, to]
        for (sequence, tissue), level in levels.items()
        if tissue != to and (sequence, to) in levels
    }


def noise_levels(case: Case) -> Measured:
    """Spread inside tissues relative to their brightness, and noise relative to normal myocardium.

    "high pass" is the spread of normal myocardium after a Gaussian of 2.5 voxels is taken away;
    "air" the twentieth of the image that is darkest by local mean, frames of zeros left out. Made
    for magnitude images.

    Args:
        case: A labelled case.

    Returns:
        (sequence, figure) to a share.
    """
    masks = _eroded(case)
    found: Measured = {}
    if "normal_myocardium" not in masks:
        return found
    for sequence, image in case.images.items():
        array = image.array
        remote = array[masks["normal_myocardium"]]
        level = float(np.median(remote))
        detail = array - ndimage.gaussian_filter(array, (2.5, 2.5, 0))
        air = _air(array)
        found[sequence, "normal myocardium SD"] = float(remote.std()) / level
        found[sequence, "normal myocardium, high pass SD"] = (
            float(detail[masks["normal_myocardium"]].std()) / level
        )
        found[sequence, "air mean"] = float(air.mean()) / level
        found[sequence, "air SD"] = float(air.std()) / level
        found[sequence, "99.5th percentile"] = float(np.percentile(array, 99.5)) / level
        for tissue in ("lv_pool", "scar"):
            if tissue in masks:
                values = array[masks[tissue]]
                found[sequence, f"{tissue} SD / mean"] = float(values.std() / values.mean())
    return found


def positions(case: Case) -> Measured:
    """Brightness of tissues where normal myocardium is 0 and the pool is 1.

    "normal myocardium SD" and "lv_pool SD" are spreads on the same scale, and "d'" is how far the
    means of a tissue and of normal myocardium lie apart, in root mean square standard deviations.

    Args:
        case: A labelled case.

    Returns:
        (sequence, figure) to a share; empty where normal myocardium or the pool are not measured.
    """
    masks = _eroded(case)
    found: Measured = {}
    if not {"normal_myocardium", "lv_pool"} <= masks.keys():
        return found
    for sequence, image in case.images.items():
        normal, pool = (image.array[masks[name]] for name in ("normal_myocardium", "lv_pool"))
        dark, span = float(np.median(normal)), float(np.median(pool) - np.median(normal))
        for name in ("normal_myocardium", "lv_pool"):
            found[sequence, f"{name} SD"] = float(image.array[masks[name]].std()) / abs(span)
        for name in ("rv_pool", "edema", "scar", "mvo"):
            if name not in masks:
                continue
            values = image.array[masks[name]]
            found[sequence, name] = (float(np.median(values)) - dark) / span
            if name != "rv_pool":
                spread = np.sqrt((values.var() + normal.var()) / 2)
                found[sequence, f"{name} d'"] = float(
                    (values.mean() - normal.mean()) / max(spread, 1e-6)
                )
        found |= _surroundings(case, sequence, dark, span)
    return found


def shapes(case: Case) -> Measured:
    """Sizes of the wall and of what is in it.

    Shares do not depend on the pixel's size or aspect. "area over contact" is the wall's area over
    the length of its border with the pool, which voxel faces measure too long by 4 / pi.

    Args:
        case: A labelled case.

    Returns:
        ("shape", figure) to millimetres or a share; empty where there is no wall.
    """
    assert case.labels is not None
    labels = case.labels.array
    wall, pool = (region_mask(labels, name) for name in ("whole_myocardium", "lv_pool"))
    if not (wall.any() and pool.any()):
        return {}
    across, down = case.labels.grid.spacing_mm[:2]
    faces = [(wall & _shifted(pool, step, axis)).sum() for axis in (0, 1) for step in (-1, 1)]
    contact_mm = np.pi / 4 * float((faces[0] + faces[1]) * down + (faces[2] + faces[3]) * across)
    injury, infarct = (
        int(region_mask(labels, name).sum()) for name in ("scar_and_edema", "whole_infarct")
    )
    cavity = np.sort(
        (pool.sum((0, 1)) / np.maximum((pool | wall).sum((0, 1)), 1))[(pool | wall).any((0, 1))]
    )
    found = {
        ("shape", "wall, area over contact, mm"): float(wall.sum())
        * across
        * down
        / max(contact_mm, 1e-6),
        ("shape", "wall, share of the epicardial area"): float(wall.sum() / (wall | pool).sum()),
        ("shape", "cavity of the slice with least of it, share of the epicardial area"): float(
            cavity[0]
        ),
        ("shape", "cavity of the slice with most of it, share of the epicardial area"): float(
            cavity[-1]
        ),
    }
    if infarct:
        found["shape", "infarct, share of the wall"] = infarct / float(wall.sum())
    if injury > infarct:
        found["shape", "edema, share of the injury"] = 1 - infarct / injury
    if (core := int((labels == INDEX["mvo"]).sum())) > 0:
        found["shape", "no-reflow, share of the infarct"] = core / infarct
    return found


def summarise(cases: Iterable[Measured], percentiles: Sequence[float] = (50, 25, 75)) -> Summary:
    """Percentiles over cases by key, by default median and quartiles."""
    collected: dict[tuple[str, str], list[float]] = {}
    for measured in cases:
        for key, value in measured.items():
            collected.setdefault(key, []).append(value)
    return {
        key: tuple(float(each) for each in np.percentile(values, percentiles))
        for key, values in collected.items()
    }


def between(phantom: Summary, real: Summary, other: Summary) -> dict[tuple[str, str], str]:
    """What is told of the phantom's figures whose medians lie between those of two data sets."""
    return {
        key: "between the two data sets"
        for key in phantom.keys() & real.keys() & other.keys()
        if (phantom[key][0] - real[key][0]) * (phantom[key][0] - other[key][0]) <= 0
    }


def _surroundings(case: Case, sequence: str, dark: float, span: float) -> Measured:
    """Unlabelled surroundings of the wall: the share nearer to blood, and its middle."""
    assert case.labels is not None
    found: Measured = {}
    array = case.images[sequence].array
    for title, mask in _outside(case).items():
        values = (array[mask] - dark) / span
        if values.size >= FEWEST_VOXELS:
            found[sequence, f"{title}, bright share"] = float((values > 0.5).mean())
            found[sequence, f"{title}, median"] = float(np.median(values))
    return found


def _outside(case: Case) -> dict[str, MaskArray]:
    assert case.labels is not None
    labels, across, down = case.labels.array, *case.labels.grid.spacing_mm[:2]
    heart = region_mask(labels, "lv_epicardium")
    distance_mm = np.full(labels.shape, np.inf)
    for index in range(labels.shape[2]):
        if heart[..., index].any():
            distance_mm[..., index] = ndimage.distance_transform_edt(
                ~heart[..., index], sampling=(across, down)
            )
    free = (labels == INDEX["background"]) & (distance_mm > 0)
    return {
        f"{NEAR_MM:g} mm outside": free & (distance_mm <= NEAR_MM),
        f"{NEAR_MM:g} to {FAR_MM:g} mm outside": free
        & (distance_mm > NEAR_MM)
        & (distance_mm <= FAR_MM),
    }


def _shifted(mask: MaskArray, step: int, axis: int) -> MaskArray:
    """A mask moved by a voxel; nothing enters from the other side."""
    moved = np.roll(mask, step, axis)
    edge = [slice(None)] * mask.ndim
    edge[axis] = slice(0, 1) if step > 0 else slice(-1, None)
    moved[tuple(edge)] = False
    return moved


def _eroded(case: Case) -> dict[str, MaskArray]:
    assert case.labels is not None
    masks = {
        tissue: ndimage.binary_erosion(case.labels.array == INDEX[tissue], IN_PLANE)
        for tissue in INDEX
        if tissue != "background"
    }
    return {tissue: mask for tissue, mask in masks.items() if mask.sum() >= FEWEST_VOXELS}


def _air(array: Field) -> Field:
    local = ndimage.uniform_filter(array, (9, 9, 1))
    inside = ndimage.uniform_filter((array > 0).astype(np.float32), (9, 9, 1)) > 0.9
    air: Field = array[inside & (local <= np.percentile(local[inside], 5))]
    return air
