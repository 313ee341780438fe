"""Box plots of scores."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scarmap.report.drawing.heart import (
    region_colour,
    region_title,
    series,
)


def draw_boxes(values: Mapping[str, Sequence[float]], *, label: str = "Dice per case") -> Figure:
    """Draw one box per structure, below each other, with every case as a point.

    Boxes span the quartiles, whiskers reach the last case within 1.5 interquartile ranges.

    Args:
        values: Structure to its value in each case; NaN (undefined) is left out and counted below
            the name.
        label: Title of the value axis, which runs from 0 to 1.

    Returns:
        The chart.
    """
    structures = [name for name, numbers in values.items() if _is_defined(numbers)]
    figure = Figure(figsize=(5.2, 0.42 * len(structures) + 0.7), layout="constrained")
    axes = figure.subplots()
    names = []
    for position, structure in enumerate(structures):
        counts = _draw_box(axes, position, values[structure], region_colour(structure), lying=True)
        names.append(f"{region_title(structure)}\n({counts})")
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel(label, fontsize=9)
    _finish(axes, values="x")
    return figure


def draw_run_boxes(
    by_run: Mapping[str, Sequence[float]],
    *,
    title: str,
    colours: Mapping[str, str],
    label: str = "Dice per case",
) -> Figure:
    """Draw a small chart of one structure with a box per run and every case as a point.

    Source: linear codec paper, Fig. 3.
    Differs: every structure that the labels define, not scar and edema alone.

    Args:
        by_run: Run to its value in each case.
        title: Name of the structure.
        colours: Run to its colour, see `run_colours`.
        label: Title of the value axis, which runs from 0 to 1.

    Returns:
        The chart.
    """
    figure = Figure(figsize=(max(3.0, 0.62 * len(by_run)), 2.4), layout="constrained")
    axes = figure.subplots()
    names = []
    for position, (run, values) in enumerate(by_run.items()):
        counts = _draw_box(axes, position, values, colours[run])
        names.append(counts.replace(", ", "\n"))
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel(label, fontsize=8.5)
    axes.set_title(title, loc="left", fontsize=9)
    _finish(axes, values="y")
    return figure


def run_colours(runs: Sequence[str]) -> dict[str, str]:
    """Give each run a colour."""
    return dict(zip(runs, series(len(runs)), strict=True))


def _is_defined(values: Sequence[float]) -> bool:
    return bool(np.isfinite(np.asarray(values, dtype=np.float64)).any())


def _draw_box(
    axes: Axes, position: int, values: Sequence[float], colour: str, *, lying: bool = False
) -> str:
    """Draw a box and its points; the counts of defined and undefined values."""
    numbers = np.asarray(values, dtype=np.float64)
    defined = numbers[np.isfinite(numbers)]
    axes.boxplot(
        [defined],
        orientation="horizontal" if lying else "vertical",
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
    places = (defined, position + spread) if lying else (position + spread, defined)
    axes.scatter(*places, s=13, color=colour, edgecolor="#202428", linewidth=0.6, zorder=3)
    undefined = len(numbers) - len(defined)
    return f"n = {len(defined)}" + (f", {undefined} undefined" if undefined else "")


def _finish(axes: Axes, *, values: Literal["x", "y"]) -> None:
    axes.tick_params(axis=values, labelsize=8)
    axes.grid(axis=values, color="#e6e8eb", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
