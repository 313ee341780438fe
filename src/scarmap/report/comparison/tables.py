"""Scores of several runs beside each other: means, and differences case by case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import fmean
from typing import Any

import numpy as np

from scarmap.evaluation.paired import PairedComparison, compare, correct_together
from scarmap.evaluation.table import summarise
from scarmap.io.published import published_decimals, published_text
from scarmap.io.scores import values_by_case
from scarmap.report.cells import plain, probability_text, some_names
from scarmap.report.comparison.compare import Comparison, Contender
from scarmap.report.drawing.heart import region_title, regions_in_order
from scarmap.report.run.scores import (
    CONVENTIONS,
    METRICS,
    Cell,
    published_scores,
    score_cell,
)

_LEAST_CASES = 6
"""Fewer cases cannot give p < 0.05 in a two-sided Wilcoxon signed-rank test, whatever the
differences: with n cases p is 2 / 2^n or more."""


@dataclass(frozen=True)
class RunCell:
    """One mean of one run, and what its paper published under the same convention, or ""."""

    measured: Cell
    published: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it was neither measured nor published."""
        return not (self.measured.text or self.published)


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


@dataclass(frozen=True)
class _UnderConvention:
    """One metric of one run under one convention, by structure."""

    contender: Contender
    convention: str
    measured: Mapping[str, Mapping[str, Any]]
    published: Mapping[str, Any]

    @property
    def structures(self) -> set[str]:
        """Structures that were measured or published."""
        return {*self.measured, *self.published}


@dataclass(frozen=True)
class _Difference:
    """Dice of two runs in the cases where both are defined."""

    values: Mapping[str, float]
    reference: Mapping[str, float]

    @property
    def mean(self) -> float:
        """Mean of values - reference."""
        return fmean(self.values[case] - self.reference[case] for case in self.values)


def run_tables(comparison: Comparison) -> list[RunTable]:
    """Make one table of Dice, and one of each further metric that a paper of the runs published.

    Each run has a line under `case3d`, and one under each convention that the paper of one of the
    runs reports.

    Args:
        comparison: The runs.
    """
    contenders = comparison.contenders
    published = {metric for each in contenders for metric in published_scores(each.recipe)}
    metrics = [metric for metric in METRICS if metric in {"dice", *published}]
    return [_run_table(comparison, metric) for metric in metrics]


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
    first = comparison.contenders[0]
    differences = _differences(comparison, structures, convention)
    tested = _test(differences)
    corrected = correct_together(tested)
    columns: tuple[str, ...] = ("run", "structure", "cases", f"Dice minus {first.label}, points")
    if tested:
        columns += ("95 % interval", "p", "p after Holm")
    lines = []
    for (label, structure), found in differences.items():
        line = (label, region_title(structure), str(len(found.values)), _points(found.mean))
        tests = _test_cells(corrected.get((label, structure))) if tested else ()
        lines.append((*line, *tests))
    most = max((len(found.values) for found in differences.values()), default=0)
    return PairedTable(_explanation(most, len(tested), convention), columns, tuple(lines))


def shared_text(comparison: Comparison) -> str:
    """Say which cases are compared."""
    count, num_runs = len(comparison.cases), len(comparison.contenders)
    runs = "both runs hold" if num_runs == 2 else f"all {num_runs} runs hold"
    text = f"Only cases that {runs} count: {count} case{'s' if count > 1 else ''}."
    left_out = comparison.left_out
    if not left_out:
        return text
    return (
        f"{text} Left out, because not every run was scored on them ({len(left_out)}): "
        f"{some_names(left_out)}."
    )


def _run_table(comparison: Comparison, metric: str) -> RunTable:
    contenders = comparison.contenders
    conventions = dict.fromkeys(["case3d", *map(_convention, contenders)])
    found = [_scores(each, name, metric) for each in contenders for name in conventions]
    structures = regions_in_order(sorted(set().union(*(each.structures for each in found))))
    lines = []
    for each in found:
        cells = tuple(_cell(each, structure, metric) for structure in structures)
        if not all(cell.is_empty for cell in cells):
            lines.append(_run_line(each.contender, each.convention, cells))
    return RunTable(METRICS[metric][0], tuple(map(region_title, structures)), tuple(lines))


def _scores(contender: Contender, convention: str, metric: str) -> _UnderConvention:
    summary = summarise(contender.rows).get(convention, {})
    measured = {name: metrics[metric] for name, metrics in summary.items() if metric in metrics}
    own = convention == _convention(contender)
    published = published_scores(contender.recipe).get(metric, {}) if own else {}
    return _UnderConvention(contender, convention, measured, published)


def _run_line(contender: Contender, convention: str, cells: tuple[RunCell, ...]) -> RunLine:
    settings = ", ".join(f"{name} = {plain(value)}" for name, value in contender.settings.items())
    title = CONVENTIONS.get(convention, (convention, ""))[0]
    return RunLine(contender.label, str(contender.recipe.get("name") or ""), settings, title, cells)


def _cell(scores: _UnderConvention, structure: str, metric: str) -> RunCell:
    published = scores.published.get(structure)
    decimals = published_decimals(scores.published)
    return RunCell(
        score_cell(scores.measured.get(structure), metric),
        "" if published is None else published_text(published, decimals),
    )


def _convention(contender: Contender) -> str:
    return str(contender.recipe.get("published_convention") or "case3d")


def _test(
    differences: Mapping[tuple[str, str], _Difference],
) -> dict[tuple[str, str], PairedComparison]:
    # One generator for all: its draws go on, so no two bootstraps draw the same cases.
    generator = np.random.default_rng(0)
    return {
        key: compare(each.values, each.reference, generator=generator)
        for key, each in differences.items()
        if len(each.values) >= _LEAST_CASES
    }


def _differences(
    comparison: Comparison, structures: Mapping[str, Sequence[str]] | None, convention: str
) -> dict[tuple[str, str], _Difference]:
    first, *others = comparison.contenders
    found = {}
    for other in others:
        wanted = comparison.structures if structures is None else structures.get(other.label, ())
        for structure in wanted:
            difference = _difference(other, first, structure, convention)
            if difference.values:
                found[other.label, structure] = difference
    return found


def _difference(other: Contender, first: Contender, structure: str, convention: str) -> _Difference:
    values, reference = (
        values_by_case(each.rows, convention=convention, structure=structure, metric="dice")
        for each in (other, first)
    )
    shared = [case for case in values if isfinite(values[case] + reference.get(case, nan))]
    return _Difference(
        {case: values[case] for case in shared}, {case: reference[case] for case in shared}
    )


def _explanation(most_cases: int, num_tests: int, convention: str) -> str:
    title = f"Dice ({CONVENTIONS.get(convention, (convention,))[0]})"
    text = (
        f"Mean difference of the {'3D Dice' if convention == 'case3d' else title} over the cases "
        "where both are defined, in percentage points. "
    )
    if num_tests:
        return (
            f"{text}p is of a two-sided Wilcoxon signed-rank test, then corrected after Holm for "
            f"all {num_tests} tests of this table. The interval is a bootstrap over cases. Below "
            f"{_LEAST_CASES} cases nothing is tested."
        )
    if not most_cases:
        return "No structure has a defined Dice in two runs, so there is nothing to test."
    return (
        f"{text}With {most_cases} case{'s' if most_cases > 1 else ''} a test cannot say anything: "
        "even if all differences have one sign, p of a two-sided Wilcoxon signed-rank test is "
        f"{2 / 2**most_cases:.3g} or more. It is made from {_LEAST_CASES} cases on."
    )


def _test_cells(result: PairedComparison | None) -> tuple[str, str, str]:
    if result is None:
        return "–", "–", "–"
    return (
        f"{_points(result.low)} to {_points(result.high)}",
        probability_text(result.p_value),
        probability_text(result.p_holm),
    )


def _points(ratio: float) -> str:
    return f"{100 * ratio:+.1f}".replace("-", "−")
