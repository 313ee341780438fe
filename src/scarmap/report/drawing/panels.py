"""Panels of a picture: where to cut, which slices to show, and the dark grid they stand in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scarmap.labels import SEQUENCES, LabelArray
from scarmap.quantification.stack.orientation import find_base
from scarmap.report.drawing.heart import DARK, LIGHT, brightness, hide_frame, upright
from scarmap.volume import Case, LabelMap, crop_or_pad

KEY_STYLE: Mapping[str, Any] = {
    "frameon": False,
    "fontsize": 8,
    "labelcolor": LIGHT,
    "handlelength": 1.8,
    "borderaxespad": 0.2,
    "labelspacing": 0.3,
}
"""Keywords of a legend on a dark ground."""

_SHOWN_BY: Mapping[str, str] = {
    "lv_pool": "bSSFP",
    "rv_pool": "bSSFP",
    "normal_myocardium": "bSSFP",
    "edema": "T2",
    "scar": "LGE",
    "mvo": "LGE",
}
"""Tissue to the sequence that shows it best."""


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

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """(left, right, bottom, top) in millimetres, as for `imshow`."""
        return 0.0, self.side_mm, self.side_mm, 0.0


def heart_window(
    case: Case,
    predictions: Sequence[LabelMap] = (),
    *,
    margin_mm: float = 10.0,
    least_mm: float = 60.0,
) -> Window:
    """Find the square that holds truth and predictions in all slices.

    Args:
        case: The case.
        predictions: Its predicted labels, by any number of systems.
        margin_mm: Added on each side.
        least_mm: Smallest side. A case without any label is shown whole.
    """
    spacing_mm = np.array(case.grid.spacing_mm[:2])
    heart = np.zeros(case.grid.shape[:2], dtype=bool)
    for labels in _known(case, predictions):
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


def close_window(case: Case, predictions: Sequence[LabelMap] = ()) -> Window:
    """Find the square around the expert's heart alone.

    A stray prediction then does not make the heart small.

    Args:
        case: The case.
        predictions: Looked at only where the expert's labels are not known.
    """
    labelled = case.labels is not None and bool(case.labels.array.any())
    return heart_window(case, () if labelled else predictions, margin_mm=15.0)


def outside_ml(labels: LabelMap, window: Window) -> float:
    """Volume of all tissues together that lies outside a window."""
    slices = np.moveaxis(labels.array > 0, 2, 0)
    inside = sum(
        int(crop_or_pad(each, centre=window.centre, size=window.size).sum()) for each in slices
    )
    return float((int(slices.sum()) - inside) * labels.grid.voxel_ml)


def shown_slices(case: Case, predictions: Sequence[LabelMap] = (), *, most: int) -> list[int]:
    """Choose the slices to show: those with any label, thinned evenly when there are too many.

    Args:
        case: The case.
        predictions: Its predicted labels, by any number of systems.
        most: Largest number of slices.

    Returns:
        Slice indices, from the base to the apex.
    """
    known = _known(case, predictions)
    marked = np.zeros(case.grid.shape[2], dtype=bool)
    for labels in known:
        marked |= (labels.array > 0).any(axis=(0, 1))
    if not marked.any():
        marked[:] = True
    slices = np.flatnonzero(marked)
    chosen = np.round(np.linspace(0, len(slices) - 1, min(most, len(slices)))).astype(int)
    return from_base([int(index) for index in slices[chosen]], known)


def from_base(slices: Sequence[int], known: Sequence[LabelMap]) -> list[int]:
    """Sort slices from the base to the apex, as the pages of studies show them.

    Args:
        slices: Slice indices.
        known: Labels of the case, the most trusted first; without any, the order of the file stays.
    """
    last = bool(known) and find_base(known[0])[0] == "last"
    return sorted(slices, reverse=last)


def sequences_in_order(case: Case) -> list[str]:
    """Sequences of a case, LGE first, those that scarmap does not know last."""
    return sorted(
        case.images, key=lambda name: SEQUENCES.index(name) if name in SEQUENCES else len(SEQUENCES)
    )


def sequence_behind(case: Case, tissue: str) -> str:
    """Choose the sequence that shows a tissue best, or else the first of the case."""
    wanted = _SHOWN_BY[tissue]
    return wanted if wanted in case.images else sequences_in_order(case)[0]


def panel_grid(
    rows: int,
    columns: int,
    *,
    panel_inch: float,
    head_inch: float,
    foot_inch: float,
    side_inch: float,
) -> tuple[Figure, NDArray[np.object_]]:
    """Make a dark picture of square panels that touch, with room for words around them.

    Returns:
        The picture, and its axes (rows, columns).
    """
    width, height = side_inch + panel_inch * columns, head_inch + foot_inch + panel_inch * rows
    figure = Figure(figsize=(width, height), facecolor=DARK)
    grid = figure.subplots(rows, columns, squeeze=False)
    figure.subplots_adjust(
        left=side_inch / width,
        right=1,
        bottom=foot_inch / height,
        top=1 - head_inch / height,
        wspace=0.03,
        hspace=0.03,
    )
    return figure, grid


def draw_slice(axes: Axes, image: NDArray[np.generic], *, window: Window, layout: str) -> None:
    """Draw a slice (X, Y) in grey, cut to the window and the right way up, in millimetres."""
    cut = crop_or_pad(image, centre=window.centre, size=window.size)
    low, high = brightness(cut)
    axes.imshow(
        upright(cut, layout),
        cmap="gray",
        vmin=low,
        vmax=high,
        extent=window.extent,
        interpolation="bicubic",
    )
    hide_frame(axes)


def cut_labels(labels: LabelMap, z: int, *, window: Window, layout: str) -> LabelArray:
    """Tissue indices (rows, columns) of a slice as `draw_slice` turns and cuts it."""
    cut = crop_or_pad(labels.array[..., z], centre=window.centre, size=window.size)
    return upright(cut, layout).astype(np.uint8)


def _known(case: Case, predictions: Sequence[LabelMap]) -> list[LabelMap]:
    return [*known_labels(case), *predictions]


def known_labels(case: Case) -> list[LabelMap]:
    """The expert's labels of a case, if there are any."""
    return [] if case.labels is None else [case.labels]
