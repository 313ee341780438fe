"""Parts of the wall measured: how deep infarct reaches, how thick and of what tissue it is.

No-reflow counts as infarct before anything is computed.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from math import isnan, nan

import numpy as np

from scarmap.labels import INDEX, REGIONS, MaskArray
from scarmap.quantification.measures.sizes import MYOCARDIUM_G_PER_ML, percent
from scarmap.quantification.result import Transmurality, WallFigures
from scarmap.quantification.stack.chords import Chords, Numbers
from scarmap.quantification.stack.wall_slices import WallSlice

VARIANTS = ("extent", "fraction", "area")
"""What may decide the class of transmurality; the first is the default."""

GRADES = ("0", "1-25", "26-50", "51-75", "76-100")
_EDGES_PERCENT = (25.0, 50.0, 75.0)
"""The usual quarters of the wall: Kim and others, 2000, on recovery after revascularisation."""

Within = Callable[[Numbers], MaskArray]


def everywhere(angles_deg: Numbers) -> MaskArray:
    """The whole circle."""
    return np.ones(len(angles_deg), dtype=bool)


def measure_wall(
    slices: Sequence[WallSlice],
    within: Within = everywhere,
    *,
    voxel_ml: float,
    tissues: Collection[str],
    variant: str = VARIANTS[0],
) -> WallFigures:
    """Measure a part of the wall.

    Chords are taken from slices with a cavity: where there is none the wall lies in the plane, and
    a ray along it says nothing about depth.

    Args:
        slices: The slices that the part lies in.
        within: Directions in degrees to which of them belong to the part.
        voxel_ml: Volume of a voxel.
        tissues: Tissues that the layout labels; percentages of others are NaN.
        variant: A name in `VARIANTS`, which decides the class.

    Returns:
        The figures; a part without a voxel has 0 g and undefined percentages.
    """
    number = _voxels_of(slices, within)
    wall = sum(number[name] for name in REGIONS["whole_myocardium"])
    area_percent = percent(number["scar"] + number["mvo"], wall)
    chords = [_chosen(each.chords, within) for each in slices if each.has_cavity]
    transmurality = summarise_chords(
        _joined(chords, "extent"),
        _joined(chords, "fraction"),
        area_percent=area_percent,
        variant=variant,
    )
    return WallFigures(
        myocardium_g=wall * voxel_ml * MYOCARDIUM_G_PER_ML,
        infarct_percent=area_percent if "scar" in tissues else nan,
        edema_percent=percent(number["edema"], wall) if "edema" in tissues else nan,
        mvo_percent=percent(number["mvo"], wall) if "mvo" in tissues else nan,
        mvo=number["mvo"] > 0 if "mvo" in tissues else None,
        transmurality=transmurality if "scar" in tissues else _unknown(transmurality.num_chords),
        wall_thickness_mm=_mean(_joined(chords, "thickness_mm")),
        wall_thickness_radial_mm=_mean(_joined(chords, "wall_mm")),
    )


def summarise_chords(
    extent: Numbers, fraction: Numbers, *, area_percent: float, variant: str
) -> Transmurality:
    """Means and largest values over chords.

    Args:
        extent: (A,), share of the wall up to the outermost infarct; NaN where a chord meets no
            wall.
        fraction: (A,), infarcted share of the wall.
        area_percent: Infarct voxels over wall voxels of the same part.
        variant: A name in `VARIANTS`, which decides the class.
    """
    crossing = ~np.isnan(extent)
    extent, fraction = 100.0 * extent[crossing], 100.0 * fraction[crossing]
    infarcted = fraction > 0
    mean = {"extent": _mean(extent), "fraction": _mean(fraction), "area": area_percent}
    return Transmurality(
        num_chords=len(extent),
        num_infarcted_chords=int(np.count_nonzero(infarcted)),
        extent_mean_percent=mean["extent"],
        extent_infarcted_mean_percent=_mean(extent[infarcted]),
        extent_maximum_percent=float(extent.max()) if len(extent) else nan,
        fraction_mean_percent=mean["fraction"],
        fraction_infarcted_mean_percent=_mean(fraction[infarcted]),
        fraction_maximum_percent=float(fraction.max()) if len(extent) else nan,
        area_percent=area_percent,
        grade=grade(mean[variant]),
    )


def grade(transmurality_percent: float) -> str:
    """Class of a transmurality; an upper end belongs to the lower class, "0" means none at all.

    >>> [grade(value) for value in (0.0, 0.4, 25.0, 25.1, 75.5, 100.0)]
    ['0', '1-25', '1-25', '26-50', '76-100', '76-100']
    """
    if isnan(transmurality_percent):
        return ""
    if transmurality_percent <= 0:
        return GRADES[0]
    return GRADES[1 + int(np.searchsorted(_EDGES_PERCENT, transmurality_percent))]


def _unknown(num_chords: int) -> Transmurality:
    """Depth of an infarct that was not assessed."""
    return Transmurality(num_chords, 0, nan, nan, nan, nan, nan, nan, nan, "")


def _voxels_of(slices: Sequence[WallSlice], within: Within) -> dict[str, int]:
    counts = np.zeros(len(INDEX), dtype=np.int64)
    for each in slices:
        counts += np.bincount(each.voxel_tissue[within(each.voxel_deg)], minlength=len(INDEX))
    return {name: int(counts[index]) for name, index in INDEX.items()}


def _chosen(chords: Chords, within: Within) -> Chords:
    """The chords in a part of the wall, without those that meet no wall."""
    chosen = within(chords.angle_deg) & (chords.wall_mm > 0)
    return Chords(*(getattr(chords, field.name)[chosen] for field in fields(Chords)))


def _joined(chords: Sequence[Chords], what: str) -> Numbers:
    return np.concatenate([np.zeros(0), *(getattr(each, what) for each in chords)])


def _mean(values: Numbers) -> float:
    return float(values.mean()) if len(values) else nan
