"""Training curves of one stage: losses, validation Dice, and what a system monitors.

A dashed vertical line marks where the training phase changes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scarmap.io.run import MONITORED
from scarmap.labels import REGIONS
from scarmap.report.drawing.heart import (
    ink,
    is_union,
    region_colour,
    region_title,
    regions_in_order,
    series,
)

Log = Sequence[Mapping[str, str]]
"""One mapping per epoch, values as text, see `scarmap.io.run.RunFolder.logs`."""

_DICE = "validation_dice"

_NOT_LOSSES = ("epoch", "phase", "learning_rate", "seconds", "loss")
"""Columns of a log that are no part of the loss; "loss" is the sum of its parts."""


def column(log: Log, name: str) -> NDArray[np.float64]:
    """Read one column as numbers; an empty or unreadable field is NaN.

    >>> column([{"loss": "0.5"}, {"loss": ""}], "loss").tolist()
    [0.5, nan]
    """
    return np.array([_number(row.get(name, "")) for row in log], dtype=np.float64)


def phase_starts(log: Log) -> list[tuple[float, str]]:
    """Find the epochs at which the phase changes, with the new phase's name.

    >>> phase_starts([{"epoch": "0", "phase": "a"}, {"epoch": "1", "phase": "a"}])
    []
    >>> phase_starts([{"epoch": "1", "phase": "a"}, {"epoch": "2", "phase": "b"}])
    [(2.0, 'b')]
    """
    epochs = column(log, "epoch")
    phases = [row.get("phase", "") for row in log]
    return [(float(epochs[i]), phases[i]) for i in range(1, len(log)) if phases[i] != phases[i - 1]]


def draw_curves(logs: Mapping[int, Log]) -> list[Figure]:
    """Draw losses, validation Dice and, where there are any, monitored quantities of one stage.

    Args:
        logs: Fold to log. Folds are thin lines and their mean is thick, as far as every fold has
            run.

    Returns:
        A chart of each.
    """
    parts = [name for name in _columns(logs) if _is_part_of_loss(logs, name)]
    by_region = _columns(logs, f"{_DICE}_")
    monitored = _columns(logs, MONITORED)
    figures = [
        Figure(figsize=(5.4, 3.4), layout="constrained") for _ in range(3 if monitored else 2)
    ]
    losses, dice, *beside = (figure.subplots() for figure in figures)
    _draw_losses(losses, logs, parts)
    _draw_dice(dice, logs, by_region)
    if monitored:
        _draw_monitored(beside[0], logs, monitored)
    return figures


def _quantity_and_region(column: str) -> tuple[str, str]:
    """Split the name of a monitored column; the region is "" where it names none.

    >>> _quantity_and_region("monitored_weight_lv_pool")
    ('weight', 'lv_pool')
    >>> _quantity_and_region("monitored_temperature")
    ('temperature', '')
    """
    name = column.removeprefix(MONITORED)
    regions = [region for region in (*REGIONS, "background") if name.endswith(f"_{region}")]
    if not regions:
        return name, ""
    longest = max(regions, key=len)  # "scar_and_edema" also ends with "edema"
    return name.removesuffix(f"_{longest}"), longest


def _columns(logs: Mapping[int, Log], start: str = "") -> list[str]:
    names = dict.fromkeys(name for log in logs.values() for row in log for name in row)
    return [name for name in names if name.startswith(start)]


def _is_part_of_loss(logs: Mapping[int, Log], name: str) -> bool:
    if name in _NOT_LOSSES or name.startswith(("validation", MONITORED)):
        return False
    return any(np.isfinite(column(log, name)).any() for log in logs.values())


def _draw_losses(axes: Axes, logs: Mapping[int, Log], parts: Sequence[str]) -> None:
    for colour, name in zip(series(len(parts)), parts, strict=True):
        _draw_folds(axes, logs, name, colour=colour, label=_words(name))
    _draw_folds(axes, logs, "loss", colour="#202428", label="sum" if parts else "loss", width=2.0)
    _draw_folds(axes, logs, "validation_loss", colour="#6b7280", label="validation", dashed=True)
    _finish(axes, "Training loss", logs)
    if _spans_decades(logs, ["loss", *parts]):
        axes.set_yscale("log")


def _draw_dice(axes: Axes, logs: Mapping[int, Log], names: Sequence[str]) -> None:
    for region in regions_in_order([name.removeprefix(f"{_DICE}_") for name in names]):
        _draw_folds(
            axes,
            logs,
            f"{_DICE}_{region}",
            colour=ink(region_colour(region)),
            label=region_title(region),
            dashed=is_union(region),
        )
    _draw_folds(axes, logs, _DICE, colour="#202428", label="mean", width=2.0)
    _finish(axes, "Validation Dice", logs)
    axes.set_ylim(-0.02, 1.02)


def _draw_monitored(axes: Axes, logs: Mapping[int, Log], names: Sequence[str]) -> None:
    quantities = list(dict.fromkeys(_quantity_and_region(name)[0] for name in names))
    for spare, name in zip(series(len(names)), names, strict=True):
        quantity, region = _quantity_and_region(name)
        colour = ink(region_colour(region)) if region else spare
        label = _monitored_label(quantity, region, alone=len(quantities) == 1)
        _draw_folds(axes, logs, name, colour=colour, label=label, dashed=is_union(region))
    title = _words(quantities[0]).capitalize() if len(quantities) == 1 else "Monitored"
    _finish(axes, title, logs)
    if _spans_decades(logs, names, factor=10):
        axes.set_yscale("log")


def _monitored_label(quantity: str, region: str, *, alone: bool) -> str:
    if not region:
        return _words(quantity)
    return region_title(region) if alone else f"{_words(quantity)}, {region_title(region)}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def _draw_folds(
    axes: Axes,
    logs: Mapping[int, Log],
    name: str,
    *,
    colour: str,
    label: str,
    width: float = 1.5,
    dashed: bool = False,
) -> None:
    curves = list(filter(None, (_defined(log, name) for log in logs.values())))
    if not curves:
        return
    look: dict[str, Any] = {"color": colour, "linestyle": "--" if dashed else "-"}
    if max(map(len, curves)) == 1:  # a line through one epoch is invisible
        look["marker"] = "o"
    if len(curves) > 1:
        for curve in curves:
            axes.plot(list(curve), list(curve.values()), lw=0.6, alpha=0.35, **look)
    mean = _mean_curve(curves)
    axes.plot(list(mean), list(mean.values()), linewidth=width, label=label, **look)


def _mean_curve(curves: Sequence[Mapping[float, float]]) -> dict[float, float]:
    shared = sorted(set.intersection(*map(set, curves)))
    return {epoch: float(np.mean([curve[epoch] for curve in curves])) for epoch in shared}


def _defined(log: Log, name: str) -> dict[float, float]:
    pairs = zip(column(log, "epoch").tolist(), column(log, name).tolist(), strict=True)
    return {epoch: value for epoch, value in pairs if np.isfinite(epoch) and np.isfinite(value)}


def _finish(axes: Axes, title: str, logs: Mapping[int, Log]) -> None:
    axes.set_title(title, loc="left", fontsize=10, pad=16)
    axes.set_xlabel("epoch", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(color="#e6e8eb", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    longest = max(logs.values(), key=len)
    for epoch, phase in phase_starts(longest):
        axes.axvline(epoch - 0.5, color="#6b7280", linewidth=1.0, linestyle=(0, (4, 3)))
        axes.text(
            epoch - 0.5,
            1.01,
            _words(phase),
            transform=axes.get_xaxis_transform(),
            fontsize=7.5,
            color="#4b5563",
            ha="left",
            va="bottom",
        )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        axes.text(0.5, 0.5, "not logged", transform=axes.transAxes, ha="center", color="#6b7280")


def _spans_decades(logs: Mapping[int, Log], names: Sequence[str], *, factor: float = 30) -> bool:
    values = np.concatenate([column(log, name) for log in logs.values() for name in names])
    values = values[np.isfinite(values)]
    return bool(len(values) and values.min() > 0 and values.max() > factor * values.min())
