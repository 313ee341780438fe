"""One case in one picture: every slice of every sequence, truth solid and prediction dashed."""

from collections.abc import Mapping, Sequence
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scarmap.labels import INDEX, region_mask
from scarmap.report.drawing.heart import DASHES, LIGHT, draw_outline, region_title
from scarmap.report.drawing.heart import region_colour as colour_of
from scarmap.report.drawing.panels import (
    KEY_STYLE,
    Window,
    cut_labels,
    draw_slice,
    heart_window,
    panel_grid,
    sequences_in_order,
    shown_slices,
)
from scarmap.volume import Case, LabelMap

OUTLINES: Mapping[str, str] = {
    "rv_pool": "rv_pool",
    "normal_myocardium": "lv_epicardium",
    "lv_pool": "lv_pool",
    "edema": "scar_and_edema",
    "scar": "whole_infarct",
    "mvo": "mvo",
}
"""Tissue to the nested region whose border stands for it: outlines then run beside each other, not
on top."""

TITLES: Mapping[str, str] = {
    "normal_myocardium": "epicardium",
    "lv_pool": "endocardium",
    "edema": "edema (scar included)",
    "scar": "scar",
}
"""Tissue to what its outline bounds, where that is not the tissue itself."""


def draw_case(
    case: Case,
    prediction: LabelMap | None = None,
    *,
    max_slices: int = 6,
    first_slice: int = 0,
    panel_inch: float = 1.9,
) -> Figure:
    """Draw a case: one row per sequence, one column per slice, cropped to the heart.

    LGE comes first, and a row before it repeats it without outlines, so that these hide nothing.

    Args:
        case: Images and, where they are known, the true labels, drawn solid.
        prediction: Predicted labels, drawn dashed.
        max_slices: Largest number of slices.
        first_slice: Number from 0 of the first slice, where the case was cut from a larger stack.
        panel_inch: Side of one panel.

    Returns:
        The picture, not yet written anywhere.
    """
    predictions = () if prediction is None else (prediction,)
    slices = shown_slices(case, predictions, most=max_slices)
    rows = _rows(case, outlined=case.labels is not None or prediction is not None)
    keys = _key(case, prediction)
    side_inch = 0.28
    width_inch = side_inch + panel_inch * len(slices)
    key_rows = ceil(len(keys) / max(2, int(width_inch / 1.3)))
    figure, grid = panel_grid(
        len(rows),
        len(slices),
        panel_inch=panel_inch,
        head_inch=0.22,
        foot_inch=0.12 + 0.18 * key_rows,
        side_inch=side_inch,
    )
    window = heart_window(case, predictions)
    for row, (sequence, outlined) in zip(grid, rows, strict=True):
        outlines = _outlines(case, prediction) if outlined else []
        for axes, z in zip(row, slices, strict=True):
            _draw_panel(axes, case, outlines, sequence, z, window)
        row[0].set_ylabel(sequence, color=LIGHT, fontsize=9)
    for axes, z in zip(grid[0], slices, strict=True):
        axes.set_title(f"slice {first_slice + z + 1}", color=LIGHT, fontsize=8, pad=3)
    if keys:
        figure.legend(
            handles=keys, loc="lower center", ncols=ceil(len(keys) / key_rows), **KEY_STYLE
        )
    return figure


def _rows(case: Case, *, outlined: bool) -> list[tuple[str, bool]]:
    """Sequence of each row, and whether it is outlined."""
    sequences = sequences_in_order(case)
    rows = [(sequence, outlined) for sequence in sequences]
    return [(sequences[0], False), *rows] if outlined else rows


def _outlines(case: Case, prediction: LabelMap | None) -> list[tuple[LabelMap, bool]]:
    """Labels to outline, and whether they are predicted."""
    found = [] if case.labels is None else [(case.labels, False)]
    return found if prediction is None else [*found, (prediction, True)]


def _draw_panel(
    axes: Axes,
    case: Case,
    outlines: Sequence[tuple[LabelMap, bool]],
    sequence: str,
    z: int,
    window: Window,
) -> None:
    draw_slice(axes, case.images[sequence].array[..., z], window=window, layout=case.layout)
    for labels, predicted in outlines:
        shown = cut_labels(labels, z, window=window, layout=case.layout)
        for tissue, region in OUTLINES.items():
            if (shown == INDEX[tissue]).any():
                mask, colour = region_mask(shown, region), colour_of(tissue)
                draw_outline(axes, mask, colour=colour, extent=window.extent, predicted=predicted)


def _key(case: Case, prediction: LabelMap | None) -> list[Line2D]:
    keys = []
    outlined = _outlines(case, prediction)
    for tissue in OUTLINES:
        if any((labels.array == INDEX[tissue]).any() for labels, _ in outlined):
            title = TITLES.get(tissue, region_title(tissue))
            keys.append(Line2D([], [], color=colour_of(tissue), linewidth=2, label=title))
    for _, predicted in outlined:
        style = {"linestyle": DASHES, "label": "predicted"} if predicted else {"label": "expert"}
        keys.append(Line2D([], [], color=LIGHT, linewidth=1.4, **style))
    return keys
