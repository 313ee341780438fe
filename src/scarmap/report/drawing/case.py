"""One case in one picture: every slice of every sequence, the truth solid and the prediction dashed."""

from collections.abc import Mapping
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
    predictions = () if prediction is None else (prediction,)
    window = heart_window(case, predictions)
    slices = shown_slices(case, predictions, most=max_slices)
    sequences = sequences_in_order(case)
    outlined = case.labels is not None or prediction is not None
    rows = [(sequences[0], False)] * outlined + [(sequence, outlined) for sequence in sequences]
    keys = _key(case, prediction)
    head, side = 0.46 if title else 0.22, 0.28
    width = side + panel_inch * len(slices)
    key_rows = ceil(len(keys) / max(2, int(width / 1.3)))
    foot = 0.12 + 0.18 * key_rows
    figure, grid = panel_grid(
        len(rows),
        len(slices),
        panel_inch=panel_inch,
        head_inch=head,
        foot_inch=foot,
        side_inch=side,
    )
    for r, (sequence, with_outlines) in enumerate(rows):
        for axes, z in zip(grid[r], slices, strict=True):
            _draw_panel(
                axes,
                case,
                prediction if with_outlines else None,
                sequence,
                z,
                window,
                with_outlines,
            )
        grid[r][0].set_ylabel(sequence, color=LIGHT, fontsize=9)
    for axes, z in zip(grid[0], slices, strict=True):
        axes.set_title(f"slice {first_slice + z + 1}", color=LIGHT, fontsize=8, pad=3)
    if title:
        figure.text(
            side / width,
            1 - 0.08 / figure.get_figheight(),
            title,
            color=LIGHT,
            fontsize=10,
            va="top",
        )
    if keys:
        figure.legend(
            handles=keys, loc="lower center", ncols=ceil(len(keys) / key_rows), **KEY_STYLE
        )
    return figure


def _draw_panel(
    axes: Axes,
    case: Case,
    prediction: LabelMap | None,
    sequence: str,
    z: int,
    window: Window,
    with_truth: bool,
) -> None:
    draw_slice(axes, case.images[sequence].array[..., z], window=window, layout=case.layout)
    for labels, predicted in ((case.labels if with_truth else None, False), (prediction, True)):
        if labels is None:
            continue
        shown = cut_labels(labels, z, window=window, layout=case.layout)
        for tissue, region in OUTLINES.items():
            if (shown == INDEX[tissue]).any():
                mask = region_mask(shown, region)
                draw_outline(
                    axes, mask, colour=colour_of(tissue), extent=window.extent, predicted=predicted
                )


def _key(case: Case, prediction: LabelMap | None) -> list[Line2D]:
    present = [labels.array for labels in (case.labels, prediction) if labels is not None]
    keys = [
        Line2D(
            [],
            [],
            color=colour_of(tissue),
            linewidth=2,
            label=TITLES.get(tissue, region_title(tissue)),
        )
        for tissue in OUTLINES
        if any((array == INDEX[tissue]).any() for array in present)
    ]
    if case.labels is not None:
        keys.append(Line2D([], [], color=LIGHT, linewidth=1.4, label="expert"))
    if prediction is not None:
        keys.append(Line2D([], [], color=LIGHT, linewidth=1.4, linestyle=DASHES, label="predicted"))
    return keys
