"""A case tissue by tissue: a row per slice, a column per tissue, both outlines in each panel."""

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scarmap.labels import INDEX, codes
from scarmap.report.drawing.heart import LIGHT, draw_readers, readers_key, region_title
from scarmap.report.drawing.panels import (
    KEY_STYLE,
    Window,
    close_window,
    cut_labels,
    draw_slice,
    panel_grid,
    sequence_behind,
    shown_slices,
)
from scarmap.volume import Case, LabelMap


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
    for row, z in zip(grid, slices, strict=True):
        row[0].set_ylabel(f"slice {first_slice + z + 1}", color=LIGHT, fontsize=8)
        _draw_row(row, case, prediction, z, tissues=tissues, window=window)
    for axes, tissue in zip(grid[0], tissues, strict=True):
        title = f"{textwrap.fill(region_title(tissue), 18)}\non {sequence_behind(case, tissue)}"
        axes.set_title(title, color=LIGHT, fontsize=8, pad=3)
    keys = readers_key(expert=case.labels is not None)
    figure.legend(handles=keys, loc="lower center", ncols=2, **KEY_STYLE)
    return figure


def _draw_row(
    row: Sequence[Axes],
    case: Case,
    prediction: LabelMap,
    z: int,
    *,
    tissues: Sequence[str],
    window: Window,
) -> None:
    expert, predicted = (
        None if labels is None else cut_labels(labels, z, window=window, layout=case.layout)
        for labels in (case.labels, prediction)
    )
    for axes, tissue in zip(row, tissues, strict=True):
        image = case.images[sequence_behind(case, tissue)].array[..., z]
        draw_slice(axes, image, window=window, layout=case.layout)
        masks = (None if cut is None else cut == INDEX[tissue] for cut in (expert, predicted))
        draw_readers(axes, *masks, extent=window.extent, width=0.9)
