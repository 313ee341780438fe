"""What a browser is given of a study: 16-bit images, masks as bytes, and the way up."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from scarmap.io.files import read_json, replacing, write_json
from scarmap.io.nifti import read_image
from scarmap.labels import LabelArray
from scarmap.quantification.result import Reference
from scarmap.report.drawing.heart import brightness
from scarmap.report.study.view import standard_view
from scarmap.serving.store import StudyFolder
from scarmap.volume import ImageArray

_STEPS = 65535
_QUICK = 1
"""Level of compression: larger ones cost a reader more time than they save."""


def write_shown(folder: StudyFolder, images: dict[str, Path]) -> None:
    """Write the copies of the images of a study, and how each is shown at first.

    Args:
        folder: Where.
        images: Sequence to file.
    """
    windows: dict[str, dict[str, float]] = {}
    grid: dict[str, Any] = {}
    for sequence, path in images.items():
        image = read_image(path)
        stored, about = _stored(image.array)
        grid = {"shape": list(image.grid.shape), "spacing_mm": list(image.grid.spacing_mm)}
        with replacing(folder.shown(sequence)) as temporary:
            temporary.write_bytes(gzip.compress(stored.tobytes(), _QUICK, mtime=0))
        windows[sequence] = about
    write_json(folder.windows, {**grid, "sequences": windows})


def _stored(image: ImageArray) -> tuple[Any, dict[str, float]]:
    """Image as (Z, Y, X) of 16 bits, and what leads back to scanner units.

    Whole numbers of a small enough range, as scanners store, come back exactly.
    """
    least, most = float(image.min()), float(image.max())
    whole = most - least <= _STEPS and bool((image == np.rint(image)).all())
    scale = 1.0 if whole else (most - least) / _STEPS
    stored = np.rint((image.astype(np.float64) - least) / scale).astype("<u2")
    low, high = brightness(image)
    about = {"low": low, "high": high, "scale": scale, "offset": least}
    return np.ascontiguousarray(stored.transpose(2, 1, 0)), about


def read_shown(folder: StudyFolder) -> dict[str, Any]:
    """Shape, voxel size, and how each sequence is shown at first; none before a study was read."""
    if folder.windows.is_file():
        return dict(read_json(folder.windows))
    return {"shape": [0, 0, 0], "spacing_mm": [1.0, 1.0, 1.0], "sequences": {}}


def mask_bytes(labels: LabelArray) -> bytes:
    """A mask (X, Y, Z) as a browser reads it: (Z, Y, X), one byte for each voxel."""
    return np.ascontiguousarray(labels.transpose(2, 1, 0)).tobytes()


def view_of(reference: Reference, depth: int, *, layout: str = "scarmap") -> dict[str, Any]:
    """How slices are put in order and turned for the eye.

    Args:
        reference: How the stack lies in the heart.
        depth: Number of slices.
        layout: Label layout of the study.

    Returns:
        `order`, slice numbers from the base; `flip`, whether left and right change places first;
            `turn`, quarter turns anticlockwise after that.
    """
    order = list(range(depth))
    view = standard_view(reference, layout)
    # Pages of reports turn the second axis upwards, which is a change of sides and half a turn.
    return {
        "order": order if reference.base == "first" else order[::-1],
        "flip": not view.mirrored,
        "turn": (2 + view.quarter_turns) % 4,
    }
