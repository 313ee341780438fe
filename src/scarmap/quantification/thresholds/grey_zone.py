"""Grey zone: the border of an infarct, where scar and living muscle mix, by two cut-offs on LGE."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import Literal

import numpy as np

from scarmap.labels import INDEX, MaskArray, region_mask
from scarmap.quantification.measures.sizes import MYOCARDIUM_G_PER_ML, percent, volume_ml
from scarmap.quantification.parts import GreyZone
from scarmap.quantification.result import Remote
from scarmap.quantification.thresholds.methods import brightest, grown
from scarmap.volume import LabelMap, Volume


@dataclass(frozen=True)
class _Cuts:
    """Two cut-offs. `unit`: SD above the mean of remote, or percent of the infarct's maximum.

    As in `scarmap.quantification.thresholds.methods`, a value at a cut-off in SD lies below it, and
    one at a percentage of the maximum above.
    """

    lower: float
    upper: float
    unit: Literal["sd", "percent"]
    title: str


GREY_ZONES: Mapping[str, _Cuts] = {
    "sd_2_3": _Cuts(2, 3, "sd", "2 to 3 SD above remote, core above (Yan)"),
    "sd_2_5": _Cuts(2, 5, "sd", "2 to 5 SD above remote, core above"),
    "max_35_50": _Cuts(35, 50, "percent", "35 to 50 % of the infarct's maximum, core above (Roes)"),
}
"""Methods by name. Their sizes must not be pooled; they hardly correlate (Rubenstein 2013)."""


def measure_grey_zones(
    image: Volume, labels: LabelMap, remote: Remote | None, *, signed: bool
) -> tuple[GreyZone, ...]:
    """Divide the infarct and what is bright around it into core and border, by each method.

    Counted are voxels of the wall above the lower cut-off that are joined, face by face, to the
    infarct of the mask. Border is what lies between the cut-offs; core is what reaches the upper
    one, and the mask's no-reflow, which is dark.

    Source: Yan and others, Circulation 2006 (border from 2 up to 3 SD above remote); Roes and
        others, Circ Cardiovasc Imaging 2009 (border from 35 up to 50 % of the infarct's maximum).
        From 2 up to 5 SD is among the variants in use (JCMR 2013, 15:31).
    Differs: only what is joined to the mask's infarct counts, so that noise elsewhere in the wall
        does not; the maximum is the 99.5th percentile of that infarct; no-reflow is core.

    Args:
        image: LGE, on the grid of the mask.
        labels: The mask.
        remote: Remote myocardium; without it the methods in SD are undefined.
        signed: Whether the image is signed (PSIR), where percents of a maximum mean nothing.

    Returns:
        One result per method in `GREY_ZONES`; undefined where the mask holds no infarct.
    """
    return tuple(
        _measured(image, labels, name, _cutoffs(image, labels, cuts, remote, signed))
        for name, cuts in GREY_ZONES.items()
    )


def _cutoffs(
    image: Volume, labels: LabelMap, cuts: _Cuts, remote: Remote | None, signed: bool
) -> tuple[float, float]:
    """Lower and upper cut-off, image units; NaN where the method is undefined."""
    infarct = region_mask(labels.array, "whole_infarct")
    if not infarct.any():
        return nan, nan
    if cuts.unit == "sd":
        if remote is None:
            return nan, nan
        return remote.mean + cuts.lower * remote.sd, remote.mean + cuts.upper * remote.sd
    top = nan if signed else brightest(image.array, infarct)
    return top * cuts.lower / 100, top * cuts.upper / 100


def _measured(
    image: Volume, labels: LabelMap, method: str, cutoffs: tuple[float, float]
) -> GreyZone:
    lower, upper = cutoffs
    core_ml = border_ml = nan
    if not isnan(lower):
        above = np.greater if GREY_ZONES[method].unit == "sd" else np.greater_equal
        core, border = _parts(labels, above(image.array, lower), above(image.array, upper))
        core_ml, border_ml = volume_ml(core, labels.grid), volume_ml(border, labels.grid)
    wall_ml = volume_ml(region_mask(labels.array, "whole_myocardium"), labels.grid)
    return GreyZone(
        method=method,
        title=GREY_ZONES[method].title,
        border_cutoff=lower,
        core_cutoff=upper,
        border_ml=border_ml,
        border_g=border_ml * MYOCARDIUM_G_PER_ML,
        border_percent_lv=percent(border_ml, wall_ml),
        core_ml=core_ml,
        core_g=core_ml * MYOCARDIUM_G_PER_ML,
        core_percent_lv=percent(core_ml, wall_ml),
    )


def _parts(
    labels: LabelMap, above_lower: MaskArray, above_upper: MaskArray
) -> tuple[MaskArray, MaskArray]:
    """Core and border, (X, Y, Z)."""
    dark: MaskArray = labels.array == INDEX["mvo"]
    bright = region_mask(labels.array, "whole_myocardium") & above_lower
    counted = grown(region_mask(labels.array, "whole_infarct"), bright | dark)
    core = counted & (dark | above_upper)
    border: MaskArray = np.logical_and(counted, ~core)
    return core, border
