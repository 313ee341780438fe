"""How far the sizes of a study may be off, from probabilities of folds, passes or their mean.

Such an interval shows how much the model's own answers scatter. It does not show what all of them
get wrong.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, combinations, permutations
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scarmap.errors import DataError, suggest
from scarmap.labels import REGIONS
from scarmap.quantification.measures.sizes import MYOCARDIUM_G_PER_ML, PARTS, percent
from scarmap.quantification.result import Interval

_VOLUMES: Mapping[str, frozenset[str]] = {
    "lv_pool": frozenset({"lv_pool"}),
    "rv_pool": frozenset({"rv_pool"}),
    "myocardium": frozenset({"normal_myocardium", "edema", "scar", "mvo"}),
    **{part: frozenset(tissues) for part, tissues in PARTS.items()},
}
"""Parts of a study and the tissues that make them up."""

_ENOUGH_FOR_PERCENTILES = 20
"""With fewer samples the 5th percentile is hardly more than the smallest of them."""

_LEVELS = (0.75, 0.25)
"""Probabilities whose level sets bound a size when there is one averaged map."""

Probabilities = NDArray[np.floating]
_Sizes = NDArray[np.float64]


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
    _check(probabilities)
    sizes: dict[str, _Sizes] = {}
    for part, wanted in _VOLUMES.items():
        found = probability_of(wanted & set(tissues), probabilities, tissues=tissues)
        if found is not None:
            sizes[part] = _volumes(found, voxel_ml)
    sampled = any(values.ndim == 4 for values in probabilities.values())
    wall = sizes.get("myocardium") if sampled else None
    figures = _figures(sizes, np.array([wall_ml]) if wall is None else wall, sampled=sampled)
    interval_of = (
        partial(interval_of_samples, confidence=confidence) if sampled else _between_levels
    )
    return {name: interval_of(values) for name, values in figures}


def probability_of(
    wanted: Collection[str], probabilities: Mapping[str, Probabilities], *, tissues: Collection[str]
) -> Probabilities | None:
    """Probability of a set of tissues from those of regions.

    It is that of one region, of several side by side, or of one without another.

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
    some = _side_by_side(aim, members)
    if some:
        together: Probabilities = np.sum([probabilities[region] for region in some], axis=0)
        return np.minimum(together, 1.0)
    for outer, inner in permutations(members, 2):
        if members[inner].isdisjoint(aim) and members[inner] | aim == members[outer]:
            return np.maximum(probabilities[outer] - probabilities[inner], 0.0)
    return None


def _side_by_side(aim: frozenset[str], members: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The fewest regions that make up the aim without sharing a tissue; none where none do."""
    inside = [region for region, held in members.items() if held <= aim]
    for others in range(len(inside)):
        for some in combinations(inside, others + 1):
            held = list(chain.from_iterable(members[region] for region in some))
            if sorted(held) == sorted(aim):
                return some
    return ()


def _check(probabilities: Mapping[str, Probabilities]) -> None:
    for region, values in probabilities.items():
        _check_region(region, values)
    shapes = {values.shape for values in probabilities.values()}
    if len(shapes) > 1:
        raise DataError(
            "Probabilities of one study must have one shape; these have "
            f"{', '.join(map(str, shapes))}."
        )


def _check_region(region: str, values: Probabilities) -> None:
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
    sizes: Mapping[str, _Sizes], wall: _Sizes, *, sampled: bool
) -> Iterator[tuple[str, _Sizes]]:
    for part, volumes in sizes.items():
        yield f"{part}_ml", volumes
        if part in ("lv_pool", "rv_pool"):
            continue
        yield f"{part}_g", volumes * MYOCARDIUM_G_PER_ML
        if part != "myocardium":
            yield f"{part}_percent_lv", _percent(volumes, wall)
    if sampled and "mvo" in sizes and "infarct" in sizes:
        yield "mvo_percent_infarct", _percent(sizes["mvo"], sizes["infarct"])


def _percent(part: _Sizes, whole: _Sizes) -> _Sizes:
    return np.array([percent(*pair) for pair in np.broadcast(part, whole)])


def _volumes(values: Probabilities, voxel_ml: float) -> _Sizes:
    """Volume of each sample, or at each level of an averaged map."""
    masks = values >= 0.5 if values.ndim == 4 else np.stack([values >= level for level in _LEVELS])
    volumes: _Sizes = np.asarray(
        np.count_nonzero(masks, axis=(1, 2, 3)) * voxel_ml, dtype=np.float64
    )
    return volumes


def _between_levels(sizes: _Sizes) -> Interval:
    """Bounds from the level sets of an averaged map, which claim no coverage."""
    low, high = sizes.tolist()
    return Interval(
        low,
        high,
        nan,
        f"voxels with an averaged probability of at least {_LEVELS[0]} and {_LEVELS[1]}",
    )


def holding(interval: Interval, value: float) -> Interval:
    """Widen an interval from levels to hold the mask's own figure; others stay as they are.

    Calibrated probabilities mean what they say, while the mask is made from what the networks say,
    so the mask may be larger or smaller than both levels.
    """
    if not isnan(interval.confidence) or isnan(value):
        return interval
    return replace(interval, low=min(interval.low, value), high=max(interval.high, value))


def interval_of_samples(samples: _Sizes, *, confidence: float = 0.9) -> Interval:
    """Interval in which one more fold or pass would fall.

    Percentiles from 20 samples on; with fewer, mean -+ t SD sqrt(1 + 1 / K), Student's t with K - 1
    degrees of freedom, the prediction interval of one more sample of a normal distribution. The
    lower end is at least 0, as no size is negative.

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
    if number >= _ENOUGH_FOR_PERCENTILES:
        low, high = np.quantile(samples, [tail, 1 - tail]).tolist()
        return Interval(low, high, confidence, f"percentiles of {number} folds or passes")
    spread = float(
        stats.t.ppf(1 - tail, number - 1) * samples.std(ddof=1) * np.sqrt(1 + 1 / number)
    )
    mean = float(samples.mean())
    return Interval(
        max(mean - spread, 0.0), mean + spread, confidence, f"scatter of {number} folds or passes"
    )
