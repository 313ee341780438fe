"""Figures as data addresses, so that a page carries its pictures inside itself."""

import base64
import io

import matplotlib
import numpy as np
from matplotlib import image
from matplotlib.figure import Figure
from numpy.typing import NDArray


def chart_address(figure: Figure) -> str:
    """Turn a chart into an SVG data address, the same bytes for the same chart.

    Args:
        figure: Cleared afterwards, to give its memory back.
    """
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "scarmap", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return _address(figure, buffer, "image/svg+xml")


def picture_address(figure: Figure, *, widest_pixels: int = 1560, dpi: int = 130) -> str:
    """Turn a figure of images into a WebP data address, about a fifth of the same PNG's size.

    Args:
        figure: Cleared afterwards, to give its memory back.
        widest_pixels: Wider figures get fewer dots per inch.
        dpi: Dots per inch.
    """
    dpi = min(dpi, int(widest_pixels / figure.get_figwidth()))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="webp", dpi=dpi, facecolor=figure.get_facecolor(), pil_kwargs={"quality": 88})
    return _address(figure, buffer, "image/webp")


def slice_address(rows: NDArray[np.generic], *, low: float, high: float) -> str:
    """Turn a grey slice into a WebP data address, pixel for pixel.

    Args:
        rows: (rows, columns), any numbers.
        low: Shown black, as all below it.
        high: Shown white, as all above it.
    """
    buffer = io.BytesIO()
    image.imsave(
        buffer,
        rows.astype(np.float32),
        vmin=low,
        vmax=high,
        cmap="gray",
        format="webp",
        pil_kwargs={"quality": 86, "method": 6},
    )
    return _data(buffer, "image/webp")


def _address(figure: Figure, buffer: io.BytesIO, media_type: str) -> str:
    figure.clear()
    return _data(buffer, media_type)


def _data(buffer: io.BytesIO, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
