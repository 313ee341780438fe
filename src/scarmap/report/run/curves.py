"""Training curves: losses, validation Dice and what a system monitors, with a line where the training phase changes."""

from collections.abc import Mapping, Sequence

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

DICE = "validation_dice"
_NOT_PARTS = ("epoch", "phase", "learning_rate", "seconds", "loss")


def column(log: Log, name: str) -> NDArray[np.float64]:
    """One column as numbers; an empty or unreadable field is NaN.

    >>> column([{"loss": "0.5"}, {"loss": ""}], "loss").tolist()
    [0.5, nan]
    """
    return np.array([_number(row.get(name, "")) for row in log], dtype=np.float64)


def phase_starts(log: Log) -> list[tuple[float, str]]:
    """Epochs at which the phase changes, with the new phase's name; the first phase is no change.

    >>> phase_starts([{"epoch": "0", "phase": "a"}, {"epoch": "1", "phase": "a"}, {"epoch": "2", "phase": "b"}])
    [(2.0, 'b')]
    """
    epochs = column(log, "epoch")
    phases = [row.get("phase", "") for row in log]
    return [(float(epochs[i]), phases[i]) for i in range(1, len(log)) if phases[i] != phases[i - 1]]


def draw_curves(logs: Mapping[int, Log]) -> Figure:
    """Draw losses (left), validation Dice (middle) and, where there are some, monitored quantities of one stage.

    Args:
        logs: Fold to log. Folds are thin lines and their mean is thick, as far as every fold has
            run.

    Returns:
        The figure.
    """
    names = list(dict.fromkeys(name for log in logs.values() for row in log[:1] for name in row))
    dice = [name for name in names if name.startswith(DICE)]
    logged = dict.fromkeys(name for log in logs.values() for row in log for name in row)
    beside = [name for name in logged if name.startswith(MONITORED)]
    parts = [
        name
        for name in names
        if name not in (*_NOT_PARTS, *dice, *beside) and not name.startswith("validation")
    ]
    parts = [
        name for name in parts if any(np.isfinite(column(log, name)).any() for log in logs.values())
    ]
    figure = Figure(figsize=(15.5 if beside else 11, 3.6), layout="constrained")
    left, right, *last = figure.subplots(1, 3 if beside else 2)
    for colour, name in zip(series(len(parts)), parts, strict=True):
        _draw_folds(left, logs, name, colour=colour, label=name.replace("_", " "))
    _draw_folds(left, logs, "loss", colour="#202428", label="sum" if parts else "loss", width=2.0)
    _draw_folds(left, logs, "validation_loss", colour="#6b7280", label="validation", dashed=True)
    regions = regions_in_order([name.removeprefix(f"{DICE}_") for name in dice if name != DICE])
    for region in regions:
        colour, dashed = ink(region_colour(region)), is_union(region)
        _draw_folds(
            right,
            logs,
            f"{DICE}_{region}",
            colour=colour,
            label=region_title(region),
            dashed=dashed,
        )
    _draw_folds(right, logs, DICE, colour="#202428", label="mean", width=2.0)
    _finish(left, "Training loss", logs)
    _finish(right, "Validation Dice", logs)
    right.set_ylim(-0.02, 1.02)
    if _spans_decades(logs, ["loss", *parts]):
        left.set_yscale("log")
    if beside:
        _draw_monitored(last[0], logs, beside)
    return figure


def quantity_and_region(column: str) -> tuple[str, str]:
    """Take the name of a monitored column apart; the region is "" where it names none.

    >>> quantity_and_region("monitored_weight_lv_pool"), quantity_and_region("monitored_temperature")
    (('weight', 'lv_pool'), ('temperature', ''))
    """
    name = column.removeprefix(MONITORED)
    regions = sorted(
        (region for region in (*REGIONS, "background") if name.endswith(f"_{region}")), key=len
    )
    return (name.removesuffix(f"_{regions[-1]}"), regions[-1]) if regions else (name, "")


def _draw_monitored(axes: Axes, logs: Mapping[int, Log], names: Sequence[str]) -> None:
    quantities = list(dict.fromkeys(quantity_and_region(name)[0] for name in names))
    for spare, name in zip(series(len(names)), names, strict=True):
        quantity, region = quantity_and_region(name)
        label = region_title(region) if region else quantity.replace("_", " ")
        if region and len(quantities) > 1:
            label = f"{quantity.replace('_', ' ')}, {label}"
        colour = ink(region_colour(region)) if region else spare
        _draw_folds(axes, logs, name, colour=colour, label=label, dashed=is_union(region))
    _finish(
        axes,
        quantities[0].replace("_", " ").capitalize() if len(quantities) == 1 else "Monitored",
        logs,
    )
    if _spans_decades(logs, names, factor=10):
        axes.set_yscale("log")


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
    curves = [curve for curve in (_defined(log, name) for log in logs.values()) if curve]
    if not curves:
        return
    style = "--" if dashed else "-"
    marker = "o" if max(len(curve) for curve in curves) == 1 else ""
    if len(curves) > 1:
        for curve in curves:
            axes.plot(
                list(curve),
                list(curve.values()),
                color=colour,
                lw=0.6,
                alpha=0.35,
                linestyle=style,
                marker=marker,
            )
    shared = sorted(set.intersection(*[set(curve) for curve in curves]))
    mean = [float(np.mean([curve[epoch] for curve in curves])) for epoch in shared]
    axes.plot(
        shared, mean, color=colour, linewidth=width, linestyle=style, label=label, marker=marker
    )


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
            phase.replace("_", " "),
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
