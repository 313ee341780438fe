"""How far the sizes of a new study may be off, from a model's errors on cases that it had not seen.

The scatter of folds shows what a model is unsure of, not what all of it gets wrong. Held-out cases
show both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, isnan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import DataError
from scarmap.io.scores import Score, read_scores, values_by_case
from scarmap.quantification.measures.sizes import MYOCARDIUM_G_PER_ML, percent
from scarmap.quantification.result import Interval

_STRUCTURES: Mapping[str, tuple[str, ...]] = {
    "lv_pool": ("lv_pool",),
    "rv_pool": ("rv_pool",),
    "myocardium": ("whole_myocardium",),
    "infarct": ("whole_infarct", "scar"),
    "mvo": ("mvo",),
    "edema": ("edema",),
    "area_at_risk": ("scar_and_edema",),
}
"""Part of a study to the structure of `cases.csv` that measures it; the first that a case has."""

FROM_ERRORS = "errors on"
"""How the method of such an interval begins."""

_POOLS = ("lv_pool", "rv_pool")
_CONVENTION = "case3d"
_FLOOR = 0.25
"""Share of the median true volume below which an error no longer shrinks with the volume that was
found."""


@dataclass(frozen=True)
class KnownErrors:
    """Volumes that a model found in cases that it had not seen, beside the true ones.

    Attributes:
        volumes_ml: Part of a study to (N, 2): what was found, and what is true.
        source: Where they were read, for people.
    """

    volumes_ml: Mapping[str, NDArray[np.float64]]
    source: str


def read_known_errors(path: Path, *, confidence: float = 0.9) -> KnownErrors:
    """Read the errors of a run's held-out masks, or of any masks that were scored.

    Args:
        path: Run folder, folder that `scarmap evaluate` wrote, or its `cases.csv`.
        confidence: Coverage of the intervals that are wanted, which decides how many cases are
            needed.

    Raises:
        DataError: There are no scores, or too few cases for intervals of this coverage.
    """
    file = _scores_file(path)
    volumes = _volumes(read_scores(file))
    needed = cases_needed(confidence)
    largest = max((len(pairs) for pairs in volumes.values()), default=0)
    if largest < needed:
        raise DataError(
            f"{file} holds the volumes of {largest} cases; intervals that cover {confidence:.0%} "
            f"need {needed}. Train the other folds, or score more cases."
        )
    return KnownErrors(volumes, str(file))


def cases_needed(confidence: float) -> int:
    """Fewest cases whose errors bound one more on both sides.

    >>> cases_needed(0.9)
    19
    """
    return ceil(_steady(2 / (1 - confidence))) - 1


def _steady(rank: float) -> float:
    """A rank without the noise of floating point, as 20 * 0.05 is a little more than 1 there."""
    return round(rank, 6)


def _scores_file(path: Path) -> Path:
    for file in (path, path / "evaluation" / "cases.csv", path / "cases.csv"):
        if file.is_file():
            return file
    raise DataError(
        f"{path} holds no scores: expected a run folder with evaluation/cases.csv, or the "
        "cases.csv of `scarmap evaluate`. Train a fold, or score masks of cases that the "
        "model has not seen."
    )


def _volumes(scores: Sequence[Score]) -> dict[str, NDArray[np.float64]]:
    pairs = {part: _pairs(scores, structures) for part, structures in _STRUCTURES.items()}
    return {part: np.array(found) for part, found in pairs.items() if found}


def _pairs(scores: Sequence[Score], structures: Sequence[str]) -> list[tuple[float, float]]:
    """Found and true volume of each case, by the first of the structures that it has."""
    pairs: dict[str, tuple[float, float]] = {}
    for structure in structures:
        named = {"convention": _CONVENTION, "structure": structure}
        found = values_by_case(scores, metric="volume_ml", **named)
        excess = values_by_case(scores, metric="volume_difference_ml", **named)
        for case in found:
            if case in excess and case not in pairs:
                pairs[case] = found[case], found[case] - excess[case]
    return list(pairs.values())


def intervals_from_errors(
    figures: Mapping[str, float], errors: KnownErrors, *, confidence: float = 0.9
) -> dict[str, Interval]:
    """Intervals of volumes, masses and shares of the wall.

    Args:
        figures: A study's figures by name, see `scarmap.quantification.dictionary.FIGURES`.
        errors: The errors of the model that made its mask.
        confidence: Share of studies like the held-out ones whose true size lies in the interval.

    Returns:
        Figures by name to their interval: those that are defined and that enough held-out cases
        measure. Shares are of the wall as the mask has it, and at most all of it.
    """
    spread: dict[str, Interval] = {}
    for part, pairs in errors.volumes_ml.items():
        found_ml = figures[f"{part}_ml"]
        if isnan(found_ml) or len(pairs) < cases_needed(confidence):
            continue
        bounds_ml = conformal_bounds(found_ml, pairs, confidence=confidence)
        method = f"{FROM_ERRORS} {len(pairs)} cases that the model had not seen"
        for name, (low, high) in _ends(part, bounds_ml, figures["myocardium_ml"]).items():
            if not isnan(low):
                spread[name] = Interval(low, high, confidence, method)
    return spread


def _ends(
    part: str, bounds_ml: tuple[float, float], wall_ml: float
) -> dict[str, tuple[float, float]]:
    """Lower and upper end of every figure that follows from a volume."""
    low, high = bounds_ml
    ends = {f"{part}_ml": (low, high)}
    if part in _POOLS:
        return ends
    ends[f"{part}_g"] = (low * MYOCARDIUM_G_PER_ML, high * MYOCARDIUM_G_PER_ML)
    if part != "myocardium":
        shares = percent(low, wall_ml), percent(high, wall_ml)
        ends[f"{part}_percent_lv"] = (min(shares[0], 100.0), min(shares[1], 100.0))
    return ends


def conformal_bounds(
    found_ml: float, pairs: NDArray[np.float64], *, confidence: float = 0.9
) -> tuple[float, float]:
    """Bounds that hold the true volume of one more case with at least a given probability.

    Split conformal prediction: errors grow with the volume, so each is taken relative to what was
    found plus a floor, and the order statistics of these ratios, one in from either end for chance,
    bound the next one. It holds whatever the errors' distribution, as long as the new case is one
    like the held-out ones.

    Source: Vovk, Gammerman and Shafer 2005; Lei et al. 2018 (normalised residuals).
    Differs: lower and upper tail are bounded apart, as models over- and underestimate differently.

    Args:
        found_ml: Volume found in the new case.
        pairs: (N, 2), found and true volumes of held-out cases, at least `cases_needed` of them.
        confidence: Coverage.

    Returns:
        Lower and upper bound in ml; the lower is not below 0.

    >>> pairs = np.array([(100.0, 100.0 + error) for error in range(-10, 11)])
    >>> conformal_bounds(100.0, pairs)
    (90.0, 110.0)
    """
    found, true = pairs.T
    positive = true[true > 0]
    # Without a floor a case in which nothing was found would divide by zero.
    floor_ml = _FLOOR * float(np.median(positive)) if len(positive) else 1.0
    ratios = np.sort((true - found) / (found + floor_ml))
    count, tail = len(ratios), (1 - confidence) / 2
    first = max(floor(_steady((count + 1) * tail)), 1) - 1
    last = min(ceil(_steady((count + 1) * (1 - tail))), count) - 1
    low, high = (
        found_ml + ratio * (found_ml + floor_ml) for ratio in (ratios[first], ratios[last])
    )
    return max(float(low), 0.0), max(float(high), 0.0)
