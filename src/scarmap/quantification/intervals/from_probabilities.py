"""How far the sizes of a study may be off, from probabilities: of several folds or passes, or averaged ones.

Such an interval shows how much the model's own answers scatter. It does not show what all of them
get wrong.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scarmap.errors import DataError, suggest
from scarmap.labels import REGIONS
from scarmap.quantification.measures.sizes import MYOCARDIUM_G_PER_ML, PARTS, percent
from scarmap.quantification.result import Interval

VOLUMES: Mapping[str, frozenset[str]] = {
    "lv_pool": frozenset({"lv_pool"}),
    "rv_pool": frozenset({"rv_pool"}),
    "myocardium": frozenset({"normal_myocardium", "edema", "scar", "mvo"}),
    **{part: frozenset(tissues) for part, tissues in PARTS.items()},
}
"""Parts of a study and the tissues that make them up."""

ENOUGH_FOR_PERCENTILES = 20
LEVELS = (0.75, 0.25)
"""Probabilities whose level sets bound a size when there is one averaged map."""

Probabilities = NDArray[np.floating]
Sizes = NDArray[np.float64]


def intervals(
    probabilities: Mapping[str, Probabilities],
    *,
    tissues: Collection[str],
    voxel_ml: float,
    wall_ml: float,
    confidence: float = 0.9,
) -> dict[str, Interval]:
    """Intervals of volumes, masses and shares.

    Args:
        probabilities: Region in `scarmap.labels.REGIONS` to its probability, (K, X, Y, Z) of K
            folds or passes, or (X, Y, Z) averaged.
        tissues: Tissues that the layout labels: where no-reflow is not labelled, "scar" is the
            whole infarct.
        voxel_ml: Volume of a voxel.
        wall_ml: Volume of the wall in the mask, the denominator where the wall itself has no
            samples.
        confidence: Share of the scatter to cover.

    Returns:
        Figures by name to their interval, those that the given regions measure.

    Raises:
        DataError: A region is unknown, an array has neither three nor four axes or fewer than two
            samples, or the arrays differ in shape.
    """
    for region, values in probabilities.items():
        _check(region, values)
    shapes = {values.shape for values in probabilities.values()}
    if len(shapes) > 1:
        raise DataError(
            "Probabilities of one study must have one shape; these have "
            f"{', '.join(map(str, shapes))}."
        )
    sizes: dict[str, Sizes] = {}
    for part, wanted in VOLUMES.items():
        found = probability_of(wanted & set(tissues), probabilities, tissues=tissues)
        if found is not None:
            sizes[part] = _volumes(found, voxel_ml)
    sampled = any(values.ndim == 4 for values in probabilities.values())
    wall = sizes["myocardium"] if sampled and "myocardium" in sizes else np.array([wall_ml])
    figures = dict(_figures(sizes, wall, sampled=sampled))
    if not sampled:
        return {name: between_levels(values) for name, values in figures.items()}
    return {
        name: interval_of_samples(values, confidence=confidence) for name, values in figures.items()
    }


def probability_of(
    wanted: Collection[str], probabilities: Mapping[str, Probabilities], *, tissues: Collection[str]
) -> Probabilities | None:
    """Probability of a set of tissues from those of regions: one region, several side by side, or one without another.

    Args:
        wanted: Tissues.
        probabilities: Region to its probability.
        tissues: Tissues that the layout labels; a region is what it labels of it.

    Returns:
        An array like the given ones, 0 to 1; None where the regions do not tell.
    """
    members = {region: frozenset(REGIONS[region]) & set(tissues) for region in probabilities}
    aim = frozenset(wanted)
    if not aim:
        return None
    inside = [region for region, held in members.items() if held and held <= aim]
    for number in range(1, len(inside) + 1):
        for some in combinations(inside, number):
            held = [tissue for region in some for tissue in members[region]]
            if len(held) == len(aim) and set(held) == aim:
                together: Probabilities = np.sum([probabilities[region] for region in some], axis=0)
                return np.minimum(together, 1.0)
    for larger, smaller in combinations(members, 2):
        for outer, inner in ((larger, smaller), (smaller, larger)):
            if members[inner] < members[outer] and members[outer] - members[inner] == aim:
                return np.maximum(probabilities[outer] - probabilities[inner], 0.0)
    return None


def _check(region: str, values: Probabilities) -> None:
    if region not in REGIONS:
        raise DataError(
            f"There is no region {region!r} to have a probability. {suggest(region, REGIONS)}"
        )
    if values.ndim not in (3, 4) or (values.ndim == 4 and len(values) < 2):
        raise DataError(
            f"The probabilities of {region} have the shape {values.shape}; expected (X, Y, Z) for "
            "averaged ones or (K, X, Y, Z) with at least two folds or passes."
        )


def _figures(
    sizes: Mapping[str, Sizes], wall: Sizes, *, sampled: bool
) -> Iterator[tuple[str, Sizes]]:
    for part, volumes in sizes.items():
        yield f"{part}_ml", volumes
        if part in ("lv_pool", "rv_pool"):
            continue
        yield f"{part}_g", volumes * MYOCARDIUM_G_PER_ML
        if part != "myocardium":
            yield f"{part}_percent_lv", _percent(volumes, wall)
    if sampled and {"mvo", "infarct"} <= sizes.keys():
        yield "mvo_percent_infarct", _percent(sizes["mvo"], sizes["infarct"])


def _percent(part: Sizes, whole: Sizes) -> Sizes:
    return np.array([percent(*pair) for pair in np.broadcast(part, whole)])


def _volumes(values: Probabilities, voxel_ml: float) -> Sizes:
    """Volume of each sample, or at each level of an averaged map."""
    masks = values >= 0.5 if values.ndim == 4 else np.stack([values >= level for level in LEVELS])
    volumes: Sizes = np.asarray(
        np.count_nonzero(masks, axis=(1, 2, 3)) * voxel_ml, dtype=np.float64
    )
    return volumes


def between_levels(sizes: Sizes) -> Interval:
    """Bounds from the level sets of an averaged map, which claim no coverage."""
    low, high = sizes.tolist()
    return Interval(
        low,
        high,
        nan,
        f"voxels with an averaged probability of at least {LEVELS[0]} and {LEVELS[1]}",
    )


def holding(interval: Interval, value: float) -> Interval:
    """An interval from levels widened to hold the mask's own figure; one that claims a coverage as it is.

    Calibrated probabilities mean what they say, while the mask is made from what the networks say,
    so the mask may be larger or smaller than both levels.
    """
    if not isnan(interval.confidence) or isnan(value):
        return interval
    return replace(interval, low=min(interval.low, value), high=max(interval.high, value))


def interval_of_samples(samples: Sizes, *, confidence: float = 0.9) -> Interval:
    """Interval in which one more fold or pass would fall.

    Percentiles from 20 samples on; with fewer, mean -+ t SD sqrt(1 + 1 / K), Student's t with K - 1
    degrees of freedom, and 0 where the lower end would be negative.

    Args:
        samples: (K,), the figure as each fold or pass has it; those where it is undefined do not
            count.
        confidence: Share of the scatter to cover.

    Returns:
        The interval; NaN with fewer than two defined samples.
    """
    samples = samples[~np.isnan(samples)]
    if len(samples) < 2:
        return Interval(nan, nan, confidence, "too few folds or passes define it")
    number, tail = len(samples), (1 - confidence) / 2
    if number >= ENOUGH_FOR_PERCENTILES:
        low, high = np.quantile(samples, [tail, 1 - tail]).tolist()
        return Interval(low, high, confidence, f"percentiles of {number} folds or passes")
    spread = float(
        stats.t.ppf(1 - tail, number - 1) * samples.std(ddof=1) * np.sqrt(1 + 1 / number)
    )
    mean = float(samples.mean())
    return Interval(
        max(mean - spread, 0.0), mean + spread, confidence, f"scatter of {number} folds or passes"
    )
