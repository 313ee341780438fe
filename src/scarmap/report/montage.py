"""One case in one picture: every slice of every sequence, the truth solid and the prediction dashed."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scarmap.datasets.case_files import SEQUENCES
from scarmap.labels import INDEX, LabelArray, region_mask
from scarmap.report.display import DARK, DASHES, LIGHT, brightness, draw_outline, hide_frame, region_title, upright
from scarmap.report.display import region_colour as colour_of
from scarmap.volume import Case, LabelMap, crop_or_pad

OUTLINES: Mapping[str, str] = {
    "rv_pool": "rv_pool",
    "normal_myocardium": "lv_epicardium",
    "lv_pool": "lv_pool",
    "edema": "scar_and_edema",
    "scar": "whole_infarct",
    "mvo": "mvo",
}
"""Tissue to the nested region whose border stands for it: outlines then run beside each other, not on top."""

_TITLES = {
    "normal_myocardium": "epicardium",
    "lv_pool": "endocardium",
    "edema": "edema (scar included)",
    "scar": "scar",
}
_KEY_STYLE: Mapping[str, Any] = {
    "frameon": False,
    "fontsize": 8,
    "labelcolor": LIGHT,
    "handlelength": 1.8,
    "borderaxespad": 0.2,
    "labelspacing": 0.3,
}


@dataclass(frozen=True)
class Window:
    """A square around the heart.

    Attributes:
        centre: In voxels, (x, y).
        size: In voxels, (x, y).
        side_mm: Length of its sides.
    """

    centre: tuple[float, float]
    size: tuple[int, int]
    side_mm: float


def heart_window(case: Case, prediction: LabelMap | None, *, margin_mm: float = 10.0, least_mm: float = 60.0) -> Window:
    """Find the square that holds truth and prediction in all slices.

    Args:
        case: The case.
        prediction: Its predicted labels, or None.
        margin_mm: Added on each side.
        least_mm: Smallest side. A case without any label is shown whole.
    """
    spacing_mm = np.array(case.grid.spacing_mm[:2])
    heart = np.zeros(case.grid.shape[:2], dtype=bool)
    for labels in (case.labels, prediction):
        if labels is not None:
            heart |= (labels.array > 0).any(axis=2)
    if not heart.any():
        heart[:] = True
        margin_mm = 0.0
    corners = np.argwhere(heart)
    low, high = corners.min(axis=0), corners.max(axis=0) + 1
    side_mm = max(least_mm, float(((high - low) * spacing_mm).max()) + 2 * margin_mm)
    size = np.round(side_mm / spacing_mm).astype(int)
    centre = (low + high) / 2
    return Window((float(centre[0]), float(centre[1])), (int(size[0]), int(size[1])), side_mm)


def shown_slices(case: Case, prediction: LabelMap | None, *, most: int) -> list[int]:
    """Choose the slices to show: those with any label, thinned evenly when there are too many.

    Args:
        case: The case.
        prediction: Its predicted labels, or None.
        most: Largest number of slices.

    Returns:
        Slice indices, ascending.
    """
    marked = np.zeros(case.grid.shape[2], dtype=bool)
    for labels in (case.labels, prediction):
        if labels is not None:
            marked |= (labels.array > 0).any(axis=(0, 1))
    if not marked.any():
        marked[:] = True
    slices = np.flatnonzero(marked)
    chosen = np.round(np.linspace(0, len(slices) - 1, min(most, len(slices)))).astype(int)
    return [int(index) for index in slices[chosen]]


def draw_case(
    case: Case,
    prediction: LabelMap | None = None,
    *,
    max_slices: int = 6,
    first_slice: int = 0,
    title: str = "",
    panel_inch: float = 1.9,
) -> Figure:
    """Draw a case: one row per sequence, one column per slice, cropped to the heart.

    LGE comes first, and a row before it repeats it without outlines, so that these hide nothing.

    Args:
        case: Images and, where they are known, the true labels, drawn solid.
        prediction: Predicted labels, drawn dashed.
        max_slices: Largest number of slices.
        first_slice: Number from 0 of the first slice, where the case was cut from a larger stack.
        title: Written above.
        panel_inch: Side of one panel.

    Returns:
        The figure, not yet written anywhere.
    """
    window = heart_window(case, prediction)
    slices = shown_slices(case, prediction, most=max_slices)
    sequences = [name for name in SEQUENCES if name in case.images]
    sequences += [name for name in case.images if name not in sequences]
    outlined = case.labels is not None or prediction is not None
    rows = [(sequences[0], False)] * outlined + [(sequence, outlined) for sequence in sequences]
    keys = _key(case, prediction)
    head, side = 0.46 if title else 0.22, 0.28
    width = side + panel_inch * len(slices)
    key_rows = ceil(len(keys) / max(2, int(width / 1.3)))
    foot = 0.12 + 0.18 * key_rows
    height = head + foot + panel_inch * len(rows)
    figure = Figure(figsize=(width, height), facecolor=DARK)
    grid = figure.subplots(len(rows), len(slices), squeeze=False)
    figure.subplots_adjust(
        left=side / width, right=1, bottom=foot / height, top=1 - head / height, wspace=0.03, hspace=0.03
    )
    for r, (sequence, with_outlines) in enumerate(rows):
        for axes, z in zip(grid[r], slices, strict=True):
            _draw_panel(axes, case, prediction if with_outlines else None, sequence, z, window, with_outlines)
        grid[r][0].set_ylabel(sequence, color=LIGHT, fontsize=9)
    for axes, z in zip(grid[0], slices, strict=True):
        axes.set_title(f"slice {first_slice + z + 1}", color=LIGHT, fontsize=8, pad=3)
    if title:
        figure.text(side / width, 1 - 0.08 / height, title, color=LIGHT, fontsize=10, va="top")
    if keys:
        figure.legend(handles=keys, loc="lower center", ncols=ceil(len(keys) / key_rows), **_KEY_STYLE)
    return figure


def _draw_panel(
    axes: Axes, case: Case, prediction: LabelMap | None, sequence: str, z: int, window: Window, with_truth: bool
) -> None:
    image = crop_or_pad(case.images[sequence].array[..., z], centre=window.centre, size=window.size)
    extent = (0.0, window.side_mm, window.side_mm, 0.0)
    low, high = brightness(image)
    axes.imshow(upright(image, case.layout), cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="bicubic")
    for labels, predicted in ((case.labels if with_truth else None, False), (prediction, True)):
        if labels is None:
            continue
        cut = crop_or_pad(labels.array[..., z], centre=window.centre, size=window.size)
        shown: LabelArray = upright(cut, case.layout).astype(np.uint8)
        for tissue, region in OUTLINES.items():
            if (shown == INDEX[tissue]).any():
                mask = region_mask(shown, region)
                draw_outline(axes, mask, colour=colour_of(tissue), extent=extent, predicted=predicted)
    hide_frame(axes)


def _key(case: Case, prediction: LabelMap | None) -> list[Line2D]:
    present = [labels.array for labels in (case.labels, prediction) if labels is not None]
    keys = [
        Line2D([], [], color=colour_of(tissue), linewidth=2, label=_TITLES.get(tissue, region_title(tissue)))
        for tissue in OUTLINES
        if any((array == INDEX[tissue]).any() for array in present)
    ]
    if case.labels is not None:
        keys.append(Line2D([], [], color=LIGHT, linewidth=1.4, label="expert"))
    if prediction is not None:
        keys.append(Line2D([], [], color=LIGHT, linewidth=1.4, linestyle=DASHES, label="predicted"))
    return keys
