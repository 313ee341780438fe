"""Slices turned as a bullseye is seen, septum left and anterior wall on top; for the eye only."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scarmap.quantification.result import Reference
from scarmap.report.drawing.heart import upright

_Scalar = TypeVar("_Scalar", bound=np.generic)

_TOLERATED_DEG = 65.0
"""A septum this far from the left is still left: hearts differ, and the usual display does not
follow each of them."""


@dataclass(frozen=True)
class View:
    """How a picture is turned.

    Attributes:
        mirrored: Whether left and right change places first.
        quarter_turns: Anticlockwise turns by 90 degrees after that.
    """

    mirrored: bool = False
    quarter_turns: int = 0


AS_STORED = View()


def turned(rows: NDArray[_Scalar], view: View) -> NDArray[_Scalar]:
    """Turn a picture.

    Args:
        rows: (rows, columns).
        view: How.

    Returns:
        (rows, columns), or (columns, rows) after an odd number of quarter turns.
    """
    return np.rot90(rows[:, ::-1] if view.mirrored else rows, view.quarter_turns)


def standard_view(reference: Reference, layout: str) -> View:
    """Find the turn that brings slices shown by `upright` closest to the bullseye.

    Args:
        reference: Where the septum is and which way the segments run. Without a septum a picture
            stays as it is, unless the affine tells that it would be seen from the base; then top
            and bottom change places, as scanners store it.
        layout: Label layout of the study, which `upright` goes by.
    """
    sense = _screen_sense(layout)
    if reference.source == "none":
        from_base = reference.sense_source == "affine" and sense * reference.sense < 0
        return View(mirrored=True, quarter_turns=2) if from_base else AS_STORED
    septum_deg = sense * reference.septum_deg
    mirrored = sense * reference.sense < 0
    if mirrored:
        septum_deg = 180.0 - septum_deg
    away_deg = (180.0 - septum_deg + 180.0) % 360.0 - 180.0
    return View(mirrored, 0 if abs(away_deg) <= _TOLERATED_DEG else round(away_deg / 90.0) % 4)


def _screen_sense(layout: str) -> int:
    """1 when directions from +X towards +Y run anticlockwise on the screen, -1 when clockwise."""
    corner = np.zeros((2, 2), dtype=np.uint8)
    corner[0, 1] = 1  # at +Y
    return 1 if upright(corner, layout)[0, 0] else -1
