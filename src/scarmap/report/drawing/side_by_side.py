"""Runs side by side on the same slices: the image, the expert, then each run, tissues filled."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from scarmap.labels import INDEX, TISSUES, LabelArray
from scarmap.report.drawing.heart import LIGHT, region_title
from scarmap.report.drawing.panels import (
    KEY_STYLE,
    close_window,
    cut_labels,
    draw_slice,
    from_base,
    known_labels,
    panel_grid,
    sequences_in_order,
)
from scarmap.volume import Case, LabelMap

_PATHOLOGY = ("edema", "scar", "mvo")
"""Tissues that a slice is chosen for."""


@dataclass(frozen=True)
class Strip:
    """One row of the picture: a slice of a case and what each run makes of it.

    Attributes:
        label: Words at its left.
        case: Images and the expert's labels.
        z: The slice.
        predictions: Run to its labels of the case.
    """

    label: str
    case: Case
    z: int
    predictions: Mapping[str, LabelMap]


def pathology_slices(case: Case, *, most: int = 2) -> list[int]:
    """Choose the slices with the most pathology; in a heart without any, those with most heart.

    Args:
        case: A case; without the expert's labels its middle slice is chosen.
        most: Largest number of slices.

    Returns:
        Slice indices, from the base to the apex.
    """
    if case.labels is None:
        return [case.grid.shape[2] // 2]
    area = np.isin(case.labels.array, [INDEX[tissue] for tissue in _PATHOLOGY]).sum(axis=(0, 1))
    if not area.any():
        area = (case.labels.array > 0).sum(axis=(0, 1))
    largest = np.argsort(-area, kind="stable")[:most]
    return from_base([int(z) for z in largest if area[z] > 0], known_labels(case))


def draw_side_by_side(strips: Sequence[Strip], *, panel_inch: float = 1.7) -> Figure:
    """Draw one row per strip.

    Source: anatomy prior paper, Fig. 3.
    Differs: slices are chosen by rule; cropped to the expert's heart.

    Args:
        strips: All with the same runs.
        panel_inch: Side of one panel.

    Returns:
        The picture, not yet written anywhere.
    """
    runs = list(strips[0].predictions)
    image = sequences_in_order(strips[0].case)[0]
    titles = ["\n".join(textwrap.wrap(title, 20)) for title in [image, "expert", *runs]]
    head_inch = 0.12 + 0.15 * max(title.count("\n") + 1 for title in titles)
    figure, grid = panel_grid(
        len(strips),
        len(titles),
        panel_inch=panel_inch,
        head_inch=head_inch,
        foot_inch=0.3,
        side_inch=0.62,
    )
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, color=LIGHT, fontsize=8.5, pad=3)
    for row, strip in zip(grid, strips, strict=True):
        row[0].set_ylabel(strip.label, color=LIGHT, fontsize=8)
        _draw_strip(row, strip, sequence=image)
    figure.legend(handles=_key(strips), loc="lower center", ncols=len(TISSUES), **KEY_STYLE)
    return figure


def _draw_strip(row: Sequence[Axes], strip: Strip, *, sequence: str) -> None:
    case, predictions = strip.case, list(strip.predictions.values())
    window = close_window(case, predictions)
    for axes, labels in zip(row, [None, case.labels, *predictions], strict=True):
        image = case.images[sequence].array[..., strip.z]
        draw_slice(axes, image, window=window, layout=case.layout)
        if labels is not None:
            cut = cut_labels(labels, strip.z, window=window, layout=case.layout)
            axes.imshow(fills(cut), extent=window.extent, interpolation="nearest")


def fills(labels: LabelArray, *, opacity: float = 0.55) -> NDArray[np.float32]:
    """Colours (rows, columns, RGBA) of tissue indices (rows, columns); the background is clear."""
    colours = np.array([to_rgba(tissue.colour, opacity) for tissue in TISSUES], dtype=np.float32)
    colours[INDEX["background"]] = 0
    filled: NDArray[np.float32] = colours[labels]
    return filled


def _key(strips: Sequence[Strip]) -> list[Patch]:
    present: set[int] = set()
    for strip in strips:
        for labels in (strip.case.labels, *strip.predictions.values()):
            if labels is not None:
                present.update(np.unique(labels.array[..., strip.z]).tolist())
    return [
        Patch(color=TISSUES[index].colour, label=region_title(TISSUES[index].name))
        for index in sorted(present - {INDEX["background"]})
    ]
