"""A case tissue by tissue: a row per slice, a column per tissue, both outlines in each panel."""

import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scarmap.labels import INDEX, codes
from scarmap.report.drawing.heart import EXPERT, LIGHT, PREDICTED, draw_outline, region_title
from scarmap.report.drawing.panels import (
    KEY_STYLE,
    Window,
    close_window,
    cut_labels,
    draw_slice,
    panel_grid,
    sequences_in_order,
    shown_slices,
)
from scarmap.volume import Case, LabelMap

_SHOWN_BY: Mapping[str, str] = {
    "lv_pool": "bSSFP",
    "rv_pool": "bSSFP",
    "normal_myocardium": "bSSFP",
    "edema": "T2",
    "scar": "LGE",
    "mvo": "LGE",
}
"""Tissue to the sequence that shows it best."""


def sequence_behind(case: Case, tissue: str) -> str:
    """Choose the sequence that shows a tissue best, or else the first of the case."""
    wanted = _SHOWN_BY[tissue]
    return wanted if wanted in case.images else sequences_in_order(case)[0]


def draw_contours(
    case: Case,
    prediction: LabelMap,
    *,
    max_slices: int = 10,
    first_slice: int = 0,
    panel_inch: float = 1.5,
) -> Figure:
    """Draw a case as a grid of slices (rows) and of the tissues that its layout labels (columns).

    Source: linear codec paper, Figs. 4 and 5 (best and worst case).
    Differs: cropped to the expert's heart, so prediction far from it is not seen, see `outside_ml`.

    Args:
        case: Images and, where they are known, the true labels.
        prediction: Predicted labels.
        max_slices: Largest number of slices.
        first_slice: Number from 0 of the first slice, where the case was cut from a larger stack.
        panel_inch: Side of one panel.

    Returns:
        The picture, not yet written anywhere.
    """
    window = close_window(case, [prediction])
    slices = shown_slices(case, [prediction], most=max_slices)
    tissues = [tissue for tissue in codes(case.layout) if tissue != "background"]
    figure, grid = panel_grid(
        len(slices),
        len(tissues),
        panel_inch=panel_inch,
        head_inch=0.54,
        foot_inch=0.28,
        side_inch=0.28,
    )
    outlines = {PREDICTED: prediction}
    if case.labels is not None:
        outlines = {EXPERT: case.labels, **outlines}
    for row, z in zip(grid, slices, strict=True):
        row[0].set_ylabel(f"slice {first_slice + z + 1}", color=LIGHT, fontsize=8)
        _draw_row(row, case, outlines, z, tissues=tissues, window=window)
    for axes, tissue in zip(grid[0], tissues, strict=True):
        title = f"{textwrap.fill(region_title(tissue), 18)}\non {sequence_behind(case, tissue)}"
        axes.set_title(title, color=LIGHT, fontsize=8, pad=3)
    names = {EXPERT: "expert", PREDICTED: "predicted"}
    keys = [Line2D([], [], color=each, linewidth=1.6, label=names[each]) for each in outlines]
    figure.legend(handles=keys, loc="lower center", ncols=2, **KEY_STYLE)
    return figure


def _draw_row(
    row: Sequence[Axes],
    case: Case,
    outlines: Mapping[str, LabelMap],
    z: int,
    *,
    tissues: Sequence[str],
    window: Window,
) -> None:
    cuts = {}
    for colour, labels in outlines.items():
        cuts[colour] = cut_labels(labels, z, window=window, layout=case.layout)
    for axes, tissue in zip(row, tissues, strict=True):
        image = case.images[sequence_behind(case, tissue)].array[..., z]
        draw_slice(axes, image, window=window, layout=case.layout)
        for colour, cut in cuts.items():
            mask = cut == INDEX[tissue]
            draw_outline(axes, mask, colour=colour, extent=window.extent, width=1.0)
