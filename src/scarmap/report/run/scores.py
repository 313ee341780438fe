"""The scores of a run as text: conventions beside each other, published scores below measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scarmap.evaluation.presence import infarcted_cases, presence
from scarmap.evaluation.table import summarise
from scarmap.io.published import Published, published_decimals, published_text
from scarmap.io.scores import Score
from scarmap.report.drawing.heart import region_colour, region_title, regions_in_order

METRICS: Mapping[str, tuple[str, float]] = {
    "dice": ("Dice, %", 100.0),
    "jaccard": ("Jaccard, %", 100.0),
    "hausdorff95_mm": ("HD95, mm", 1.0),
    "hausdorff_mm": ("Hausdorff, mm", 1.0),
    "hausdorff_as_scripted_mm": ("Hausdorff as EMIDEC's script, mm", 1.0),
    "assd_mm": ("ASSD, mm", 1.0),
    "volume_difference_ml": ("Volume difference, ml", 1.0),
    "volume_difference_ratio": ("Volume difference, %", 100.0),
}
"""Metric to column title and the factor that its values are shown with, in the order of the
columns."""

_LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "case3d": ("jaccard", "hausdorff_mm", "volume_difference_ratio")
}
"""Metrics that a table shows only where a paper published them."""

CONVENTIONS: Mapping[str, tuple[str, str]] = {
    "case3d": (
        "3D, per case",
        "Each region is one 3D mask per case. A case without the region in its truth is undefined "
        "and left out. Volume difference is prediction minus truth.",
    ),
    "mfunet_slicewise": (
        "Per slice, as MFU-Net counts",
        "Dice of each slice, averaged over the slices of a case. A slice where both masks are "
        "empty counts 100.",
    ),
    "slicewise": (
        "Per slice that shows the structure",
        "Dice of each slice whose truth shows the structure, averaged over these slices of a case.",
    ),
    "emidec_official": (
        "EMIDEC challenge",
        "3D per case; two empty masks count 100. Volume differences are absolute, in percent of "
        "the myocardium.",
    ),
}
"""Convention to its title and what a reader must know."""


@dataclass(frozen=True)
class Cell:
    """One mean as text; `note` counts its cases where some are undefined.

    `published` is what the paper reports for the same, "" for nothing.
    """

    text: str
    note: str = ""
    published: str = ""


@dataclass(frozen=True)
class Convention:
    """The columns of one convention: what a reader must know of it, and its metrics."""

    title: str
    explanation: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ScoreLine:
    """One structure: its cells stand under the columns of all conventions."""

    title: str
    colour: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ScoreTable:
    """All structures under all conventions."""

    conventions: tuple[Convention, ...]
    lines: tuple[ScoreLine, ...]


@dataclass(frozen=True)
class _Columns:
    """What stands under one convention."""

    convention: str
    scores: Mapping[str, Mapping[str, Any]]
    published: Published
    metrics: Sequence[str]


def score_table(
    rows: Sequence[Score],
    *,
    published: Published | None = None,
    published_convention: str | None = None,
) -> ScoreTable | None:
    """Put the means of all conventions beside each other, a line per structure.

    Args:
        rows: Scores of all cases.
        published: Published scores, see `published_scores`.
        published_convention: The convention that the published scores follow; they stand in its
            columns only.

    Returns:
        The table; None where nothing was scored.
    """
    beside = {published_convention or "case3d": published or {}}
    groups = [
        _columns(convention, scores, beside.get(convention, {}))
        for convention, scores in summarise(rows).items()
    ]
    if not groups:
        return None
    absent = _never_predicted(rows)
    structures = set().union(*map(_shown_structures, groups))
    lines = tuple(
        _score_line(structure, groups, absent) for structure in regions_in_order(sorted(structures))
    )
    return ScoreTable(tuple(_convention(each, rows) for each in groups), lines)


def _columns(
    convention: str, scores: Mapping[str, Mapping[str, Any]], beside: Published
) -> _Columns:
    return _Columns(convention, scores, beside, _shown_metrics(convention, scores, beside))


def _score_line(structure: str, groups: Sequence[_Columns], absent: set[str]) -> ScoreLine:
    cells = tuple(cell for each in groups for cell in _cells(each, structure, absent))
    return ScoreLine(region_title(structure), region_colour(structure), cells)


def _convention(columns: _Columns, rows: Sequence[Score]) -> Convention:
    title, explanation = CONVENTIONS.get(columns.convention, (columns.convention, ""))
    num_cases = len({row.case for row in rows if row.convention == columns.convention})
    return Convention(
        title,
        f"{num_cases} cases. {explanation}".strip(),
        tuple(METRICS[metric][0] for metric in columns.metrics),
    )


def _cells(columns: _Columns, structure: str, absent: set[str]) -> Iterator[Cell]:
    signed = columns.convention == "case3d"
    for metric in columns.metrics:
        cell = score_cell(columns.scores.get(structure, {}).get(metric), metric, signed=signed)
        if metric == "dice" and structure in absent and cell.text:
            cell = replace(cell, note="never predicted")
        by_structure = columns.published.get(metric, {})
        score, decimals = by_structure.get(structure), published_decimals(by_structure)
        yield cell if score is None else replace(cell, published=published_text(score, decimals))


def _shown_metrics(
    convention: str, scores: Mapping[str, Mapping[str, Any]], beside: Published
) -> list[str]:
    measured = {metric for by_metric in scores.values() for metric in by_metric}
    measured -= set(_LEFT_OUT.get(convention, ()))
    return [metric for metric in METRICS if metric in measured or metric in beside]


def _shown_structures(columns: _Columns) -> set[str]:
    return {*columns.scores, *(name for each in columns.published.values() for name in each)}


def _never_predicted(rows: Sequence[Score]) -> set[str]:
    """Structures without a predicted voxel in any case: the system does not look for them."""
    volumes_ml: dict[str, float] = {}
    for row in rows:
        if (row.convention, row.metric) == ("case3d", "volume_ml"):
            volumes_ml[row.structure] = volumes_ml.get(row.structure, 0.0) + row.value
    return {structure for structure, volume_ml in volumes_ml.items() if volume_ml == 0}


def published_scores(recipe: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Gather the published scores that a recipe of `run.json` holds, Dice first.

    >>> published_scores({"published": {"scar": [53.0, 20.5]}, "also_published": {}})
    {'dice': {'scar': [53.0, 20.5]}}
    """
    scores = {"dice": recipe.get("published"), **(recipe.get("also_published") or {})}
    return {metric: by_structure for metric, by_structure in scores.items() if by_structure}


def score_cell(statistics: Mapping[str, Any] | None, metric: str, *, signed: bool = False) -> Cell:
    """Write mean and sd of a metric as `METRICS` shows it; an empty cell if it was not measured.

    Args:
        statistics: Of `scarmap.evaluation.table.summarise`, or None.
        metric: A key of `METRICS`.
        signed: Whether a volume difference has a direction.
    """
    if statistics is None:
        return Cell("")
    undefined = statistics["n_undefined"]
    note = f"n = {statistics['n']}, {undefined} undefined" if undefined else ""
    if statistics["mean"] is None:
        return Cell("–", note)
    factor = METRICS[metric][1]
    sign = "+" if signed and metric == "volume_difference_ml" else ""
    text = f"{factor * statistics['mean']:{sign}.1f}"
    if statistics["sd"] is not None:
        text += f" ± {factor * statistics['sd']:.1f}"
    return Cell(text.replace("-", "−"), note)


@dataclass(frozen=True)
class PresenceLine:
    """One structure; `cells` stand under the columns of `PRESENCE_COLUMNS`."""

    title: str
    colour: str
    cells: tuple[str, ...]


PRESENCE_COLUMNS = (
    "has it, found",
    "has it, missed",
    "has none, none found",
    "has none, invented",
    "sensitivity",
    "specificity",
)


def presence_lines(rows: Sequence[Score]) -> list[PresenceLine]:
    """Count cases for each pathology, as `scarmap.evaluation.table.presence` does.

    Args:
        rows: Scores of all cases.

    Returns:
        A line per pathology; none where nothing was scored.
    """
    lines = []
    for structure, counts in presence(rows).items():
        cells = (
            str(counts.true_positive),
            str(counts.false_negative),
            str(counts.true_negative),
            str(counts.false_positive),
            _share(counts.sensitivity),
            _share(counts.specificity),
        )
        lines.append(PresenceLine(region_title(structure), region_colour(structure), cells))
    return lines


def infarcted_table(rows: Sequence[Score]) -> ScoreTable | None:
    """Make the table once more over the cases with an infarct, if these are only some.

    Args:
        rows: Scores of all cases.
    """
    infarcted = set(infarcted_cases(rows))
    if not infarcted or infarcted == {row.case for row in rows}:
        return None
    return score_table([row for row in rows if row.case in infarcted])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
