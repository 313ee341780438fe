"""Runs side by side on the same slices: the image, the expert, and then each run, tissues filled in their colours."""

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
    Window,
    close_window,
    cut_labels,
    draw_slice,
    panel_grid,
    sequences_in_order,
)
from scarmap.volume import Case, LabelMap

PATHOLOGY = ("edema", "scar", "mvo")
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
    """Choose the slices with the most pathology of the expert's; in a heart without any, those with the most heart.

    Args:
        case: A labelled case.
        most: Largest number of slices.

    Returns:
        Slice indices, ascending.
    """
    if case.labels is None:
        return [case.grid.shape[2] // 2]
    area = np.isin(case.labels.array, [INDEX[tissue] for tissue in PATHOLOGY]).sum(axis=(0, 1))
    if not area.any():
        area = (case.labels.array > 0).sum(axis=(0, 1))
    largest = np.argsort(-area, kind="stable")[:most]
    return sorted(int(z) for z in largest if area[z] > 0)


def draw_side_by_side(strips: Sequence[Strip], *, panel_inch: float = 1.7) -> Figure:
    """Draw one row per strip.

    Source: anatomy prior paper, Fig. 3.
    Differs: slices are chosen by rule; cropped to the expert's heart.

    Args:
        strips: All with the same runs.
        panel_inch: Side of one panel.

    Returns:
        The figure, not yet written anywhere.
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
        window = close_window(strip.case, list(strip.predictions.values()))
        for axes, labels in zip(
            row, [None, strip.case.labels, *strip.predictions.values()], strict=True
        ):
            draw_slice(
                axes,
                strip.case.images[image].array[..., strip.z],
                window=window,
                layout=strip.case.layout,
            )
            if labels is not None:
                _fill(
                    axes,
                    cut_labels(labels, strip.z, window=window, layout=strip.case.layout),
                    window,
                )
    figure.legend(handles=_key(strips), loc="lower center", ncols=len(TISSUES), **KEY_STYLE)
    return figure


def fills(labels: LabelArray, *, opacity: float = 0.55) -> NDArray[np.float32]:
    """Colours (rows, columns, RGBA) of tissue indices (rows, columns); the background is clear."""
    colours = np.array([to_rgba(tissue.colour, opacity) for tissue in TISSUES], dtype=np.float32)
    colours[INDEX["background"]] = 0
    filled: NDArray[np.float32] = colours[labels]
    return filled


def _fill(axes: Axes, labels: LabelArray, window: Window) -> None:
    axes.imshow(fills(labels), extent=window.extent, interpolation="nearest")


def _key(strips: Sequence[Strip]) -> list[Patch]:
    drawn = [
        each.array[..., strip.z]
        for strip in strips
        for each in (strip.case.labels, *strip.predictions.values())
        if each is not None
    ]
    present = {int(index) for array in drawn for index in np.unique(array)}
    return [
        Patch(color=tissue.colour, label=region_title(tissue.name))
        for index, tissue in enumerate(TISSUES)
        if index in present and tissue.name != "background"
    ]
