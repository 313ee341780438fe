"""The numbers of the page as text: one table per convention, and the cases from best to worst."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan
from statistics import fmean
from typing import Any

from scarmap.evaluation.table import Row, summarise, values_by_case
from scarmap.report.display import region_colour, region_title, regions_in_order

METRICS: Mapping[str, tuple[str, float]] = {
    "dice": ("Dice, %", 100.0),
    "hausdorff95_mm": ("HD95, mm", 1.0),
    "hausdorff_mm": ("Hausdorff, mm", 1.0),
    "assd_mm": ("ASSD, mm", 1.0),
    "volume_difference_ml": ("Volume difference, ml", 1.0),
    "volume_difference_ratio": ("Volume difference, %", 100.0),
}
"""Metric to column title and the factor that its values are shown with, in the order of the columns."""

_LEFT_OUT: Mapping[str, tuple[str, ...]] = {"case3d": ("hausdorff_mm", "volume_difference_ratio")}

_CONVENTIONS: Mapping[str, tuple[str, str]] = {
    "case3d": (
        "3D, per case",
        "Each region is one 3D mask per case. A case without the region in its truth is undefined and left out. "
        "Volume difference is prediction minus truth.",
    ),
    "mfunet_slicewise": (
        "Per slice, as MFU-Net counts",
        "Dice of each slice, averaged over the slices of a case. A slice where both masks are empty counts 100.",
    ),
    "slicewise": (
        "Per slice that shows the structure",
        "Dice of each slice whose truth shows the structure, averaged over these slices of a case.",
    ),
    "emidec_official": (
        "EMIDEC challenge",
        "3D per case; two empty masks count 100. Volume differences are absolute, in percent of the myocardium.",
    ),
}


@dataclass(frozen=True)
class Cell:
    """One mean: `text` for the reader, `note` how many cases it was taken over where some are undefined."""

    text: str
    note: str = ""


@dataclass(frozen=True)
class ScoreLine:
    """One structure: its cells stand under the table's columns; `published` is None where nothing is."""

    title: str
    colour: str
    cells: tuple[Cell, ...]
    published: str | None


@dataclass(frozen=True)
class ScoreTable:
    """All structures under one convention."""

    title: str
    explanation: str
    columns: tuple[str, ...]
    lines: tuple[ScoreLine, ...]
    has_published: bool


@dataclass(frozen=True)
class CaseScore:
    """One case under `case3d`.

    Attributes:
        name: The case.
        score: What cases are sorted by, 0 to 1; NaN where it is undefined.
        dice: Structure to Dice, 0 to 1 or NaN.
        scar_ml: Predicted scar volume; NaN where scar is not labelled.
        true_scar_ml: The expert's.
    """

    name: str
    score: float
    dice: Mapping[str, float]
    scar_ml: float = nan
    true_scar_ml: float = nan


def score_tables(
    rows: Sequence[Row], *, published: Mapping[str, Any] | None = None, published_convention: str | None = None
) -> list[ScoreTable]:
    """Make one table per convention.

    Args:
        rows: Scores of all cases.
        published: Structure to published Dice in percent, `[mean, sd]` or a mean alone.
        published_convention: The convention that the published figures follow; they stand in its table only.
    """
    tables = []
    for convention, structures in summarise(rows).items():
        beside = published if published and convention == (published_convention or "case3d") else {}
        title, explanation = _CONVENTIONS.get(convention, (convention, ""))
        explanation = f"{len({row.case for row in rows if row.convention == convention})} cases. {explanation}"
        present = {metric for metrics in structures.values() for metric in metrics}
        shown = [metric for metric in METRICS if metric in present and metric not in _LEFT_OUT.get(convention, ())]
        signed = convention == "case3d"
        lines = []
        for structure in regions_in_order([*structures, *(name for name in beside if name not in structures)]):
            cells = [_cell(structures.get(structure, {}).get(metric), metric, signed=signed) for metric in shown]
            figure = published_text(beside[structure]) if structure in beside else None
            lines.append(ScoreLine(region_title(structure), region_colour(structure), tuple(cells), figure))
        columns = tuple(METRICS[metric][0] for metric in shown)
        tables.append(ScoreTable(title, explanation, columns, tuple(lines), bool(beside)))
    return tables


def published_text(figure: Any) -> str:
    """Write a published mean and sd, in percent.

    >>> published_text([53.0, 20.5]), published_text(53)
    ('53.0 ± 20.5', '53.0')
    """
    numbers = list(figure) if isinstance(figure, (list, tuple)) else [figure]
    return " ± ".join(f"{float(number):.1f}" for number in numbers[:2] if number is not None)


def rank_cases(rows: Iterable[Row]) -> list[CaseScore]:
    """Sort cases by the 3D Dice of scar, best first, undefined ones last by name.

    Where scar is labelled in no case, the mean over all structures stands in.

    Args:
        rows: Scores of all cases.
    """
    rows = [row for row in rows if row.convention == "case3d"]
    dice: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.metric == "dice":
            dice.setdefault(row.case, {})[row.structure] = row.value
    by_scar = any(isfinite(values.get("scar", nan)) for values in dice.values())
    volume = values_by_case(rows, convention="case3d", structure="scar", metric="volume_ml")
    excess = values_by_case(rows, convention="case3d", structure="scar", metric="volume_difference_ml")
    cases = [
        CaseScore(
            name,
            values.get("scar", nan) if by_scar else _mean(values.values()),
            values,
            volume.get(name, nan),
            volume.get(name, nan) - excess.get(name, nan),
        )
        for name, values in dice.items()
    ]
    return sorted(cases, key=lambda case: (isnan(case.score), -case.score if isfinite(case.score) else 0.0, case.name))


def telling_cases(ranked: Sequence[CaseScore]) -> list[tuple[str, CaseScore]]:
    """Pick the best, the median and the worst of the cases with a defined score, each case once.

    Args:
        ranked: As `rank_cases` sorts them.
    """
    defined = [case for case in ranked if isfinite(case.score)]
    if len(defined) < 2:
        return [("Only scored case", case) for case in defined]
    picks = {"Best case": 0, "Median case": len(defined) // 2, "Worst case": len(defined) - 1}
    if len(defined) == 2:
        del picks["Median case"]
    return [(label, defined[index]) for label, index in picks.items()]


def percent(value: float) -> str:
    """Write a ratio as percent; a dash where it is undefined.

    >>> percent(0.5305), percent(float("nan"))
    ('53.0', '–')
    """
    return f"{100 * value:.1f}" if isfinite(value) else "–"


def _mean(values: Iterable[float]) -> float:
    defined = [value for value in values if isfinite(value)]
    return fmean(defined) if defined else nan


def _cell(statistics: Mapping[str, Any] | None, metric: str, *, signed: bool) -> Cell:
    if statistics is None:
        return Cell("")
    note = f"n = {statistics['n']}, {statistics['n_undefined']} undefined" if statistics["n_undefined"] else ""
    if statistics["mean"] is None:
        return Cell("–", note)
    factor = METRICS[metric][1]
    sign = "+" if signed and metric == "volume_difference_ml" else ""
    text = f"{factor * statistics['mean']:{sign}.1f}"
    if statistics["sd"] is not None:
        text += f" ± {factor * statistics['sd']:.1f}"
    return Cell(text.replace("-", "−"), note)
