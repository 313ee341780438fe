"""The scores of a run as text: one table per convention, published scores beside measured ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scarmap.evaluation.table import infarcted_cases, presence, summarise
from scarmap.io.scores import Score
from scarmap.report.drawing.heart import region_colour, region_title, regions_in_order

METRICS: Mapping[str, tuple[str, float]] = {
    "dice": ("Dice, %", 100.0),
    "jaccard": ("Jaccard, %", 100.0),
    "hausdorff95_mm": ("HD95, mm", 1.0),
    "hausdorff_mm": ("Hausdorff, mm", 1.0),
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

Published = Mapping[str, Mapping[str, Any]]
"""Metric to structure to `[mean, sd]` or a mean alone; ratios in percent."""

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
    """One mean as text; `note` counts its cases where some are undefined."""

    text: str
    note: str = ""
    published: bool = False


@dataclass(frozen=True)
class ScoreLine:
    """One structure: its cells stand under the table's columns."""

    title: str
    colour: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ScoreTable:
    """All structures under one convention; published scores stand right of the measured ones."""

    title: str
    explanation: str
    columns: tuple[str, ...]
    lines: tuple[ScoreLine, ...]


def score_tables(
    rows: Sequence[Score],
    *,
    published: Published | None = None,
    published_convention: str | None = None,
) -> list[ScoreTable]:
    """Make one table per convention.

    Args:
        rows: Scores of all cases.
        published: Published scores, see `published_scores`.
        published_convention: The convention that the published scores follow; they stand in its
            table only.
    """
    followed = published_convention or "case3d"
    absent = _never_predicted(rows)
    tables = []
    for convention, scores in summarise(rows).items():
        num_cases = len({row.case for row in rows if row.convention == convention})
        beside = published if published and convention == followed else {}
        tables.append(_score_table(convention, scores, beside, num_cases=num_cases, absent=absent))
    return tables


def _score_table(
    convention: str,
    scores: Mapping[str, Mapping[str, Any]],
    beside: Published,
    *,
    num_cases: int,
    absent: set[str],
) -> ScoreTable:
    title, explanation = CONVENTIONS.get(convention, (convention, ""))
    metrics = _shown_metrics(convention, scores, beside)
    lines = []
    for structure in _shown_structures(scores, beside):
        cells = []
        for metric in metrics:
            statistics = scores.get(structure, {}).get(metric)
            cell = score_cell(statistics, metric, signed=convention == "case3d")
            never = metric == "dice" and structure in absent
            cells.append(replace(cell, note="never predicted") if never else cell)
            if metric in beside:
                cells.append(_published_cell(beside[metric].get(structure)))
        lines.append(ScoreLine(region_title(structure), region_colour(structure), tuple(cells)))
    explanation = f"{num_cases} cases. {explanation}"
    return ScoreTable(title, explanation, _columns(metrics, beside), tuple(lines))


def _shown_metrics(
    convention: str, scores: Mapping[str, Mapping[str, Any]], beside: Published
) -> list[str]:
    measured = {metric for by_metric in scores.values() for metric in by_metric}
    measured -= set(_LEFT_OUT.get(convention, ()))
    return [metric for metric in METRICS if metric in measured or metric in beside]


def _shown_structures(scores: Mapping[str, Any], beside: Published) -> list[str]:
    names = list(scores)
    for by_structure in beside.values():
        names += by_structure
    return regions_in_order(list(dict.fromkeys(names)))


def _published_cell(score: Any) -> Cell:
    return Cell("" if score is None else published_text(score), published=True)


def _columns(metrics: Sequence[str], beside: Published) -> tuple[str, ...]:
    titles = []
    for metric in metrics:
        title = METRICS[metric][0]
        titles.append(title)
        if metric in beside:
            titles.append(f"published {title}")
    return tuple(titles)


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


def published_text(score: Any) -> str:
    """Write a published mean and sd.

    >>> published_text([53.0, 20.5]), published_text(53)
    ('53.0 ± 20.5', '53.0')
    """
    numbers = list(score) if isinstance(score, (list, tuple)) else [score]
    return " ± ".join(f"{float(number):.1f}" for number in numbers[:2] if number is not None)


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


def infarcted_tables(rows: Sequence[Score]) -> list[ScoreTable]:
    """Make the score tables once more over the cases with an infarct, if these are only some.

    Args:
        rows: Scores of all cases.
    """
    infarcted = set(infarcted_cases(rows))
    if not infarcted or infarcted == {row.case for row in rows}:
        return []
    return score_tables([row for row in rows if row.case in infarcted])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
