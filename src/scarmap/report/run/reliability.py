"""Whether a run's probabilities mean what they say, as a picture of the page."""

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scarmap.evaluation.reliability import Curve, Reliability, add_up, fit_curve
from scarmap.report.cells import UNDEFINED
from scarmap.report.drawing.heart import ink, region_colour, region_title, regions_in_order
from scarmap.report.html import Image, Picture, chart_address

_LEAST_VOXELS = 50
"""A point of the diagram that stands for fewer is not drawn."""

_Folds = Mapping[int, Mapping[str, Reliability]]
"""Fold to region to the counts of its held-out cases."""


def reliability_picture(folds: _Folds) -> Picture | None:
    """Draw how many voxels belong to a region among those of each probability, or return None.

    Args:
        folds: Fold to the counts of its held-out cases; without any there is nothing to draw.
    """
    if not folds:
        return None
    raw = add_up(folds.values())
    calibrated = calibrated_by_others(folds)
    caption = (
        "Share of the voxels of held-out cases that belong, over the probability that the network "
        "gave them. "
    )
    if calibrated:
        caption += (
            "Dashed: the same after calibration, each fold by the curve of the others; "
            "`scarmap predict` uses all. "
        )
    caption += (
        "ECE is the mean distance of what is said from what is true, in points, over voxels given "
        "at least 1 %. Masks are made from what the network says."
    )
    panels = [
        Image(
            chart_address(_draw_reliability(region, raw[region], calibrated.get(region))),
            f"Reliability diagram of {region_title(region)}.",
        )
        for region in regions_in_order(list(raw))
    ]
    titles = ", ".join(map(region_title, regions_in_order(list(raw))))
    return Picture("What a probability means", caption, titles, panels=panels)


def calibrated_by_others(folds: _Folds) -> dict[str, Reliability]:
    """Calibrate the counts of each fold by the curve of all others; empty for a single fold.

    Args:
        folds: Fold to its counts.
    """
    parts = []
    for fold, counts in folds.items():
        others = add_up(each for other, each in folds.items() if other != fold)
        part = {}
        for region, each in counts.items():
            if region in others:
                part[region] = _calibrated(each, fit_curve(others[region]))
        parts.append(part)
    return add_up(parts)


def _calibrated(counts: Reliability, curve: Curve) -> Reliability:
    """Counts as if each voxel had been given what its bin means."""
    mean = counts.said / np.maximum(counts.count, 1)
    return Reliability(counts.count, counts.count * curve(mean), counts.true)


def _draw_reliability(region: str, raw: Reliability, calibrated: Reliability | None) -> Figure:
    """Draw the small chart of one region.

    Args:
        region: The region.
        raw: Its counts.
        calibrated: The same after calibration, where that can be told.
    """
    figure = Figure(figsize=(2.7, 2.9), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#c4c9d0", linewidth=0.8)
    colour, errors = ink(region_colour(region)), [raw.expected_error()]
    _draw(axes, raw, colour=colour, dashed=False)
    if calibrated is not None:
        _draw(axes, calibrated, colour=colour, dashed=True)
        errors.append(calibrated.expected_error())
    axes.set_title(f"{region_title(region)}\n{_ece(errors)}", fontsize=8.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=7.5)
    axes.set_xlabel("probability given", fontsize=8)
    axes.set_ylabel("share that belongs", fontsize=8)
    return figure


def _ece(errors: Sequence[float]) -> str:
    """Write the error of what was said and, where it is known, after calibration.

    >>> _ece([0.123, 0.02]), _ece([float("nan"), 0.02])
    ('ECE 12.3 → 2.0', 'no voxel given 1 %')
    """
    if isnan(errors[0]):
        return "no voxel given 1 %"
    return f"ECE {' → '.join(UNDEFINED if isnan(each) else f'{100 * each:.1f}' for each in errors)}"


def _draw(axes: Axes, counts: Reliability, *, colour: str, dashed: bool) -> None:
    shown = counts.count >= _LEAST_VOXELS
    said, true = (each[shown] / counts.count[shown] for each in (counts.said, counts.true))
    axes.plot(
        said,
        true,
        color=colour,
        linewidth=1.4,
        linestyle="--" if dashed else "-",
        marker="" if dashed else ".",
    )
