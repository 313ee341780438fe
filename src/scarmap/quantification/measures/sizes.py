"""Volumes and masses of the ventricles and their pathology, and the salvage index.

A volume is the number of voxels times their volume: discs, summed over the distance of slice
centres, so that a gap between slices counts to its slices. No-reflow is part of the infarct.
"""

from collections.abc import Collection
from math import nan

import numpy as np

from scarmap.labels import INDEX, REGIONS, MaskArray
from scarmap.volume import Grid, LabelMap

MYOCARDIUM_G_PER_ML = 1.05
"""Density of myocardium, the one that CMRSegTools, Segment and ukbb_cardiac use."""

PARTS: dict[str, tuple[str, ...]] = {
    "normal_myocardium": ("normal_myocardium",),
    "infarct": ("scar", "mvo"),
    "infarct_without_mvo": ("scar",),
    "mvo": ("mvo",),
    "edema": ("edema",),
    "area_at_risk": ("edema", "scar", "mvo"),
}
"""Parts of the wall and the tissues that make them up."""

_NEEDED = {"infarct": "scar", "infarct_without_mvo": "scar", "area_at_risk": "edema"}
"""The tissue that a layout must label for a part to be defined; otherwise it is the part itself."""


def sizes(labels: LabelMap, tissues: Collection[str]) -> dict[str, float]:
    """Volumes, masses and shares of the wall.

    Normal myocardium, edema, infarct without no-reflow and no-reflow make up the wall: their shares
    sum to 100 %.

    Args:
        labels: The segmentation.
        tissues: Tissues that its layout labels; a part that it does not label is NaN.

    Returns:
        Figures by their name in `scarmap.quantification.dictionary.FIGURES`. Shares are NaN without
            a wall.
    """
    counts = np.bincount(labels.array.ravel(), minlength=len(INDEX)) * labels.grid.voxel_ml
    volumes = {name: float(counts[index]) for name, index in INDEX.items()}
    wall_ml = sum(volumes[name] for name in REGIONS["whole_myocardium"])
    figures = {
        "lv_pool_ml": volumes["lv_pool"],
        "rv_pool_ml": volumes["rv_pool"] if "rv_pool" in tissues else nan,
        "myocardium_ml": wall_ml,
        "myocardium_g": wall_ml * MYOCARDIUM_G_PER_ML,
    }
    for part, members in PARTS.items():
        defined = _NEEDED.get(part, part) in tissues
        part_ml = sum(volumes[name] for name in members) if defined else nan
        figures[f"{part}_ml"] = part_ml
        figures[f"{part}_g"] = part_ml * MYOCARDIUM_G_PER_ML
        figures[f"{part}_percent_lv"] = percent(part_ml, wall_ml)
    figures["mvo_percent_infarct"] = percent(figures["mvo_ml"], figures["infarct_ml"])
    return figures


def volume_ml(mask: MaskArray, grid: Grid) -> float:
    """Volume of a mask of any shape: voxels times their volume."""
    return int(np.count_nonzero(mask)) * grid.voxel_ml


def percent(part: float, whole: float) -> float:
    """Share in percent; NaN when the whole is 0.

    >>> percent(1, 4)
    25.0
    """
    return 100.0 * part / whole if whole else nan


def salvage_index(area_at_risk: float, infarct: float) -> float:
    """Share of the area at risk that did not become infarct.

    It is below 0 when the infarct is larger than the area at risk, as two separate drawings may
    have it, and never clipped. NaN without an area at risk. Both must come from the same stack of
    slices.

    Source: myocardial salvage index, 1 - infarct / area at risk (Tufvesson 2016). A consensus on
        infarct end points (Ibanez and others, JACC 2019, Table 3) does not recommend it where the
        area at risk comes from edema.
    Differs: nothing.

    Args:
        area_at_risk: Any unit.
        infarct: The same unit.

    >>> salvage_index(20.0, 15.0), salvage_index(20.0, 25.0)
    (0.25, -0.25)
    """
    return (area_at_risk - infarct) / area_at_risk if area_at_risk else nan
