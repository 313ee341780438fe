"""How a heart is shown: which way up, how bright, and each region in the colour of its tissue.

Turning a slice is for the eye only. Nothing on disk or in a measurement is ever reoriented.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from scarmap.labels import INDEX, REGIONS, TISSUES, MaskArray

DARK, LIGHT = "#14171a", "#e8eaed"
"""Ground and ink of pictures with images, which are read best on a dark ground."""

EXPERT, PREDICTED = "#56b4e9", "#ffb000"
"""Line colours of expert and prediction, apart for colour-blind readers and bright on grey."""

_SERIES = ("#4c78a8", "#e45756", "#72b7b2", "#b279a2", "#9d755d", "#54a24b", "#eeca3b", "#ff9da6")

DASHES = (0, (2.2, 1.6))
"""Line style of predictions."""

_UNIONS: Mapping[str, str] = {
    "whole_myocardium": "normal_myocardium",
    "lv_epicardium": "normal_myocardium",
    "scar_and_edema": "edema",
    "whole_infarct": "scar",
}


def region_colour(region: str) -> str:
    """Hex colour of a region: its tissue's, or for a union that of the tissue which bounds it.

    >>> region_colour("whole_infarct") == region_colour("scar") == "#F0E442"
    True
    """
    name = _UNIONS.get(region, region)
    return TISSUES[INDEX[name]].colour if name in INDEX else "#8a9099"


def region_title(region: str) -> str:
    """Name of a region for people.

    >>> region_title("scar_and_edema"), region_title("lv_pool"), region_title("average_pathology")
    ('scar and edema', 'LV blood pool', 'average pathology')
    """
    if region in INDEX and region != "scar":
        return TISSUES[INDEX[region]].title.split(" (")[0]
    return region.replace("lv_", "LV ").replace("rv_", "RV ").replace("_", " ")


def is_union(region: str) -> bool:
    """Whether a region is made of several tissues and so shares its colour with one of them."""
    return len(REGIONS.get(region, ())) > 1


def series(count: int) -> list[str]:
    """Choose colours for things that are no tissue, such as parts of a loss or runs."""
    return [_SERIES[index % len(_SERIES)] for index in range(count)]


def ink(colour: str, *, luminance: float = 0.45) -> str:
    """Darken a colour until it can be read as a line on white.

    Args:
        colour: Any matplotlib colour.
        luminance: Largest relative luminance (0 black, 1 white) that the result may have.
    """
    share = min(1.0, luminance / max(_luminance(colour), 1e-6))
    return to_hex(tuple(share * np.array(to_rgb(colour))))


def upright(array: NDArray[np.generic], layout: str) -> NDArray[np.generic]:
    """Turn a slice (X, Y) into rows and columns: head up, right ventricle left.

    The second axis runs from the abdomen to the head in MyoPS, and from the head to the abdomen in
    EMIDEC.

    Args:
        array: (X, Y), or (X, Y, ...).
        layout: Label layout of the case.

    Returns:
        (rows, columns, ...), a view.
    """
    rows = np.swapaxes(array, 0, 1)
    return rows if layout == "emidec" else rows[::-1]


def brightness(image: NDArray[np.generic]) -> tuple[float, float]:
    """Black and white point of an image: its 1st and 99.5th percentile, never equal."""
    # Percentiles, so that a few extreme voxels do not take the contrast from the rest.
    low, high = np.percentile(image.astype(np.float64), [1.0, 99.5])
    return float(low), float(high if high > low else low + 1.0)


def draw_outline(
    axes: Axes,
    mask: MaskArray,
    *,
    colour: str,
    extent: tuple[float, float, float, float],
    predicted: bool = False,
    width: float = 1.2,
) -> None:
    """Draw the border of a mask; nothing where it is empty or fills the picture.

    Args:
        axes: Where an image of the same rows and columns was drawn.
        mask: (rows, columns), see `upright`.
        colour: Colour of the line.
        extent: (left, right, bottom, top) of the image, as for `imshow`.
        predicted: Dashed instead of solid with a thin shade around it.
        width: Line width in points.
    """
    if mask.all() or not mask.any():
        return
    left, right, bottom, top = extent
    rows, columns = mask.shape
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = top + (np.arange(rows) + 0.5) * (bottom - top) / rows
    lines = axes.contour(
        x,
        y,
        mask.astype(np.float32),
        levels=[0.5],
        colors=[colour],
        linewidths=[width],
        linestyles=[DASHES if predicted else "solid"],
    )
    if not predicted:
        lines.set_path_effects(
            [patheffects.withStroke(linewidth=width + 0.9, foreground=outline_shade(colour))]
        )


def draw_readers(
    axes: Axes,
    expert: MaskArray | None,
    prediction: MaskArray | None,
    *,
    extent: tuple[float, float, float, float],
    width: float = 1.2,
) -> None:
    """Outline what expert and prediction call a region: one wide and solid, one dashed upon it.

    Colour and dashes each tell the two apart, and where they agree both are seen.

    Args:
        axes: Where an image of the same rows and columns was drawn.
        expert: (rows, columns), see `upright`; None where it is not known.
        prediction: Likewise.
        extent: (left, right, bottom, top) of the image, as for `imshow`.
        width: Line width of the prediction in points.
    """
    if expert is not None:
        draw_outline(axes, expert, colour=EXPERT, extent=extent, width=1.9 * width)
    if prediction is not None:
        draw_outline(axes, prediction, colour=PREDICTED, extent=extent, width=width, predicted=True)


def readers_key(*, expert: bool = True, predicted: bool = True) -> list[Line2D]:
    """Lines of a key for `draw_readers`."""
    keys = []
    if expert:
        keys.append(Line2D([], [], color=EXPERT, linewidth=2.4, label="expert"))
    if predicted:
        look: dict[str, Any] = {"color": PREDICTED, "linestyle": DASHES, "linewidth": 1.4}
        keys.append(Line2D([], [], label="predicted", **look))
    return keys


def outline_shade(colour: str) -> str:
    """Hex colour, half transparent, around a line: light around dark lines, else dark."""
    return "#ffffff90" if _luminance(colour) < 0.4 else "#00000090"


def hide_frame(axes: Axes) -> None:
    """Remove ticks and borders around an image."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def regions_in_order(regions: Sequence[str]) -> list[str]:
    """Sort regions as `scarmap.labels.REGIONS` lists them, unknown ones last in the order given."""
    known = list(REGIONS)
    return sorted(
        regions, key=lambda region: known.index(region) if region in known else len(known)
    )


def heat_map() -> matplotlib.colors.Colormap:
    """Perceptually even colours for feature and attention maps."""
    return matplotlib.colormaps["magma"]


def _luminance(colour: str) -> float:
    # Weights of red, green and blue in luminance by ITU-R BT.709.
    return float(np.array(to_rgb(colour)) @ (0.2126, 0.7152, 0.0722))
