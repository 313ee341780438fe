"""Which end of a stack is the base, and which way round the AHA numbers run.

The cavity and the affine tell. Seen from the apex with the anterior wall up and the septum on
the left, AHA numbers rise counter-clockwise: anterior, septal, inferior, lateral. How that looks in
the array depends on how the array lies in the patient.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scarmap.labels import region_mask
from scarmap.volume import Grid, LabelMap

End = Literal["first", "last"]

_TO_BASE = np.array([0.63, -0.67, 0.38])
"""Usual direction from apex to base in the patient, a unit vector of right, anterior and
superior."""

_TELLING = 0.75
"""Smallest cosine between a stack's axis and the usual one at which its affine is believed."""

_TAPER = 0.8
"""The cavity tells the apex when its mean area in one half of the slices is below this share of
that in the other."""

_ENDS: Mapping[int, End | None] = {1: "last", -1: "first", 0: None}
"""The end that lies at the base where slices run towards it, away from it, or neither."""

_USUAL_SENSE = -1
"""Sense of the numbers where X runs to the right of the usual display and Y downwards."""


def find_base(labels: LabelMap) -> tuple[End, Literal["cavity_area", "affine", "assumed"], bool]:
    """Find the end of the slice axis that lies at the base.

    The cavity narrows towards the apex. Where it hardly does, an oblique affine tells; where
    neither does, the last slice is taken for the base.

    Args:
        labels: The segmentation.

    Returns:
        The end, what told it, and whether cavity and affine disagree (then the cavity is followed).
    """
    cavity, affine = _base_of_cavity(labels), _base_of_affine(labels.grid)
    if cavity is not None:
        return cavity, "cavity_area", affine not in (None, cavity)
    return (affine, "affine", False) if affine is not None else ("last", "assumed", False)


def find_sense(grid: Grid) -> tuple[int, Literal["affine", "assumed"]]:
    """Find whether AHA numbers rise from +X towards +Y (1) or the other way (-1).

    Only the axes in the plane are asked, so the order of the slices does not matter. An affine that
    is not that of an oblique short-axis stack, such as EMIDEC's, tells nothing; then X is taken to
    run to the right and Y downwards in the usual display.

    Args:
        grid: Where the stack lies.
    """
    towards = _towards_base(np.cross(grid.affine[:3, 0], grid.affine[:3, 1]))
    return (-towards, "affine") if towards else (_USUAL_SENSE, "assumed")


def _base_of_cavity(labels: LabelMap) -> End | None:
    areas = np.count_nonzero(region_mask(labels.array, "lv_pool"), axis=(0, 1))
    shown = areas[np.flatnonzero(region_mask(labels.array, "lv_epicardium").any(axis=(0, 1)))]
    half = len(shown) // 2
    if not half:
        return None
    first, last = float(shown[:half].mean()), float(shown[-half:].mean())
    if last < _TAPER * first:
        return "first"
    return "last" if first < _TAPER * last else None


def _base_of_affine(grid: Grid) -> End | None:
    return _ENDS[_towards_base(grid.affine[:3, 2])]


def _towards_base(direction: NDArray[np.float64]) -> int:
    """Whether a direction runs to the base (1) or to the apex (-1); 0 where it tells nothing."""
    length = float(np.linalg.norm(direction))
    cosine = float(direction @ _TO_BASE) / length if length else 0.0
    return int(np.sign(cosine)) if abs(cosine) >= _TELLING else 0
