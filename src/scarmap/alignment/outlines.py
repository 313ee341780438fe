"""What a segmenter sees of the heart in one sequence alone: outlines to align sequences by."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.alignment.agreement import Seen
from scarmap.inference.segment import Segmenter, segment
from scarmap.volume import Case, Volume, crop_or_pad

Maps = NDArray[np.float32]
"""Probabilities (3, ...) of epicardium, wall and right ventricle; the epicardium bounds wall and
cavity."""

NEEDED = ("lv_pool", "whole_myocardium")
SIDE_MM = 190.0
"""Side of the window that is compared: a heart, and what lies a move away from it."""
LEAST_SHARE = 0.3
"""Of the largest slice's heart, that a slice must show to say where the heart is."""


def can_see(segmenter: Segmenter) -> bool:
    """Whether a segmenter shows what alignment looks at."""
    return all(region in segmenter.regions for region in NEEDED)


def see(image: Volume, sequence: str, segmenter: Segmenter) -> Maps:
    """What a segmenter sees in one sequence alone.

    Args:
        image: The image; slices that are zero everywhere show nothing.
        sequence: Its sequence.
        segmenter: Knows `NEEDED`; where it knows no right ventricle, none is seen.

    Returns:
        (3, X, Y, Z).
    """
    found = segment(Case("", "scarmap", {sequence: image}), segmenter).probabilities
    shown = dict(zip(segmenter.regions, found, strict=True))
    wall, cavity = shown["whole_myocardium"], shown["lv_pool"]
    maps = np.stack([cavity + wall, wall, shown.get("rv_pool", np.zeros_like(wall))])
    maps[..., ~image.array.any((0, 1))] = 0
    return maps


def heart_middle(maps: Maps) -> tuple[float, float]:
    """Middle of the left ventricle over all slices, in voxels; else that of the image.

    Args:
        maps: (3, X, Y, Z).
    """
    epicardium = maps[0]
    areas = epicardium.sum((0, 1))
    if areas.max() < 1:
        return epicardium.shape[0] / 2, epicardium.shape[1] / 2
    large = epicardium[..., areas >= LEAST_SHARE * areas.max()].sum(2)
    x, y = ndimage.center_of_mass(large)
    return float(x) + 0.5, float(y) + 0.5


def around_heart(
    images: Mapping[str, Volume], maps: Mapping[str, Maps], *, reference: str
) -> dict[str, Seen]:
    """Cut every sequence to one window around the reference's heart.

    Args:
        images: Sequence to image, all on one grid.
        maps: Sequence to its maps.
        reference: The sequence that is not moved.
    """
    grid = images[reference].grid
    centre = heart_middle(maps[reference])
    size = (round(SIDE_MM / grid.spacing_mm[0]), round(SIDE_MM / grid.spacing_mm[1]))
    seen = {}
    for sequence, image in images.items():
        cut = crop_or_pad(image.array, centre=centre, size=size, fill=float(image.array.min()))
        outlines = crop_or_pad(np.moveaxis(maps[sequence], 0, -1), centre=centre, size=size)
        seen[sequence] = Seen(np.moveaxis(cut, 2, 0), np.moveaxis(outlines, (2, 3), (0, 1)))
    return seen
