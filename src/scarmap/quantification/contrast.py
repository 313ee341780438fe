"""Whether an image looks like its sequence: cavity, wall and surroundings beside each other.

Only orders and shares of the local range are used, so that neither scale nor offset of an export
matters, signed (PSIR) images included.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scarmap.labels import INDEX, LabelArray, MaskArray, region_mask
from scarmap.volume import LabelMap, Volume

_FEWEST_VOXELS = 20
"""In a slice, of the cavity without its border and of normal wall; fewer say too little."""

_RANGE = (0.02, 0.98)
"""Quantiles that bound the range of the window, as single bright voxels do not count."""

_WINDOW, _SURROUNDINGS = 2.0, 0.35
"""Half the window's side and the width of the surroundings, in radii of the left ventricle."""

DARK_CAVITY = 0.05
"""Cavity minus wall, below which the blood counts as dark. None of 44 synthetic and 105 real LGE
images lies below, and each of 57 dark-blood T2 images does."""

BRIGHT_WALL = 0.75
"""Rank of the wall minus brightness of its surroundings over it, above which an LGE image looks
like bSSFP; chosen on synthetic hearts, so that hardly any LGE image is called wrongly."""


@dataclass(frozen=True)
class Contrast:
    """What an image looks like around the left ventricle, medians over slices.

    Attributes:
        cavity_over_wall: Median of the cavity minus that of normal wall, over the window's range.
        surroundings_over_wall: The same of what lies around the epicardium.
        wall_rank: Share of the window that is darker than the median of normal wall.
    """

    cavity_over_wall: float
    surroundings_over_wall: float
    wall_rank: float

    @property
    def bright_wall(self) -> float:
        """Large where the wall is brighter than much around it, as in bSSFP and T2."""
        return self.wall_rank - self.surroundings_over_wall


def contrast(image: Volume, labels: LabelMap) -> Contrast | None:
    """Measure the contrast of an image inside and around the heart of a mask.

    Args:
        image: One sequence, on the mask's grid.
        labels: The mask.

    Returns:
        The contrast; None where no slice shows enough of cavity and normal wall.
    """
    found = [
        _of_slice(image.array[..., z], labels.array[..., z]) for z in range(labels.array.shape[2])
    ]
    shown = [each for each in found if each is not None]
    if not shown:
        return None
    cavity, surroundings, rank = np.median(np.array(shown), axis=0).tolist()
    return Contrast(cavity, surroundings, rank)


def looks_wrong(sequence: str, seen: Contrast) -> str:
    """What is odd about an image of a sequence, as the end of a sentence; "" for nothing.

    Args:
        sequence: "LGE", "T2" or "bSSFP".
        seen: Its contrast.
    """
    dark = seen.cavity_over_wall < DARK_CAVITY
    if dark and sequence in ("LGE", "bSSFP"):
        return "its cavity is not brighter than the wall, as in dark-blood T2 images"
    if sequence == "LGE" and seen.bright_wall > BRIGHT_WALL:
        return "its wall is brighter than much around it, as in bSSFP images"
    return ""


def has_bright_blood(seen: Contrast) -> bool:
    """Whether the blood of a T2-weighted image is bright: T2-prepared, or another sequence."""
    return seen.cavity_over_wall > 2 * DARK_CAVITY


def _of_slice(image: np.ndarray, labels: LabelArray) -> tuple[float, float, float] | None:
    ventricle = region_mask(labels, "lv_epicardium")
    pool = ndimage.binary_erosion(labels == INDEX["lv_pool"], iterations=2)
    normal = labels == INDEX["normal_myocardium"]
    if min(np.count_nonzero(pool), np.count_nonzero(normal)) < _FEWEST_VOXELS:
        return None
    radius = max(float(np.ptp(places)) for places in np.nonzero(ventricle)) / 2
    window = _window(ventricle, _WINDOW * radius)
    values = np.sort(image[window].astype(np.float64).ravel())
    low, high = np.quantile(values, _RANGE)
    around = _surroundings(labels, ventricle, max(int(_SURROUNDINGS * radius), 3))
    if high <= low or not around.any():
        return None
    wall = float(np.median(image[normal]))
    over = [(float(np.median(image[mask])) - wall) / (high - low) for mask in (pool, around)]
    return over[0], over[1], float(np.searchsorted(values, wall)) / len(values)


def _window(ventricle: MaskArray, half: float) -> tuple[slice, ...]:
    centre = [float(places.mean()) for places in np.nonzero(ventricle)]
    return tuple(slice(max(int(middle - half), 0), int(middle + half) + 1) for middle in centre)


def _surroundings(labels: LabelArray, ventricle: MaskArray, width: int) -> MaskArray:
    """A ring beyond the wall's own border, without the right ventricle's blood."""
    border = ndimage.binary_dilation(ventricle, iterations=2)
    ring: MaskArray = ndimage.binary_dilation(ventricle, iterations=width) & ~border
    around: MaskArray = ring & (labels != INDEX["rv_pool"])
    return around
