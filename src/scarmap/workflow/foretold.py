"""Volumes with their intervals, as `scarmap quantify` wrote them, scored against the truth."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

from scarmap.errors import DataError
from scarmap.evaluation.crps import Foretold, crps, cumulative
from scarmap.io.scores import Score, values_by_case
from scarmap.quantification.files import FILE, read_quantification
from scarmap.quantification.result import Quantification

CONVENTION = "myosaiq"
_STRUCTURES: Mapping[str, tuple[str, ...]] = {
    "lv_pool_ml": ("lv_pool",),
    "myocardium_ml": ("whole_myocardium",),
    "infarct_ml": ("whole_infarct", "scar"),
    "mvo_ml": ("mvo",),
}
"""Figure of a study to the structure that `cases.csv` measures it by, the first that a case has."""
_CONFIDENCE = 0.9
"""Of an interval that claims none."""


def foretold_volumes(folder: Path) -> dict[str, dict[str, Foretold]]:
    """Read the volumes of a cohort with their intervals.

    Args:
        folder: What `scarmap quantify MASKS --out` wrote.

    Returns:
        Case to figure to volume.

    Raises:
        DataError: No study is there, or one is damaged.
    """
    files = sorted(folder.glob(f"studies/*/{FILE}")) or sorted(folder.glob(FILE))
    if not files:
        raise DataError(
            f"{folder} holds no measured study. Give the folder that `scarmap quantify MASKS "
            "--out` wrote of the predictions."
        )
    studies = [read_quantification(path) for path in files]
    return {study.case: _of_study(study) for study in studies}


def _of_study(study: Quantification) -> dict[str, Foretold]:
    found = {}
    for figure in _STRUCTURES:
        volume = study.figures.get(figure)
        if volume is None or not isfinite(volume):
            continue
        interval = study.intervals.get(figure)
        if interval is None:
            found[figure] = Foretold(volume, volume, volume)
        else:
            known = isfinite(interval.confidence)
            confidence = interval.confidence if known else _CONFIDENCE
            found[figure] = Foretold(volume, interval.low, interval.high, confidence)
    return found


def score_volumes(
    rows: Sequence[Score], foretold: Mapping[str, Mapping[str, Foretold]]
) -> list[Score]:
    """Score foretold volumes against the true ones that scores of masks tell.

    Args:
        rows: Scores of the same masks; under `case3d` they tell the true volumes.
        foretold: Case to figure to volume.

    Returns:
        A row per case and structure that both know, convention "myosaiq", metric "crps".
    """
    scored = []
    for figure, structures in _STRUCTURES.items():
        true_ml = _true_ml(rows, structures)
        for case, (structure, volume) in sorted(true_ml.items()):
            if figure in foretold.get(case, {}):
                value = crps(cumulative(foretold[case][figure]), volume)
                scored.append(Score(case, CONVENTION, structure, "crps", value, "ratio"))
    return scored


def _true_ml(rows: Sequence[Score], structures: Sequence[str]) -> dict[str, tuple[str, float]]:
    """Case to the first structure that it has, and its true volume."""
    found: dict[str, tuple[str, float]] = {}
    for structure in structures:
        volume, excess = (
            values_by_case(rows, convention="case3d", structure=structure, metric=metric)
            for metric in ("volume_ml", "volume_difference_ml")
        )
        for case in volume.keys() & excess.keys():
            found.setdefault(case, (structure, volume[case] - excess[case]))
    return found
