"""Pictures of the illustrations that a system writes about itself, a grid of panels each."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scarmap.io.illustrations import Illustration, Panel
from scarmap.report.drawing.heart import (
    DARK,
    LIGHT,
    brightness,
    draw_outline,
    heat_map,
    hide_frame,
    region_colour,
    region_title,
    upright,
)


def draw_illustration(
    illustration: Illustration, layout: str, *, panel_inch: float = 1.75
) -> Figure:
    """Draw the grid of a system's illustration: images grey, feature maps in perceptual colours.

    Each panel has its own brightness range.

    Args:
        illustration: Panels in rows; rows may differ in length.
        layout: Label layout of the run's data, which says what is up.
        panel_inch: Width of one panel.

    Returns:
        The picture.
    """
    columns = max(len(row) for row in illustration.rows)
    lines = max(len(_wrapped(panel.title)) for row in illustration.rows for panel in row)
    height_inch = panel_inch + 0.06 + 0.15 * lines
    figure = Figure(
        figsize=(panel_inch * columns, height_inch * len(illustration.rows)), facecolor=DARK
    )
    figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02, wspace=0.0, hspace=0.0)
    grid = figure.subplots(len(illustration.rows), columns, squeeze=False)
    for r, row in enumerate(illustration.rows):
        for axes, panel in zip(grid[r], row, strict=False):
            _draw_panel(axes, panel, layout)
        for axes in grid[r][len(row) :]:
            axes.set_axis_off()
    return figure


def _draw_panel(axes: Axes, panel: Panel, layout: str) -> None:
    image = upright(panel.image, layout)
    rows, columns = image.shape
    extent = (0.0, float(columns), float(rows), 0.0)
    low, high = brightness(image)
    axes.imshow(
        image.astype(np.float32),
        cmap=heat_map() if panel.heat else "gray",
        vmin=low,
        vmax=high,
        extent=extent,
        interpolation="bilinear",
    )
    for region, mask in panel.contours.items():
        shown = upright(mask, layout).astype(bool)
        draw_outline(axes, shown, colour=region_colour(region), extent=extent)
    axes.set_title("\n".join(_wrapped(panel.title)), color=LIGHT, fontsize=8, pad=3)
    hide_frame(axes)


def _wrapped(title: str) -> list[str]:
    return textwrap.wrap(title, 26) or [""]


def drawn_regions(illustration: Illustration) -> list[str]:
    """Name the regions that an illustration outlines, each once, for its key."""
    regions: dict[str, None] = {}
    for row in illustration.rows:
        for panel in row:
            regions |= dict.fromkeys(name for name, mask in panel.contours.items() if mask.any())
    return list(regions)


def region_key(regions: Sequence[str]) -> list[tuple[str, str]]:
    """Title and colour of each region, for a key beside a picture."""
    return [(region_title(region), region_colour(region)) for region in regions]
