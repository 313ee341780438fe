"""Box plots of scores."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from scarmap.report.drawing.heart import (
    region_colour,
    region_title,
    series,
)


def draw_boxes(values: Mapping[str, Sequence[float]], *, label: str = "Dice per case") -> Figure:
    """Draw one box per structure with every case as a point.

    Boxes span the quartiles, whiskers reach the last case within 1.5 interquartile ranges.

    Args:
        values: Structure to its value in each case; NaN (undefined) is left out and counted below
            the name.
        label: Title of the value axis, which runs from 0 to 1.

    Returns:
        The chart.
    """
    structures = [name for name, numbers in values.items() if _is_defined([numbers])]
    figure = Figure(figsize=(max(4.0, 1.25 * len(structures) + 0.8), 3.9), layout="constrained")
    axes = figure.subplots()
    names = []
    for position, structure in enumerate(structures):
        counts = _draw_box(axes, position, values[structure], region_colour(structure))
        names.append("\n".join(textwrap.wrap(region_title(structure), 16)) + f"\n({counts})")
    _finish_boxes(axes, names)
    axes.set_ylabel(label, fontsize=9)
    return figure


def draw_run_boxes(
    values: Mapping[str, Mapping[str, Sequence[float]]], *, label: str = "Dice per case"
) -> Figure:
    """Draw one small chart per structure with a box per run and every case as a point.

    Source: linear codec paper, Fig. 3.
    Differs: every structure that the labels define, not scar and edema alone.

    Args:
        values: Structure to run to its value in each case; structures that are undefined (NaN)
            throughout are left out.
        label: Title of the value axis, which runs from 0 to 1.

    Returns:
        The charts.
    """
    structures = [name for name, by_run in values.items() if _is_defined(by_run.values())]
    runs = list(dict.fromkeys(run for by_run in values.values() for run in by_run))
    colours = dict(zip(runs, series(len(runs)), strict=True))
    columns = min(4, len(structures))
    rows = ceil(len(structures) / columns)
    panel_inch = max(2.6, 0.62 * len(runs))
    width_inch = max(7.8, panel_inch * columns + 0.4)
    figure = Figure(figsize=(width_inch, 2.5 * rows + 0.45), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes, structure in zip(grid.flat, structures, strict=False):
        _draw_runs(axes, values[structure], colours)
        axes.set_title(region_title(structure), loc="left", fontsize=9)
    for axes in grid.flat[len(structures) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_ylabel(label, fontsize=9)
    _add_key(figure, colours, width_inch=width_inch)
    return figure


def _is_defined(values: Iterable[Sequence[float]]) -> bool:
    return any(np.isfinite(np.asarray(each, dtype=np.float64)).any() for each in values)


def _draw_runs(
    axes: Axes, by_run: Mapping[str, Sequence[float]], colours: Mapping[str, str]
) -> None:
    names = []
    for position, (run, values) in enumerate(by_run.items()):
        counts = _draw_box(axes, position, values, colours[run])
        names.append(counts.replace(", ", "\n"))
    _finish_boxes(axes, names)


def _add_key(figure: Figure, colours: Mapping[str, str], *, width_inch: float) -> None:
    keys = [
        Patch(facecolor=colour, edgecolor="#202428", alpha=0.6, label=run)
        for run, colour in colours.items()
    ]
    key_inch = 0.6 + 0.085 * max(map(len, colours))  # its square, and a letter of its size
    beside = max(1, min(len(keys), int(width_inch / key_inch)))
    figure.legend(handles=keys, loc="outside upper left", ncols=beside, frameon=False, fontsize=8.5)


def _draw_box(axes: Axes, position: int, values: Sequence[float], colour: str) -> str:
    numbers = np.asarray(values, dtype=np.float64)
    defined = numbers[np.isfinite(numbers)]
    axes.boxplot(
        [defined],
        positions=[position],
        widths=0.55,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": colour, "alpha": 0.45, "edgecolor": "#202428"},
        medianprops={"color": "#202428", "linewidth": 1.8},
        whiskerprops={"color": "#202428"},
        capprops={"color": "#202428"},
        manage_ticks=False,
    )
    spread = np.random.default_rng(position).uniform(-0.16, 0.16, len(defined))
    axes.scatter(
        position + spread, defined, s=13, color=colour, edgecolor="#202428", linewidth=0.6, zorder=3
    )
    undefined = len(numbers) - len(defined)
    return f"n = {len(defined)}" + (f", {undefined} undefined" if undefined else "")


def _finish_boxes(axes: Axes, names: Sequence[str]) -> None:
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(-0.02, 1.02)
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(axis="y", color="#e6e8eb", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
