"""How far the sizes of a study may be off, from probabilities: of several folds or passes, or averaged ones.

Such an interval shows how much the model's own answers scatter. It does not show what all of them get wrong.
"""

from collections.abc import Callable, Mapping
from math import nan

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scarmap.errors import DataError, suggest
from scarmap.labels import REGIONS
from scarmap.quantification.infarct import MYOCARDIUM_G_PER_ML, percent
from scarmap.quantification.result import Interval

REGION_OF: Mapping[str, tuple[str, ...]] = {
    "lv_pool": ("lv_pool",),
    "rv_pool": ("rv_pool",),
    "myocardium": ("whole_myocardium",),
    "infarct": ("whole_infarct", "scar"),
    "mvo": ("mvo",),
    "edema": ("edema",),
    "area_at_risk": ("scar_and_edema",),
}
"""Part of a study to the regions whose probability measures it; the first that is given is taken."""

ENOUGH_FOR_PERCENTILES = 20
LEVELS = (0.75, 0.25)
"""Probabilities whose level sets bound a size when there is one averaged map."""

Probabilities = NDArray[np.floating]


def intervals(
    probabilities: Mapping[str, Probabilities], *, voxel_ml: float, wall_ml: float, confidence: float = 0.9
) -> dict[str, Interval]:
    """Intervals of volumes, masses and shares of the wall.

    Args:
        probabilities: Region in `scarmap.labels.REGIONS` to its probability, (K, X, Y, Z) of K folds or passes, or
            (X, Y, Z) averaged. Where a scar is not divided, "scar" stands for the whole infarct.
        voxel_ml: Volume of a voxel.
        wall_ml: Volume of the wall in the mask, the denominator where `whole_myocardium` is not given in samples.
        confidence: Share of the scatter to cover.

    Returns:
        Figures by name to their interval, those whose regions are given.

    Raises:
        DataError: A region is unknown, or an array has neither three nor four axes, or fewer than two samples.
    """
    for region, values in probabilities.items():
        _check(region, values)
    bounds = {}
    wall = _volumes(probabilities.get("whole_myocardium"), voxel_ml)
    for part, regions in REGION_OF.items():
        given = next((probabilities[region] for region in regions if region in probabilities), None)
        volumes = _volumes(given, voxel_ml)
        if volumes is None or given is None:
            continue
        summarise = _summary(given, confidence)
        bounds[f"{part}_ml"] = summarise(volumes)
        if part in ("lv_pool", "rv_pool"):
            continue
        bounds[f"{part}_g"] = summarise(volumes * MYOCARDIUM_G_PER_ML)
        if part != "myocardium":
            paired = wall is not None and given.ndim == 4 and len(wall) == len(volumes)
            whole = wall if paired and wall is not None else np.full(len(volumes), wall_ml)
            shares = np.array([percent(*pair) for pair in zip(volumes.tolist(), whole.tolist(), strict=True)])
            bounds[f"{part}_percent_lv"] = summarise(shares)
    return bounds


def _check(region: str, values: Probabilities) -> None:
    if region not in REGIONS:
        raise DataError(f"There is no region {region!r} to have a probability. {suggest(region, REGIONS)}")
    if values.ndim not in (3, 4) or (values.ndim == 4 and len(values) < 2):
        raise DataError(
            f"The probabilities of {region} have the shape {values.shape}; expected (X, Y, Z) for averaged ones or "
            f"(K, X, Y, Z) with at least two folds or passes."
        )


def _volumes(values: Probabilities | None, voxel_ml: float) -> NDArray[np.float64] | None:
    """Volume of each sample, or at each level of an averaged map."""
    if values is None:
        return None
    masks = values >= 0.5 if values.ndim == 4 else np.stack([values >= level for level in LEVELS])
    volumes: NDArray[np.float64] = np.count_nonzero(masks, axis=(1, 2, 3)) * voxel_ml
    return volumes


def _summary(values: Probabilities, confidence: float) -> Callable[[NDArray[np.float64]], Interval]:
    if values.ndim == 3:
        return between_levels
    return lambda samples: interval_of_samples(samples, confidence=confidence)


def between_levels(sizes: NDArray[np.float64]) -> Interval:
    """Bounds from the level sets of an averaged map, which claim no coverage."""
    low, high = sizes.tolist()
    return Interval(low, high, nan, f"voxels with an averaged probability of at least {LEVELS[0]} and {LEVELS[1]}")


def interval_of_samples(samples: NDArray[np.float64], *, confidence: float = 0.9) -> Interval:
    """Interval in which one more fold or pass would fall.

    Percentiles from 20 samples on; with fewer, mean -+ t SD sqrt(1 + 1 / K), Student's t with K - 1 degrees of
    freedom, and 0 where the lower end would be negative.

    Args:
        samples: (K,), the figure as each fold or pass has it, K of at least 2.
        confidence: Share of the scatter to cover.
    """
    number, tail = len(samples), (1 - confidence) / 2
    if number >= ENOUGH_FOR_PERCENTILES:
        low, high = np.quantile(samples, [tail, 1 - tail]).tolist()
        return Interval(low, high, confidence, f"percentiles of {number} folds or passes")
    spread = float(stats.t.ppf(1 - tail, number - 1) * samples.std(ddof=1) * np.sqrt(1 + 1 / number))
    mean = float(samples.mean())
    return Interval(max(mean - spread, 0.0), mean + spread, confidence, f"scatter of {number} folds or passes")
