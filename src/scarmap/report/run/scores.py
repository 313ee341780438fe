"""The scores of a run as text: one table per convention, published figures beside measured ones."""

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
"""Convention to its title and what a reader must know."""


@dataclass(frozen=True)
class Cell:
    """One mean: `text` for the reader, `note` how many cases it was taken over where some are undefined."""

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
    """All structures under one convention; a column of published figures stands behind the metric's own."""

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
        published: Published figures, see `published_figures`.
        published_convention: The convention that the published figures follow; they stand in its
            table only.
    """
    tables, absent = [], never_predicted(rows)
    for convention, structures in summarise(rows).items():
        beside = (published or {}) if convention == (published_convention or "case3d") else {}
        title, explanation = CONVENTIONS.get(convention, (convention, ""))
        explanation = f"{len({row.case for row in rows if row.convention == convention})} cases. {explanation}"
        measured = {metric for metrics in structures.values() for metric in metrics}
        measured -= {metric for metric in _LEFT_OUT.get(convention, ()) if metric not in beside}
        shown = [metric for metric in METRICS if metric in measured or metric in beside]
        signed = convention == "case3d"
        lines = []
        for structure in regions_in_order(
            list(dict.fromkeys([*structures, *(n for f in beside.values() for n in f)]))
        ):
            cells: list[Cell] = []
            for metric in shown:
                cell = score_cell(structures.get(structure, {}).get(metric), metric, signed=signed)
                cells.append(
                    replace(cell, note="never predicted")
                    if metric == "dice" and structure in absent
                    else cell
                )
                if metric in beside:
                    figure = beside[metric].get(structure)
                    cells.append(
                        Cell("" if figure is None else published_text(figure), published=True)
                    )
            lines.append(ScoreLine(region_title(structure), region_colour(structure), tuple(cells)))
        tables.append(ScoreTable(title, explanation, _columns(shown, beside), tuple(lines)))
    return tables


def never_predicted(rows: Sequence[Score]) -> set[str]:
    """Structures of which no voxel was predicted in any case, as of a system that does not look for them.

    Args:
        rows: Scores of all cases.
    """
    volumes_ml: dict[str, float] = {}
    for row in rows:
        if (row.convention, row.metric) == ("case3d", "volume_ml"):
            volumes_ml[row.structure] = volumes_ml.get(row.structure, 0.0) + row.value
    return {structure for structure, volume_ml in volumes_ml.items() if volume_ml == 0}


def published_figures(recipe: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Gather what `run.json` says about published figures, Dice first.

    >>> published_figures({"published": {"scar": [53.0, 20.5]}, "also_published": {}})
    {'dice': {'scar': [53.0, 20.5]}}
    """
    figures = {"dice": recipe.get("published"), **(recipe.get("also_published") or {})}
    return {metric: by_structure for metric, by_structure in figures.items() if by_structure}


def score_cell(statistics: Mapping[str, Any] | None, metric: str, *, signed: bool = False) -> Cell:
    """Write mean and sd of a metric as `METRICS` shows it, an empty cell where it was not measured.

    Args:
        statistics: Of `scarmap.evaluation.table.summarise`, or None.
        metric: A key of `METRICS`.
        signed: Whether a volume difference has a direction.
    """
    if statistics is None:
        return Cell("")
    note = (
        f"n = {statistics['n']}, {statistics['n_undefined']} undefined"
        if statistics["n_undefined"]
        else ""
    )
    if statistics["mean"] is None:
        return Cell("–", note)
    factor = METRICS[metric][1]
    sign = "+" if signed and metric == "volume_difference_ml" else ""
    text = f"{factor * statistics['mean']:{sign}.1f}"
    if statistics["sd"] is not None:
        text += f" ± {factor * statistics['sd']:.1f}"
    return Cell(text.replace("-", "−"), note)


def published_text(figure: Any) -> str:
    """Write a published mean and sd.

    >>> published_text([53.0, 20.5]), published_text(53)
    ('53.0 ± 20.5', '53.0')
    """
    numbers = list(figure) if isinstance(figure, (list, tuple)) else [figure]
    return " ± ".join(f"{float(number):.1f}" for number in numbers[:2] if number is not None)


def _columns(shown: Sequence[str], beside: Published) -> tuple[str, ...]:
    pairs = [(METRICS[metric][0], f"published {METRICS[metric][0]}") for metric in shown]
    return tuple(
        title
        for pair, metric in zip(pairs, shown, strict=True)
        for title in pair[: 1 + (metric in beside)]
    )


@dataclass(frozen=True)
class PresenceLine:
    """One structure; `cells` stand under the columns of `COLUMNS`."""

    title: str
    colour: str
    cells: tuple[str, ...]


COLUMNS = (
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
        numbers = (
            counts.true_positive,
            counts.false_negative,
            counts.true_negative,
            counts.false_positive,
        )
        shares = (_share(counts.sensitivity), _share(counts.specificity))
        cells = (*(str(number) for number in numbers), *shares)
        lines.append(PresenceLine(region_title(structure), region_colour(structure), cells))
    return lines


def infarcted_tables(rows: Sequence[Score]) -> list[ScoreTable]:
    """The score tables once more over the cases with an infarct; none where these are all cases or none is.

    Args:
        rows: Scores of all cases.
    """
    infarcted = set(infarcted_cases(rows))
    if not infarcted or infarcted == {row.case for row in rows}:
        return []
    return score_tables([row for row in rows if row.case in infarcted])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
