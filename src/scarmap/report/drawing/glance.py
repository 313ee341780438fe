"""One slice of a case at a glance: the image, and beside it expert and prediction upon it."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from scarmap.labels import LabelArray, region_mask
from scarmap.report.drawing.heart import draw_readers
from scarmap.report.drawing.panels import (
    close_window,
    cut_labels,
    draw_slice,
    panel_grid,
    sequence_behind,
)
from scarmap.report.drawing.side_by_side import pathology_slices
from scarmap.volume import Case, LabelMap


def glance_slice(case: Case) -> int:
    """Choose the slice with most pathology, or with most heart."""
    return (pathology_slices(case, most=1) or [case.grid.shape[2] // 2])[0]


def draw_glance(case: Case, prediction: LabelMap, z: int, *, panel_inch: float = 1.9) -> Figure:
    """Draw a slice twice: plain, and with the infarct that expert and prediction mark.

    Where neither marks any, the borders of the wall stand in.

    Args:
        case: Images and, where they are known, the true labels.
        prediction: Predicted labels.
        z: The slice.
        panel_inch: Side of one panel.

    Returns:
        The picture, not yet written anywhere.
    """
    window = close_window(case, [prediction])
    figure, grid = panel_grid(
        1, 2, panel_inch=panel_inch, head_inch=0.0, foot_inch=0.0, side_inch=0.0
    )
    image = case.images[sequence_behind(case, "scar")].array[..., z]
    cuts = [
        None if labels is None else cut_labels(labels, z, window=window, layout=case.layout)
        for labels in (case.labels, prediction)
    ]
    for axes in grid[0]:
        draw_slice(axes, image, window=window, layout=case.layout)
    for region in _regions([cut for cut in cuts if cut is not None]):
        expert, predicted = (None if cut is None else region_mask(cut, region) for cut in cuts)
        draw_readers(grid[0][1], expert, predicted, extent=window.extent)
    return figure


def _regions(cuts: Sequence[LabelArray]) -> tuple[str, ...]:
    infarcted = any(region_mask(cut, "whole_infarct").any() for cut in cuts)
    return ("whole_infarct",) if infarcted else ("lv_epicardium", "lv_pool")
