"""Measure contrast and noise of labelled cases, the same way on synthetic and on real ones.

Masks are eroded by one voxel in the plane, where partial volume lives; the figure of a case is the
median over the voxels of all its slices; of a cohort, the median over its cases.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from scipy import ndimage

from scarmap.labels import INDEX, MaskArray
from scarmap.phantom.contour import Field
from scarmap.volume import Case

IN_PLANE = np.ones((3, 3, 1), dtype=bool)
FEWEST_VOXELS = 20
"""A structure smaller than this after erosion is not measured."""

Measured = dict[tuple[str, str], float]


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


def summarise(cases: Iterable[Measured]) -> Mapping[tuple[str, str], tuple[float, float, float]]:
    """Key to (median, first, third quartile) over cases, in order of first appearance."""
    collected: dict[tuple[str, str], list[float]] = {}
    for measured in cases:
        for key, value in measured.items():
            collected.setdefault(key, []).append(value)
    return {
        key: (
            float(np.median(values)),
            float(np.percentile(values, 25)),
            float(np.percentile(values, 75)),
        )
        for key, values in collected.items()
    }


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
