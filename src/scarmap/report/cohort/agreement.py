"""How two readings of a cohort agree: a table, and each case's difference over its mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scarmap.quantification.agreement import Agreement, Estimate
from scarmap.quantification.dictionary import UNITS
from scarmap.report.cells import (
    AlignedTable,
    Column,
    figure_text,
    probability_text,
    some_names,
)
from scarmap.report.cohort.distributions import TITLES, figure_colour
from scarmap.report.html import Picture, chart_address

_INK = "#202428"

_LEAST_DRAWN = 3
"""Limits of agreement need three cases."""


@dataclass(frozen=True)
class Readings:
    """One figure as two readings have it, and their agreement.

    Attributes:
        figure: Its name in `scarmap.quantification.dictionary.FIGURES`.
        other: Values of the other reading, which differences are taken from, case by case.
        ours: Values of this cohort, in the same order.
        agreement: Statistics of ours - other.
    """

    figure: str
    other: tuple[float, ...]
    ours: tuple[float, ...]
    agreement: Agreement


@dataclass(frozen=True)
class AgreementSection:
    """What the page says about two readings."""

    other: str
    notes: tuple[str, ...]
    table: AlignedTable
    charts: tuple[Picture, ...]


def agreement_section(
    readings: Sequence[Readings], *, other: str, missing: Sequence[str] = ()
) -> AgreementSection:
    """Put two readings beside each other.

    Args:
        readings: Each figure that both define in at least one case.
        other: What the other reading is called.
        missing: Cases that only one reading has.
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
    charts = _charts(drawn, other) if drawn else []
    return AgreementSection(other, tuple(notes), agreement_table(readings), tuple(charts))


def agreement_table(readings: Sequence[Readings]) -> AlignedTable:
    """Make a line per figure.

    Args:
        readings: The figures.
    """
    columns = (
        Column("figure"),
        Column("unit", text=True),
        Column("cases"),
        Column("bias"),
        Column("SD"),
        Column("limits of agreement"),
        Column("repeatability"),
        Column("CoV", "%"),
        Column("ICC(2,1)"),
        Column("CCC"),
        Column("slope p"),
    )
    return AlignedTable(columns, tuple(_line(each) for each in readings))


def draw_bland_altman(readings: Sequence[Readings]) -> Figure:
    """Draw the difference of every case over the mean of both readings.

    Bias and limits of agreement are lines, their intervals bands.

    Args:
        readings: Figures with at least three cases.

    Returns:
        The charts.
    """
    figure, panels = _panels(len(readings))
    for axes, each in zip(panels, readings, strict=False):
        other, ours = _pairs(each)
        _draw_limits(axes, each.agreement)
        axes.scatter(
            (other + ours) / 2,
            ours - other,
            s=16,
            color=figure_colour(each.figure),
            edgecolor=_INK,
            lw=0.6,
        )
        axes.set_title(f"{TITLES[each.figure]}, {UNITS[each.figure]}", loc="left", fontsize=9)
        axes.set_xlabel("mean of both", fontsize=8)
        axes.set_ylabel("difference", fontsize=8)
    return figure


def draw_both(readings: Sequence[Readings], *, other: str) -> Figure:
    """Draw box plots of both readings, lines joining each case.

    Args:
        readings: Figures with at least three cases.
        other: What the other reading is called.

    Returns:
        The charts.
    """
    figure, panels = _panels(len(readings))
    for axes, each in zip(panels, readings, strict=False):
        pair = _pairs(each)
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
        axes.set_title(f"{TITLES[each.figure]}, {UNITS[each.figure]}", loc="left", fontsize=9)
    return figure


def _charts(readings: Sequence[Readings], other: str) -> list[Picture]:
    names = ", ".join(TITLES[each.figure] for each in readings)
    limits = (
        "One point per case. Solid: bias; dashed: limits of agreement; bands: their 95 % intervals."
    )
    boxes = (
        "Boxes span the quartiles, the line is the median; thin lines join the two readings of a "
        "case."
    )
    return [
        Picture(
            "Differences of the two readings",
            limits,
            f"Bland-Altman plots of {names}; the table above has bias and limits.",
            chart_address(draw_bland_altman(readings)),
        ),
        Picture(
            "Both readings",
            boxes,
            f"Box plots of both readings of {names}, cases joined by lines.",
            chart_address(draw_both(readings, other=other)),
        ),
    ]


def _line(each: Readings) -> tuple[str, ...]:
    unit, found = UNITS[each.figure], each.agreement
    lower, upper = (
        figure_text(limit.value, unit) for limit in (found.lower_limit, found.upper_limit)
    )
    return (
        TITLES[each.figure],
        unit,
        str(found.num_cases),
        _estimate(found.bias, unit),
        figure_text(found.difference_sd, unit),
        f"{lower} to {upper}",
        figure_text(found.repeatability, unit),
        figure_text(found.within_subject_cov_percent, "%"),
        _estimate(found.icc, "ratio"),
        _estimate(found.ccc, "ratio"),
        probability_text(found.proportional_p),
    )


def _estimate(estimate: Estimate, unit: str) -> str:
    text = figure_text(estimate.value, unit)
    if not (isfinite(estimate.low) and isfinite(estimate.high)):
        return text
    return f"{text} ({figure_text(estimate.low, unit)} to {figure_text(estimate.high, unit)})"


def _pairs(each: Readings) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.array([each.other, each.ours], dtype=np.float64)
    other, ours = pairs[:, np.isfinite(pairs).all(axis=0)]
    return other, ours


def _draw_limits(axes: Axes, found: Agreement) -> None:
    for estimate, style in (
        (found.bias, "solid"),
        (found.lower_limit, "dashed"),
        (found.upper_limit, "dashed"),
    ):
        axes.axhline(estimate.value, color=_INK, linewidth=1.1, linestyle=style)
        axes.axhspan(estimate.low, estimate.high, color="#8a9099", alpha=0.18, linewidth=0)
    axes.axhline(0, color="#8a9099", linewidth=0.7)


def _panels(count: int) -> tuple[Figure, Sequence[Axes]]:
    columns = min(3, count)
    rows = ceil(count / columns)
    figure = Figure(figsize=(3.4 * columns, 2.5 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[:count]:
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid.flat[count:]:
        axes.set_axis_off()
    return figure, list(grid.flat[:count])
