"""Pictures that a system makes of its own inner life, stored as arrays for the report to draw.

A system knows what its pictures show, the report knows how to draw: between them stands one file
per picture.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarmap.io.files import replacing
from scarmap.labels import MaskArray


@dataclass(frozen=True)
class Panel:
    """One image with contours.

    Attributes:
        title: Written above it.
        image: (X, Y), any real dtype; drawn grey, or in colour when `heat`.
        contours: Region name (see `scarmap.labels.REGIONS`) to mask (X, Y).
        heat: Whether it is a feature or attention map rather than an image.
    """

    title: str
    image: NDArray[np.generic]
    contours: Mapping[str, MaskArray] = field(default_factory=dict)
    heat: bool = False


@dataclass(frozen=True)
class Illustration:
    """A grid of panels. `name` is the file's name, `caption` says what the reader should see."""

    name: str
    title: str
    caption: str
    rows: tuple[tuple[Panel, ...], ...]


def write_illustration(folder: Path, illustration: Illustration) -> Path:
    """Write `<folder>/<name>.npz`: the arrays and, as JSON, how they are arranged."""
    arrays: dict[str, Any] = {}
    rows = []
    for r, row in enumerate(illustration.rows):
        rows.append(
            [
                {"title": panel.title, "heat": panel.heat, "contours": list(panel.contours)}
                for panel in row
            ]
        )
        for p, panel in enumerate(row):
            arrays[f"image_{r}_{p}"] = np.asarray(panel.image, dtype=np.float32)
            arrays |= {f"contour_{r}_{p}_{region}": mask for region, mask in panel.contours.items()}
    layout = {"title": illustration.title, "caption": illustration.caption, "rows": rows}
    path = folder / f"{illustration.name}.npz"
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, layout=np.array(json.dumps(layout)), **arrays)
    return path


def read_illustration(path: Path) -> Illustration:
    """Read a file of `write_illustration`."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        layout = json.loads(str(arrays["layout"]))
        rows = tuple(
            tuple(
                Panel(
                    panel["title"],
                    arrays[f"image_{r}_{p}"],
                    {region: arrays[f"contour_{r}_{p}_{region}"] for region in panel["contours"]},
                    panel["heat"],
                )
                for p, panel in enumerate(row)
            )
            for r, row in enumerate(layout["rows"])
        )
    return Illustration(path.stem, layout["title"], layout["caption"], rows)
