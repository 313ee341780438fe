"""One case in one picture: every slice of every sequence, expert and prediction on it."""

import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scarmap.labels import INDEX, LabelArray, MaskArray, region_mask
from scarmap.report.drawing.heart import LIGHT, draw_readers, readers_key, region_title
from scarmap.report.drawing.panels import (
    KEY_STYLE,
    Window,
    cut_labels,
    draw_slice,
    heart_window,
    known_labels,
    panel_grid,
    sequence_behind,
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

_LETTERS_BESIDE = 30
"""Letters beside a row of panels."""


def draw_case(
    case: Case,
    prediction: LabelMap | None = None,
    *,
    max_slices: int = 6,
    first_slice: int = 0,
    panel_inch: float = 1.9,
) -> Figure:
    """Draw a case: one row per sequence, one column per slice from the base, cropped to the heart.

    LGE comes first, and a row before it repeats it without outlines, so that these hide nothing. On
    each sequence the tissues are outlined that it shows best.

    Args:
        case: Images and, where they are known, the true labels.
        prediction: Predicted labels.
        max_slices: Largest number of slices.
        first_slice: Number from 0 of the first slice, where the case was cut from a larger stack.
        panel_inch: Side of one panel.

    Returns:
        The picture, not yet written anywhere.
    """
    predictions = () if prediction is None else (prediction,)
    slices = shown_slices(case, predictions, most=max_slices)
    rows = _rows(case, predictions)
    figure, grid = panel_grid(
        len(rows),
        len(slices),
        panel_inch=panel_inch,
        head_inch=0.22,
        foot_inch=0.3,
        side_inch=0.58,
    )
    window = heart_window(case, predictions)
    for row, (sequence, tissues) in zip(grid, rows, strict=True):
        for axes, z in zip(row, slices, strict=True):
            _draw_panel(axes, case, prediction, sequence, z, window, tissues=tissues)
        words = ", ".join(TITLES.get(tissue, region_title(tissue)) for tissue in tissues)
        title = "\n".join(textwrap.wrap(words, _LETTERS_BESIDE))
        row[0].set_ylabel(f"{sequence}\n{title}".strip(), color=LIGHT, fontsize=8)
    for axes, z in zip(grid[0], slices, strict=True):
        axes.set_title(f"slice {first_slice + z + 1}", color=LIGHT, fontsize=8, pad=3)
    keys = readers_key(expert=case.labels is not None, predicted=prediction is not None)
    if keys:
        figure.legend(handles=keys, loc="lower center", ncols=len(keys), **KEY_STYLE)
    return figure


def _rows(case: Case, predictions: Sequence[LabelMap]) -> list[tuple[str, list[str]]]:
    """Sequence of each row, and the tissues outlined on it."""
    labels = [*known_labels(case), *predictions]
    present = [
        tissue for tissue in OUTLINES if any((each.array == INDEX[tissue]).any() for each in labels)
    ]
    sequences = sequences_in_order(case)
    rows = [
        (sequence, [tissue for tissue in present if sequence_behind(case, tissue) == sequence])
        for sequence in sequences
    ]
    plain: list[tuple[str, list[str]]] = [(sequences[0], [])]
    return plain + rows if rows[0][1] else rows


def _draw_panel(
    axes: Axes,
    case: Case,
    prediction: LabelMap | None,
    sequence: str,
    z: int,
    window: Window,
    *,
    tissues: Sequence[str],
) -> None:
    draw_slice(axes, case.images[sequence].array[..., z], window=window, layout=case.layout)
    cuts = [
        None if labels is None else cut_labels(labels, z, window=window, layout=case.layout)
        for labels in (case.labels, prediction)
    ]
    for tissue in tissues:
        expert, predicted = (_bounded(cut, tissue) for cut in cuts)
        draw_readers(axes, expert, predicted, extent=window.extent)


def _bounded(cut: LabelArray | None, tissue: str) -> MaskArray | None:
    """The nested region that a tissue bounds; None where the tissue is not there."""
    if cut is None or not (cut == INDEX[tissue]).any():
        return None
    return region_mask(cut, OUTLINES[tissue])
