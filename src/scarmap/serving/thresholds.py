"""Where a slider for "scar above this threshold" begins, by the classical methods."""

from math import isnan
from typing import Any

from scarmap.errors import DataError
from scarmap.labels import region_mask
from scarmap.quantification.stack.wall_slices import wall_slices
from scarmap.quantification.stack.window import cropped, heart_window
from scarmap.quantification.thresholds.methods import METHODS, NEEDS_REMOTE, is_signed, threshold
from scarmap.quantification.thresholds.remote import find_remote
from scarmap.volume import LabelMap, Volume, take_slices


def cutoff(
    image: Volume,
    labels: LabelMap,
    method: str,
    *,
    number: int = 5,
    z: int | None = None,
    signed: bool | None = None,
) -> dict[str, Any]:
    """The cut-off of a method inside the wall of a mask.

    Args:
        image: LGE.
        labels: The mask, on its grid.
        method: "nsd", "fwhm", "otsu", or a name in
            `scarmap.quantification.thresholds.methods.METHODS`.
        number: Standard deviations of "nsd".
        z: One slice; None for the whole stack.
        signed: Whether the image is signed (PSIR); None finds out by negative voxels.

    Returns:
        `value`, and `low` and `high` for a slider, in scanner units; `method` and its `title`.

    Raises:
        DataError: There is no wall, or the method is unknown or undefined here.
    """
    signed = is_signed(image.array) if signed is None else signed
    name = _name(method, number, signed)
    if z is not None:
        image, labels = take_slices(image, z, z + 1), take_slices(labels, z, z + 1)
    window = heart_window(labels.array)
    image, labels = cropped(image, window), cropped(labels, window)
    wall = region_mask(labels.array, "whole_myocardium")
    if not wall.any():
        raise DataError("There is no wall to look at. Draw the wall first.")
    remote = None
    if name in NEEDS_REMOTE:
        remote = find_remote(image.array, labels, wall_slices(labels))
        if remote is None:
            raise DataError(
                "No sector of the wall without scar is wide enough to tell what remote myocardium "
                "looks like. Choose FWHM or Otsu, or the whole stack."
            )
    statistics = remote.statistics if remote else None
    value = threshold(image.array, wall, name, remote=statistics, signed=signed).cutoff
    if isnan(value):
        raise DataError("This threshold is not defined on this image. Choose another one.")
    inside = image.array[wall]
    return {
        "value": value,
        "low": float(inside.min()),
        "high": float(inside.max()),
        "method": name,
        "title": METHODS[name],
    }


def _name(method: str, number: int, signed: bool) -> str:
    """Name of a method; half-maximum of a signed image is measured from remote myocardium."""
    short = {"nsd": f"{number}sd", "fwhm": "fwhm_remote" if signed else "fwhm_max"}
    return short.get(method, method)
