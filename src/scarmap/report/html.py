"""Templates become pages that carry everything inside themselves."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib import image
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scarmap.io.files import replacing
from scarmap.report.cells import plain
from scarmap.report.drawing.words import without_formulas
from scarmap.version import __version__


def write_page(path: Path, template: str, **values: Any) -> Path:
    """Fill a template and write it.

    Args:
        path: Target; written under a temporary name and renamed.
        template: Name of a file in `templates/`.
        **values: What the template asks for, all but `version`; a missing value is an error.

    Returns:
        The target.
    """
    text = _environment().get_template(template).render(version=__version__, **values)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


@cache
def _environment() -> Environment:
    """What fills templates; kept, as compiling them takes as long as the rest of a page."""
    environment = Environment(
        loader=PackageLoader("scarmap.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    return environment


@dataclass(frozen=True)
class Image:
    """An embedded image.

    Attributes:
        address: Its data address.
        alt: What it shows, for those who cannot see it.
        caption: Words below it; may be empty.
    """

    address: str
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """One embedded picture or chart, or several that stand beside each other.

    Attributes:
        title: Heading.
        caption: Text below; may be empty.
        alt: What the picture shows, for those who cannot see it.
        address: Data address of the image, empty when it could not be drawn.
        problem: Why there is no image.
        key: Title and colour of the outlined regions.
        repeats: Whether an earlier picture shows the same thing of another fold.
        panels: In the place of one image, several: as many beside each other as a screen is wide.
    """

    title: str
    caption: str
    alt: str
    address: str = ""
    problem: str = ""
    key: Sequence[tuple[str, str]] = ()
    repeats: bool = False
    panels: Sequence[Image] = ()


def chart_address(figure: Figure) -> str:
    """Turn a chart into an SVG data address, the same bytes for the same chart."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "scarmap", "svg.fonttype": "path"}):
        without_formulas(figure).savefig(buffer, format="svg", metadata={"Date": None})
    return _data(buffer, "image/svg+xml")


def picture_address(figure: Figure, *, widest_pixels: int = 1560, dpi: int = 130) -> str:
    """Turn a picture of images into a WebP data address, about a fifth of the same PNG's size.

    Args:
        figure: The picture.
        widest_pixels: Wider pictures get fewer dots per inch.
        dpi: Dots per inch.
    """
    dpi = min(dpi, int(widest_pixels / figure.get_figwidth()))
    buffer = io.BytesIO()
    without_formulas(figure).savefig(
        buffer, format="webp", dpi=dpi, facecolor=figure.get_facecolor(), pil_kwargs={"quality": 88}
    )
    return _data(buffer, "image/webp")


def slice_address(rows: NDArray[np.generic], *, low: float, high: float) -> str:
    """Turn a grey slice into a WebP data address, pixel for pixel.

    Args:
        rows: (rows, columns), any numbers.
        low: Shown black, as all below it.
        high: Shown white, as all above it.
    """
    return _pixels(rows.astype(np.float32), vmin=low, vmax=high, cmap="gray")


def colour_address(rows: NDArray[np.floating[Any]]) -> str:
    """Turn colours into a WebP data address, pixel for pixel.

    Args:
        rows: (rows, columns, RGB), 0 to 1.
    """
    return _pixels(rows)


def _pixels(rows: NDArray[np.floating[Any]], **look: Any) -> str:
    buffer, small = io.BytesIO(), {"quality": 86, "method": 6}
    image.imsave(buffer, rows, format="webp", pil_kwargs=small, **look)
    return _data(buffer, "image/webp")


def _data(buffer: io.BytesIO, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
