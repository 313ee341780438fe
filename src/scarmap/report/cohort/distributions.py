"""How the figures of a cohort are distributed: a table, and histograms with a box above each."""

from collections.abc import Mapping, Sequence
from math import ceil, isfinite, sqrt

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scarmap.quantification.dictionary import UNITS
from scarmap.quantification.result import Quantification
from scarmap.report.cells import UNDEFINED, AlignedTable, Column, figure_text
from scarmap.report.drawing.heart import region_colour

TITLES: Mapping[str, str] = {
    "infarct_g": "infarct",
    "infarct_percent_lv": "infarct of LV mass",
    "mvo_g": "no-reflow",
    "mvo_percent_lv": "no-reflow of LV mass",
    "edema_g": "edema outside the infarct",
    "edema_percent_lv": "edema of LV mass",
    "area_at_risk_percent_lv": "edema and infarct of LV mass",
    "transmurality_extent_infarcted_mean_percent": "transmurality where infarcted",
    "myocardium_g": "LV mass",
    "lv_pool_ml": "LV cavity",
    "wall_thickness_mm": "wall thickness",
}
"""Figures that a cohort is described by, in order, and their names for people."""

DRAWN = (
    "infarct_g",
    "infarct_percent_lv",
    "mvo_percent_lv",
    "edema_percent_lv",
    "transmurality_extent_infarcted_mean_percent",
    "myocardium_g",
)
"""Those among them that are drawn."""

LEAST_DRAWN = 3
"""A histogram of fewer cases shows nothing that the table does not."""

_COLOURS = {
    "infarct": "scar",
    "mvo": "mvo",
    "edema": "edema",
    "transmurality": "scar",
    "myocardium": "lv_epicardium",
}


def cohort_values(
    studies: Sequence[Quantification], names: Sequence[str]
) -> dict[str, list[float]]:
    """Gather the defined values of each figure; figures that no study defines are left out.

    Args:
        studies: The cohort.
        names: Figures.
    """
    values = {}
    for name in names:
        numbers = [study.figures[name] for study in studies if isfinite(study.figures[name])]
        if numbers:
            values[name] = numbers
    return values


def summary_table(studies: Sequence[Quantification]) -> AlignedTable:
    """Make a line per figure: mean, standard deviation, median, quartiles, range and cases.

    Args:
        studies: The cohort.
    """
    columns = (
        Column("figure"),
        Column("mean ± SD"),
        Column("unit", text=True),
        Column("median"),
        Column("quartiles"),
        Column("range"),
        Column("cases"),
    )
    found = cohort_values(studies, tuple(TITLES))
    lines = [_summary_line(name, values) for name, values in found.items()]
    return AlignedTable(columns, tuple(lines))


def draw_distribution(name: str, values: Sequence[float]) -> Figure:
    """Draw a histogram of a figure, with a box plot above it.

    Args:
        name: The figure.
        values: Its defined values, at least one.

    Returns:
        The chart.
    """
    figure, axes = small_chart(f"{TITLES[name]}, {UNITS[name]}")
    _draw_histogram(axes, values, colour=figure_colour(name))
    axes.set_ylabel("cases", fontsize=8.5)
    return figure


def small_chart(title: str) -> tuple[Figure, Axes]:
    """Make an empty chart, three of which fit beside each other on a page and one on a phone."""
    figure = Figure(figsize=(3.6, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def figure_colour(name: str) -> str:
    """Hex colour of the tissue that a figure measures."""
    stem = name.split("_")[0]
    return region_colour(_COLOURS[stem]) if stem in _COLOURS else "#8a9099"


def _summary_line(name: str, values: Sequence[float]) -> tuple[str, ...]:
    unit, numbers = UNITS[name], np.asarray(values, dtype=np.float64)
    lower, median, upper = np.percentile(numbers, [25, 50, 75])
    sd = figure_text(float(numbers.std(ddof=1)), unit) if len(numbers) > 1 else UNDEFINED
    return (
        TITLES[name],
        f"{figure_text(float(numbers.mean()), unit)} ± {sd}",
        unit,
        figure_text(float(median), unit),
        f"{figure_text(float(lower), unit)} to {figure_text(float(upper), unit)}",
        f"{figure_text(float(numbers.min()), unit)} to {figure_text(float(numbers.max()), unit)}",
        str(len(numbers)),
    )


def _draw_histogram(axes: Axes, values: Sequence[float], *, colour: str) -> None:
    bins = min(15, max(5, ceil(sqrt(len(values)) * 1.5)))  # few cases give few bars, not gaps
    # What differs by rounding alone is one value: bins cannot be as narrow as that.
    counts, _, _ = axes.hist(
        np.round(values, 6), bins=bins, color=colour, alpha=0.75, edgecolor="#202428", linewidth=0.6
    )
    top = float(np.max(counts))
    axes.boxplot(
        [values],
        orientation="horizontal",
        positions=[top * 1.16],
        widths=top * 0.13,
        patch_artist=True,
        boxprops={"facecolor": "#ffffff", "edgecolor": "#202428"},
        medianprops={"color": "#202428", "linewidth": 1.6},
        flierprops={"marker": ".", "markersize": 3},
        manage_ticks=False,
    )
    axes.set_ylim(0, top * 1.3)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
