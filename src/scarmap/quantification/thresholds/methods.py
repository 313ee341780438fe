"""Classical thresholds: infarct as the part of the wall that is bright on LGE.

One cut-off serves the whole stack. The brightest tissue is the 99.5th percentile of the wall, so
that a single noisy voxel does not decide. Half-maximum methods that measure from zero need a
magnitude image; in a signed (PSIR) image only the one that measures from remote myocardium is
defined.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.errors import DataError, suggest
from scarmap.labels import MaskArray
from scarmap.quantification.result import Remote
from scarmap.volume import ImageArray

_BRIGHTEST_PERCENTILE = 99.5
_SEED_SD, _GROWN_SD = 5.0, 3.0
"""Standard deviations above remote: 5 is the default of CMRSegTools and finds few voxels that are
not infarct, 3 finds its rim."""

METHODS: Mapping[str, str] = {
    **{f"{n}sd": f"{n}-SD (STRM): above mean + {n} SD of remote myocardium" for n in range(2, 7)},
    "fwhm_max": "FWHM: at least half of the brightest myocardium",
    "fwhm_amado": "FWHM (Amado): above half of the maximum of the region grown from the brightest "
    "myocardium",
    "fwhm_remote": "FWHM from remote: above the middle of remote mean and brightest myocardium",
    "otsu": "Otsu: the two classes of the wall with the largest variance between them",
    "region_growing": "Region growing: above mean + 3 SD of remote, connected to a voxel above "
    "mean + 5 SD",
}
"""Methods by name, with a title for people. STRM is the signal threshold versus the reference
mean."""

NEEDS_REMOTE = frozenset({*(f"{n}sd" for n in range(2, 7)), "fwhm_remote", "region_growing"})
NEEDS_ZERO = frozenset({"fwhm_max", "fwhm_amado"})
"""Methods that halve an intensity, which means something only where zero stands for no signal."""


@dataclass(frozen=True)
class Threshold:
    """What a method found.

    Attributes:
        method: A name in `METHODS`.
        cutoff: Image units; NaN where the method is undefined.
        mask: (X, Y, Z), infarct inside the wall.
    """

    method: str
    cutoff: float
    mask: MaskArray


def threshold(
    image: ImageArray,
    wall: MaskArray,
    method: str,
    *,
    remote: Remote | None = None,
    signed: bool | None = None,
) -> Threshold:
    """Find infarct with one method.

    Source: n-SD, strictly above, and the three half-maximum rules as CMRSegTools has them (Amado
        2004 for the grown region); Otsu 1979.
    Differs: one cut-off per stack, there per slice; "maximum" is the 99.5th percentile of the wall
        in `fwhm_max` and `fwhm_remote` and in the choice of Amado's seed, there a reader's click.

    Args:
        image: (X, Y, Z), LGE.
        wall: (X, Y, Z), whole myocardium.
        method: A name in `METHODS`.
        remote: Remote myocardium, for the methods in `NEEDS_REMOTE`.
        signed: Whether zero is not the absence of signal (PSIR); None finds out by negative voxels
            in the image.

    Returns:
        The result; undefined, with an empty mask, without a wall, without a remote that the method
        needs, or where a method in `NEEDS_ZERO` meets a signed image.

    Raises:
        DataError: There is no such method.
    """
    if method not in METHODS:
        raise DataError(f"There is no threshold method {method!r}. {suggest(method, METHODS)}")
    signed = is_signed(image) if signed is None else signed
    remote = remote or Remote("", 0, nan, nan)
    cutoff = nan
    if wall.any() and not (method in NEEDS_ZERO and signed):
        cutoff = _cutoff(image, wall, method, remote)
    if isnan(cutoff):
        return Threshold(method, nan, np.zeros_like(wall))
    bright: MaskArray = image >= cutoff if method == "fwhm_max" else image > cutoff
    if method == "region_growing":
        seeds = wall & (image > remote.mean + _SEED_SD * remote.sd)
        return Threshold(method, cutoff, grown(seeds, wall & bright))
    return Threshold(method, cutoff, wall & bright)


def is_signed(image: ImageArray) -> bool:
    """Whether an image has negative voxels, as PSIR reconstructions with their sign have."""
    return bool((image < 0).any())


def brightest(image: ImageArray, wall: MaskArray) -> float:
    """The 99.5th percentile of the wall, image units."""
    return float(np.percentile(image[wall], _BRIGHTEST_PERCENTILE))


def otsu_cutoff(values: NDArray[np.floating]) -> float:
    """Cut between two classes of values with the largest variance between the classes.

    Source: Otsu 1979, over the values themselves instead of a histogram.
    Differs: nothing.

    Args:
        values: (N,).

    Returns:
        The middle between the largest value of the lower class and the smallest of the upper; NaN
            when all are equal.

    >>> otsu_cutoff(np.array([1.0, 2.0, 9.0, 10.0]))
    5.5
    """
    ordered = np.sort(values.astype(np.float64))
    cuts = np.flatnonzero(np.diff(ordered))  # the lower class ends here
    if not len(cuts):
        return nan
    below = cuts + 1.0
    above = len(ordered) - below
    sums = np.cumsum(ordered)[cuts]
    between = below * above * (sums / below - (ordered.sum() - sums) / above) ** 2
    cut = cuts[int(between.argmax())]
    return float((ordered[cut] + ordered[cut + 1]) / 2)


def grown(seeds: MaskArray, candidates: MaskArray) -> MaskArray:
    """The connected pieces of the candidates, voxels touching by their faces, that hold a seed."""
    pieces, _ = ndimage.label(candidates)
    return np.isin(pieces, np.unique(pieces[seeds & candidates]))


def _cutoff(image: ImageArray, wall: MaskArray, method: str, remote: Remote) -> float:
    """The cut-off, image units; NaN where the method needs a remote and it is not known."""
    if method == "otsu":
        return otsu_cutoff(image[wall])
    if method == "fwhm_max":
        return brightest(image, wall) / 2
    if method == "fwhm_amado":
        return _amado_cutoff(image, wall)
    if method == "fwhm_remote":
        return (remote.mean + brightest(image, wall)) / 2
    number = _GROWN_SD if method == "region_growing" else float(method.removesuffix("sd"))
    return remote.mean + number * remote.sd


def _amado_cutoff(image: ImageArray, wall: MaskArray) -> float:
    """Half the maximum of the region that grows from the brightest myocardium.

    It grows from the voxel nearest to that brightness, over voxels above half of its own.
    """
    distance = np.where(wall, np.abs(image.astype(np.float64) - brightest(image, wall)), np.inf)
    seed = np.zeros_like(wall)
    seed[np.unravel_index(int(distance.argmin()), seed.shape)] = True
    region = grown(seed, wall & (image > image[seed] / 2))
    return float(image[region].max()) / 2 if region.any() else nan
