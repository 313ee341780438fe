"""Tables of a cohort beside `cohort.csv`: segments, territories, masses per body surface."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan, nan
from pathlib import Path

from scarmap.io.files import write_csv
from scarmap.quantification.measures.segments import TERRITORIES
from scarmap.quantification.result import Quantification, Segment

SEGMENTS_FILE, TERRITORIES_FILE, INDEXED_FILE = "segments.csv", "territories.csv", "indexed.csv"
_VIABLE = ("0", "1-25", "26-50")
"""Classes of transmurality up to half of the wall; above it contraction seldom recovers: Kim and
others, 2000."""
_INDEXED = ("myocardium_g", "infarct_g", "mvo_g")


def write_segments(path: Path, studies: Iterable[Quantification]) -> None:
    """Write one line per case and AHA segment that the stack shows."""
    header = ["case", "segment", "name", "territory", "myocardium_g", "infarct_percent"]
    header += ["edema_percent", "mvo_percent", "transmurality", "viable"]
    lines = []
    for study in _by_name(studies):
        for each in _shown(study):
            shares = (each.figures.infarct_percent, each.figures.edema_percent)
            numbers = (each.figures.myocardium_g, *shares, each.figures.mvo_percent)
            grade = each.figures.transmurality.grade
            told = [study.case, each.number, each.name, each.territory]
            lines.append([*told, *map(_written, numbers), grade, int(grade in _VIABLE)])
    write_csv(path, [header, *lines])


def write_territories(path: Path, studies: Iterable[Quantification]) -> None:
    """Write one line per case and coronary territory: its masses and its viable segments."""
    header = ["case", "territory", "segments", "viable_segments", "myocardium_g", "infarct_g"]
    lines = []
    for study in _by_name(studies):
        for artery in TERRITORIES:
            parts = [each for each in _shown(study) if each.territory == artery]
            if parts:
                lines.append([study.case, artery, len(parts), *_totals(parts)])
    write_csv(path, [[*header, "infarct_percent"], *lines])


def write_indexed(
    path: Path, studies: Iterable[Quantification], body_surface_m2: Mapping[str, float]
) -> None:
    """Write masses per body surface, g/m2, of the cases whose body surface is known.

    Args:
        path: Target.
        studies: The studies.
        body_surface_m2: Case to its body surface; NaN where it is not known.
    """
    lines = []
    for study in _by_name(studies):
        surface = body_surface_m2.get(study.case, nan)
        if not isnan(surface):
            masses = [study.figures[name] / surface for name in _INDEXED]
            lines.append([study.case, _written(surface), *map(_written, masses)])
    write_csv(path, [["case", "body_surface_m2", *(f"{name}_m2" for name in _INDEXED)], *lines])


def _totals(parts: Sequence[Segment]) -> list[object]:
    mass = sum(each.figures.myocardium_g for each in parts)
    infarct = sum(each.figures.myocardium_g * each.figures.infarct_percent / 100 for each in parts)
    viable = sum(each.figures.transmurality.grade in _VIABLE for each in parts)
    return [viable, _written(mass), _written(infarct), _written(100 * infarct / mass)]


def _by_name(studies: Iterable[Quantification]) -> list[Quantification]:
    return sorted(studies, key=lambda study: study.case)


def _shown(study: Quantification) -> list[Segment]:
    return [each for each in study.segments if each.figures.myocardium_g > 0]


def _written(number: float) -> str:
    return "" if isnan(number) else f"{number:.6g}"
