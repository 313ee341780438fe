"""What alignment made, kept to be drawn later; images after it are files of their own."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from scarmap.alignment.moves import Common
from scarmap.alignment.result import Aligned, SequenceMoves, SliceMove
from scarmap.io.files import replacing
from scarmap.volume import Grid, ImageArray, Volume


def keep_aligned(path: Path, aligned: Aligned) -> None:
    """Write what alignment made, for pictures: three digits of each voxel are kept.

    Args:
        path: Target, an NPZ file.
        aligned: What is kept of it: all but `images`, and of `before` what is not the reference.
    """
    others = {each: image for each, image in aligned.before.items() if each != aligned.reference}
    arrays: dict[str, Any] = {
        f"before {each}": _short(image.array) for each, image in others.items()
    }
    arrays |= {f"outline {each}": _short(seen.array) for each, seen in aligned.outlines.items()}
    about = {
        "reference": aligned.reference,
        "how": aligned.how,
        "moves": {each: asdict(moves) for each, moves in aligned.moves.items()},
        "outlines": {each: _place(seen.grid) for each, seen in aligned.outlines.items()},
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)


def kept_aligned(path: Path, images: Mapping[str, Volume]) -> Aligned:
    """Read what `keep_aligned` wrote.

    Args:
        path: The file.
        images: Sequence to image after alignment, all on the reference's grid.
    """
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
        reference = images[about["reference"]]
        before = {
            name.removeprefix("before "): Volume(_long(arrays[name]), reference.grid)
            for name in arrays
            if name.startswith("before ")
        }
        outlines = {
            each: Volume(_long(arrays[f"outline {each}"]), _grid(place))
            for each, place in about["outlines"].items()
        }
    if before:
        before[about["reference"]] = reference
    moves = {each: _moves(told) for each, told in about["moves"].items()}
    return Aligned(images, about["reference"], about["how"], moves, before, outlines)


def _short(array: ImageArray) -> "np.ndarray[Any, np.dtype[np.float16]]":
    largest = float(np.abs(array).max(initial=0.0))
    return np.asarray(array / largest if largest > 1 else array, dtype=np.float16)


def _long(array: "np.ndarray[Any, np.dtype[np.float16]]") -> ImageArray:
    return np.asarray(array, dtype=np.float32)


def _place(grid: Grid) -> dict[str, Any]:
    return {
        "shape": list(grid.shape),
        "spacing_mm": list(grid.spacing_mm),
        "affine": grid.affine.tolist(),
    }


def _grid(place: Mapping[str, Any]) -> Grid:
    affine = np.array(place["affine"], dtype=np.float64)
    return Grid(tuple(place["shape"]), tuple(place["spacing_mm"]), affine)


def _moves(told: Mapping[str, Any]) -> SequenceMoves:
    slices = (SliceMove(**_with_pairs(each, "found_mm", "made_mm")) for each in told["slices"])
    common = told["common"] and Common(**_with_pairs(told["common"], "move_mm"))
    return SequenceMoves(tuple(slices), common)


def _with_pairs(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """JSON has no tuples."""
    return {**told, **{name: tuple(told[name]) for name in names}}
