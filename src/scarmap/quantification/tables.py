"""Tables of a cohort beside `cohort.csv`: a line per segment, and a line per coronary territory."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from scarmap.io.files import write_csv
from scarmap.quantification.files import written
from scarmap.quantification.measures.territories import is_viable
from scarmap.quantification.result import Quantification

SEGMENTS_FILE, TERRITORIES_FILE = "segments.csv", "territories.csv"

SEGMENT_COLUMNS: Mapping[str, str] = {
    "case": "Case identifier.",
    "segment": "AHA number, 1 to 17; segments that the stack does not show have no line.",
    "name": 'For instance "basal anteroseptal".',
    "territory": "Coronary artery that nominally feeds it.",
    "myocardium_g": "Its mass.",
    "infarct_percent": "Infarct with no-reflow, in percent of that mass.",
    "edema_percent": "Edema outside the infarct, likewise.",
    "mvo_percent": "No-reflow, likewise.",
    "transmurality": "Class of transmurality.",
    "viable": "1 where that class is at most 26-50, else 0; empty where there is none.",
}
"""Column of `segments.csv` to its meaning."""

TERRITORY_COLUMNS: Mapping[str, str] = {
    "case": "Case identifier.",
    "territory": "LAD, RCA or LCX; an artery without a segment in the stack has no line.",
    "segments": "Its AHA segments that the stack shows.",
    "viable_segments": "Those whose class of transmurality is at most 26-50.",
    "myocardium_g": "Their mass.",
    "infarct_g": "Infarct with no-reflow in them: mass.",
    "infarct_percent": "The same in percent of their mass.",
    "edema_g": "Edema outside the infarct: mass.",
    "mvo_g": "No-reflow: mass.",
}
"""Column of `territories.csv` to its meaning."""


def write_tables(folder: Path, studies: Iterable[Quantification]) -> None:
    """Write `segments.csv` and `territories.csv`, the cases sorted by name.

    Args:
        folder: Made if missing.
        studies: The studies; one without an angular reference has no lines.
    """
    ordered = sorted(studies, key=lambda study: study.case)
    segments = [line for study in ordered for line in _segment_lines(study)]
    territories = [line for study in ordered for line in _territory_lines(study)]
    write_csv(folder / SEGMENTS_FILE, [list(SEGMENT_COLUMNS), *segments])
    write_csv(folder / TERRITORIES_FILE, [list(TERRITORY_COLUMNS), *territories])


def _segment_lines(study: Quantification) -> Iterable[list[object]]:
    for each in study.segments:
        wall = each.figures
        if wall.myocardium_g > 0:
            shares = (wall.infarct_percent, wall.edema_percent, wall.mvo_percent)
            viable = is_viable(wall)
            yield [
                study.case,
                each.number,
                each.name,
                each.territory,
                *map(written, (wall.myocardium_g, *shares)),
                wall.transmurality.grade,
                "" if viable is None else int(viable),
            ]


def _territory_lines(study: Quantification) -> Iterable[list[object]]:
    for each in study.territories:
        masses = (each.myocardium_g, each.infarct_g, each.infarct_percent)
        numbers = (each.num_viable_segments, *masses, each.edema_g, each.mvo_g)
        yield [study.case, each.name, each.num_segments, *map(written, numbers)]
