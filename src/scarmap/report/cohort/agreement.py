"""How two readings of a cohort agree: a table, and each case's difference over its mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scarmap.quantification.agreement import Agreement, Estimate
from scarmap.quantification.dictionary import UNITS
from scarmap.report.cells import (
    DIGITS,
    AlignedTable,
    Column,
    figure_text,
    probability_text,
    some_names,
)
from scarmap.report.cohort.distributions import TITLES, figure_colour, small_chart
from scarmap.report.cohort.outliers import (
    Readings,
    differences_of,
    outliers,
    outlying_cases,
    pairs_of,
    shared_cases,
)
from scarmap.report.html import Image, Picture, chart_address

_INK = "#202428"

_LEAST_DRAWN = 3
"""Limits of agreement need three cases."""

_MOST_NAMED = 5
"""More names on one chart would lie on top of each other; the caption has all."""


@dataclass(frozen=True)
class AgreementSection:
    """What the page says about two readings; `outliers` are cases and where they lie outside."""

    other: str
    notes: tuple[str, ...]
    table: AlignedTable
    charts: tuple[Picture, ...]
    outliers: tuple[tuple[str, str], ...]


def agreement_section(
    readings: Sequence[Readings],
    *,
    other: str,
    missing: Sequence[str] = (),
    failed: Mapping[str, str] | None = None,
) -> AgreementSection:
    """Put two readings beside each other.

    Args:
        readings: Each figure that both define in at least one case.
        other: What the other reading is called.
        missing: Cases that only one reading has.
        failed: What is wrong with each mask of the other reading that could not be measured.
    """
    drawn = [each for each in readings if each.agreement.num_cases >= _LEAST_DRAWN]
    notes = [
        f"Differences are this reading minus {other}, over the cases in which both define the "
        "figure. Limits of agreement are bias ± 1.96 SD; intervals cover 95 %. ICC(2,1): two-way "
        "random, single reading, absolute agreement. CCC: Lin's concordance. CoV: within-subject "
        "SD over the mean."
    ]
    if missing:
        notes.append(
            f"Left out, because only one of the readings has them ({len(missing)}): "
            f"{some_names(missing)}."
        )
    notes += [
        f"Left out, because the other mask could not be measured: {case}. {problem}"
        for case, problem in (failed or {}).items()
    ]
    charts = _charts(drawn, other) if drawn else []
    return AgreementSection(
        other, tuple(notes), agreement_table(readings), tuple(charts), tuple(outlying_cases(drawn))
    )


def agreement_table(readings: Sequence[Readings]) -> AlignedTable:
    """Make a line per figure.

    Args:
        readings: The figures.
    """
    columns = (
        Column("figure"),
        Column("bias"),
        Column("unit", text=True),
        Column("limits of agreement"),
        Column("SD"),
        Column("repeatability"),
        Column("CoV", "%"),
        Column("ICC(2,1)"),
        Column("CCC"),
        Column("slope p"),
        Column("cases"),
    )
    return AlignedTable(columns, tuple(_line(each) for each in readings))


def draw_differences(each: Readings) -> Figure:
    """Draw the difference of every case over the mean of both readings.

    Bias and limits of agreement are lines, their intervals bands. Cases outside the limits are
    named, as far as there is room.

    Args:
        each: A figure with at least three cases.

    Returns:
        The chart.
    """
    figure, axes = small_chart(f"{TITLES[each.figure]}, {UNITS[each.figure]}")
    pairs = pairs_of(each)
    means, differences = pairs.mean(axis=0), differences_of(each)
    _draw_limits(axes, each.agreement)
    axes.scatter(
        means, differences, s=16, color=figure_colour(each.figure), edgecolor=_INK, lw=0.6, zorder=3
    )
    axes.ticklabel_format(style="plain", useOffset=False)
    smallest = 10.0 ** -DIGITS[UNITS[each.figure]]
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, -smallest), max(high, smallest))
    cases = shared_cases(each)
    places = dict(zip(cases, zip(means, differences, strict=True), strict=True))
    names = dict(zip(cases, short_names(cases), strict=True))
    for outlier in outliers(each)[:_MOST_NAMED]:
        _name(axes, names[outlier.case], places[outlier.case])
    axes.set_xlabel("mean of both", fontsize=8)
    axes.set_ylabel("difference", fontsize=8)
    return figure


def draw_both(each: Readings, *, other: str) -> Figure:
    """Draw box plots of both readings, lines joining each case.

    Args:
        each: A figure with at least three cases.
        other: What the other reading is called.

    Returns:
        The chart.
    """
    figure, axes = small_chart(f"{TITLES[each.figure]}, {UNITS[each.figure]}")
    pair = pairs_of(each)
    axes.plot(
        [[1], [2]] * np.ones(len(pair[0])),
        np.array(pair),
        color="#8a9099",
        linewidth=0.6,
        alpha=0.7,
    )
    axes.boxplot(
        list(pair),
        positions=[1, 2],
        widths=0.45,
        patch_artist=True,
        showfliers=False,
        boxprops={"facecolor": figure_colour(each.figure), "alpha": 0.45, "edgecolor": _INK},
        medianprops={"color": _INK, "linewidth": 1.6},
        manage_ticks=False,
    )
    axes.set_xticks([1, 2], [other, "this reading"], fontsize=8)
    return figure


def short_names(names: Sequence[str], *, most: int = 20) -> list[str]:
    """Leave out what all names begin with, where they are too long for a chart.

    >>> short_names(["p1", "p2"]), short_names(["north_patient_0012", "north_patient_0013"], most=9)
    (['p1', 'p2'], ['…0012', '…0013'])
    """
    if max(map(len, names), default=0) <= most:
        return list(names)
    first, last = min(names), max(names)
    same = next((i for i, pair in enumerate(zip(first, last, strict=False)) if len({*pair}) > 1), 0)
    shared = re.sub(r"[^\W_]+$", "", first[:same])  # up to the last whole word
    rest = [name.removeprefix(shared) for name in names]
    return [f"…{name[-most + 1 :]}" for name in rest]


def _charts(readings: Sequence[Readings], other: str) -> list[Picture]:
    names = ", ".join(TITLES[each.figure] for each in readings)
    limits = (
        "One point per case, named where it lies outside the limits. Solid: bias; dashed: limits "
        "of agreement; bands: their 95 % intervals."
    )
    boxes = (
        "Boxes span the quartiles, the line is the median; thin lines join the two readings of a "
        "case."
    )
    differences = [
        Image(
            chart_address(draw_differences(each)),
            f"Bland-Altman plot of {TITLES[each.figure]}; the table above has bias and limits.",
        )
        for each in readings
    ]
    both = [
        Image(
            chart_address(draw_both(each, other=other)),
            f"Box plots of both readings of {TITLES[each.figure]}, cases joined by lines.",
        )
        for each in readings
    ]
    return [
        Picture("Differences of the two readings", limits, names, panels=differences),
        Picture("Both readings", boxes, names, panels=both),
    ]


def _line(each: Readings) -> tuple[str, ...]:
    unit, found = UNITS[each.figure], each.agreement
    lower, upper = (
        figure_text(limit.value, unit) for limit in (found.lower_limit, found.upper_limit)
    )
    return (
        TITLES[each.figure],
        _estimate(found.bias, unit),
        unit,
        _range(lower, upper),
        figure_text(found.difference_sd, unit),
        figure_text(found.repeatability, unit),
        figure_text(found.within_subject_cov_percent, "%"),
        _estimate(found.icc, "ratio"),
        _estimate(found.ccc, "ratio"),
        probability_text(found.proportional_p),
        str(found.num_cases),
    )


def _estimate(estimate: Estimate, unit: str) -> str:
    text = figure_text(estimate.value, unit)
    if not (isfinite(estimate.low) and isfinite(estimate.high)):
        return text
    low, high = figure_text(estimate.low, unit), figure_text(estimate.high, unit)
    return f"{text} ({_range(low, high)})"


def _range(low: str, high: str) -> str:
    """A range that stays on one line, below its value where there is no room beside it."""
    return f"{low}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{high}"


def _draw_limits(axes: Axes, found: Agreement) -> None:
    for estimate, style in (
        (found.bias, "solid"),
        (found.lower_limit, "dashed"),
        (found.upper_limit, "dashed"),
    ):
        axes.axhline(estimate.value, color=_INK, linewidth=1.1, linestyle=style)
        axes.axhspan(estimate.low, estimate.high, color="#8a9099", alpha=0.18, linewidth=0)
    axes.axhline(0, color="#8a9099", linewidth=0.7)


def _name(axes: Axes, text: str, place: tuple[float, float]) -> None:
    """Write a case's name beside its point, on the side where there is room."""
    left, right = axes.get_xlim()
    from_right = place[0] > (left + right) / 2
    axes.annotate(
        text,
        place,
        xytext=(-5 if from_right else 5, 0),
        textcoords="offset points",
        ha="right" if from_right else "left",
        va="center",
        fontsize=7,
        color=_INK,
        zorder=4,
    )
