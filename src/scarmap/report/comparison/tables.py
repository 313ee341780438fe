"""Numbers of several runs beside each other: means with published figures, and paired differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import fmean
from typing import Any

import numpy as np

from scarmap.evaluation.paired import PairedComparison, compare, correct_together
from scarmap.evaluation.table import summarise
from scarmap.io.scores import values_by_case
from scarmap.labels import regions_of
from scarmap.report.comparison.compare import Comparison, Contender
from scarmap.report.drawing.heart import region_title, regions_in_order
from scarmap.report.run.scores import (
    CONVENTIONS,
    METRICS,
    Cell,
    published_figures,
    published_text,
    score_cell,
)

LEAST_CASES = 6
"""Fewer cases cannot give p < 0.05 in a two-sided Wilcoxon signed-rank test, whatever the
differences."""


@dataclass(frozen=True)
class RunCell:
    """One mean of one run, with the figure that its paper published under the same convention, or ""."""

    measured: Cell
    published: str = ""


@dataclass(frozen=True)
class RunLine:
    """One run under one convention; its cells stand under the table's columns."""

    name: str
    recipe: str
    settings: str
    convention: str
    cells: tuple[RunCell, ...]


@dataclass(frozen=True)
class RunTable:
    """One metric of all runs; `columns` are structures."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[RunLine, ...]


@dataclass(frozen=True)
class PairedTable:
    """Differences of other runs from the first one: every cell as text."""

    explanation: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def run_tables(comparison: Comparison) -> list[RunTable]:
    """Make one table of Dice, and one of each further metric that a paper of the runs published.

    Each run has a line under `case3d`, and one under each convention that the paper of one of the
    runs reports.

    Args:
        comparison: The runs.
    """
    contenders = comparison.contenders
    published = {metric for each in contenders for metric in published_figures(each.recipe)}
    conventions = ["case3d", *(_convention(each) for each in contenders)]
    return [
        _run_table(comparison, metric, list(dict.fromkeys(conventions)))
        for metric in METRICS
        if metric == "dice" or metric in published
    ]


def paired_table(
    comparison: Comparison,
    *,
    structures: Mapping[str, Sequence[str]] | None = None,
    convention: str = "case3d",
) -> PairedTable:
    """Compare the Dice of the first run with that of every other one, structure by structure.

    Args:
        comparison: The runs.
        structures: Label of a run to what it is compared by; None for all that the labels define.
        convention: Convention of the Dice.
    """
    first, *others = comparison.contenders
    known = regions_of(comparison.layout)
    wanted = {each.label: known for each in others} if structures is None else structures
    generator = np.random.default_rng(0)
    means: dict[tuple[str, str], tuple[float, int]] = {}
    tested: dict[tuple[str, str], PairedComparison] = {}
    for other, structure in (
        (each, structure) for each in others for structure in wanted.get(each.label, ())
    ):
        values, reference = (_dice(each, structure, convention) for each in (other, first))
        shared = [case for case in values if isfinite(values[case] + reference.get(case, nan))]
        if not shared:
            continue
        key = other.label, structure
        means[key] = fmean(values[case] - reference[case] for case in shared), len(shared)
        if len(shared) >= LEAST_CASES:
            pair = ({case: each[case] for case in shared} for each in (values, reference))
            tested[key] = compare(*pair, generator=generator)
    corrected = correct_together(tested)
    lines = [
        (label, region_title(structure), str(count), _points(mean))
        + (_test_cells(corrected.get((label, structure))) if tested else ())
        for (label, structure), (mean, count) in means.items()
    ]
    columns: tuple[str, ...] = ("run", "structure", "cases", f"Dice minus {first.label}, points")
    if tested:
        columns += ("95 % interval", "p", "p after Holm")
    return PairedTable(_explanation(means, tested, convention), columns, tuple(lines))


def shared_text(comparison: Comparison) -> str:
    """Say which cases are compared."""
    count = len(comparison.cases)
    runs = (
        "both runs hold"
        if len(comparison.contenders) == 2
        else f"all {len(comparison.contenders)} runs hold"
    )
    text = f"Only cases that {runs} count: {count} case{'s' if count > 1 else ''}."
    if not comparison.left_out:
        return text
    names = ", ".join(comparison.left_out[:8]) + (", …" if len(comparison.left_out) > 8 else "")
    return f"{text} Left out, because not every run was scored on them ({len(comparison.left_out)}): {names}."


def _run_table(comparison: Comparison, metric: str, conventions: list[str]) -> RunTable:
    summaries = {each.label: summarise(each.rows) for each in comparison.contenders}
    beside = {
        each.label: published_figures(each.recipe).get(metric, {}) for each in comparison.contenders
    }
    measured = {
        structure
        for summary in summaries.values()
        for convention in conventions
        for structure, metrics in summary.get(convention, {}).items()
        if metric in metrics
    }
    structures = regions_in_order(
        sorted({*measured, *(name for figures in beside.values() for name in figures)})
    )
    lines = []
    for contender in comparison.contenders:
        for convention in conventions:
            figures = beside[contender.label] if convention == _convention(contender) else {}
            scores = summaries[contender.label].get(convention, {})
            cells = tuple(
                _beside(scores.get(name, {}).get(metric), metric, figures.get(name))
                for name in structures
            )
            if any(cell.measured.text or cell.published for cell in cells):
                lines.append(_run_line(contender, convention, cells))
    return RunTable(
        METRICS[metric][0], tuple(region_title(name) for name in structures), tuple(lines)
    )


def _run_line(contender: Contender, convention: str, cells: tuple[RunCell, ...]) -> RunLine:
    settings = ", ".join(f"{name} = {value}" for name, value in contender.settings.items())
    title = CONVENTIONS.get(convention, (convention, ""))[0]
    return RunLine(contender.label, str(contender.recipe.get("name") or ""), settings, title, cells)


def _beside(statistics: Mapping[str, Any] | None, metric: str, figure: Any) -> RunCell:
    return RunCell(score_cell(statistics, metric), "" if figure is None else published_text(figure))


def _convention(contender: Contender) -> str:
    return str(contender.recipe.get("published_convention") or "case3d")


def _dice(contender: Contender, structure: str, convention: str) -> dict[str, float]:
    return values_by_case(contender.rows, convention=convention, structure=structure, metric="dice")


def _explanation(
    means: Mapping[Any, tuple[float, int]], tested: Mapping[Any, PairedComparison], convention: str
) -> str:
    title = (
        "3D Dice"
        if convention == "case3d"
        else f"Dice ({CONVENTIONS.get(convention, (convention,))[0]})"
    )
    text = f"Mean difference of the {title} over the cases where both are defined, in percentage points. "
    if tested:
        return (
            f"{text}p is of a two-sided Wilcoxon signed-rank test, then corrected after Holm for "
            f"all {len(tested)} tests of this table. The interval is a bootstrap over cases. Below "
            f"{LEAST_CASES} cases nothing is tested."
        )
    most = max((count for _, count in means.values()), default=0)
    if not most:
        return "No structure has a defined Dice in two runs, so there is nothing to test."
    return (
        f"{text}With {most} case{'s' if most > 1 else ''} a test cannot say anything: even if all "
        "differences have one sign, p of a two-sided Wilcoxon signed-rank test is "
        f"{2 / 2**most:.3g} or more. It is made from {LEAST_CASES} cases on."
    )


def _test_cells(result: PairedComparison | None) -> tuple[str, str, str]:
    if result is None:
        return "–", "–", "–"
    return f"{_points(result.low)} to {_points(result.high)}", _p(result.p_value), _p(result.p_holm)


def _points(ratio: float) -> str:
    return f"{100 * ratio:+.1f}".replace("-", "−")


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
