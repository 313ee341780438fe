"""Two versions side by side: how well their masks agree, and how their figures differ."""

from math import isnan
from typing import Any

from scarmap.errors import GeometryError
from scarmap.evaluation.conventions import CONVENTIONS
from scarmap.labels import TISSUES
from scarmap.quantification.dictionary import FIGURES
from scarmap.quantification.result import Quantification
from scarmap.serving.measuring import number
from scarmap.volume import LabelMap, check_same_grid

_CONVENTION = "case3d"
_TITLES = {tissue.name: tissue.title for tissue in TISSUES} | {
    "whole_myocardium": "LV wall",
    "lv_epicardium": "LV wall and cavity",
    "scar_and_edema": "edema and infarct together",
    "whole_infarct": "infarct with no-reflow",
}
_METRICS = {
    "dice": "dice",
    "hausdorff95_mm": "hd95_mm",
    "volume_difference_ml": "difference_ml",
}


def on_one_grid(first: LabelMap, second: LabelMap) -> bool:
    """Whether two masks can be laid over each other."""
    try:
        check_same_grid(first.grid, second.grid, what="Both masks")
    except GeometryError:
        return False
    return True


def agreement(first: LabelMap, second: LabelMap) -> list[dict[str, Any]]:
    """Overlap, distance and difference of volume of each region, second - first.

    Args:
        first: The mask that the other one is compared with.
        second: The other one, on the same grid.
    """
    rows: dict[str, dict[str, Any]] = {}
    for each in CONVENTIONS[_CONVENTION](second, first, "scarmap"):
        row = rows.setdefault(
            each.structure,
            {"region": each.structure, "title": _TITLES.get(each.structure, each.structure)},
        )
        if each.metric in _METRICS:
            row[_METRICS[each.metric]] = number(each.value)
    return list(rows.values())


def differences(first: Quantification, second: Quantification) -> list[dict[str, Any]]:
    """Each figure of both, and second - first."""
    rows = []
    for figure in FIGURES:
        a, b = first.figures[figure.name], second.figures[figure.name]
        if isnan(a) and isnan(b):
            continue
        rows.append(
            {
                "name": figure.name,
                "title": figure.meaning.removesuffix("."),
                "unit": figure.unit,
                "a": number(a),
                "b": number(b),
                "difference": number(b - a),
            }
        )
    return rows
