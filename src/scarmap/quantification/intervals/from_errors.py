"""How far the sizes of a new study may be off, from a model's errors on cases that it had not seen.

The scatter of folds shows what a model is unsure of, not what all of it gets wrong. Held-out cases
show both.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, isnan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import DataError
from scarmap.quantification.measures.sizes import MYOCARDIUM_G_PER_ML, percent
from scarmap.quantification.result import Interval

STRUCTURES: Mapping[str, tuple[str, ...]] = {
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

POOLS = ("lv_pool", "rv_pool")
CONVENTION = "case3d"
FLOOR = 0.25
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
    places = [path] if path.is_file() else [path / "evaluation" / "cases.csv", path / "cases.csv"]
    file = next((each for each in places if each.is_file()), None)
    if file is None:
        raise DataError(
            f"{path} holds no scores: expected a run folder with evaluation/cases.csv, or the "
            "cases.csv of `scarmap evaluate`. Train a fold, or score masks of cases that the "
            "model has not seen."
        )
    volumes = _volumes(file)
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
    return ceil(round(2 / (1 - confidence), 6)) - 1


def _volumes(file: Path) -> dict[str, NDArray[np.float64]]:
    found: dict[tuple[str, str], dict[str, float]] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["convention"] == CONVENTION and row["metric"] in (
                "volume_ml",
                "volume_difference_ml",
            ):
                found.setdefault((row["case"], row["structure"]), {})[row["metric"]] = float(
                    row["value"]
                )
    volumes: dict[str, NDArray[np.float64]] = {}
    for part, structures in STRUCTURES.items():
        measured = [
            next((found[case, each] for each in structures if (case, each) in found), None)
            for case in dict.fromkeys(case for case, _ in found)
        ]
        whole = [each for each in measured if each and len(each) == 2]
        pairs = [
            (each["volume_ml"], each["volume_ml"] - each["volume_difference_ml"]) for each in whole
        ]
        if pairs:
            volumes[part] = np.array(pairs)
    return volumes


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
            measure. Shares are of
        the wall as the mask has it, and at most all of it.
    """
    spread: dict[str, Interval] = {}
    for part, pairs in errors.volumes_ml.items():
        found_ml = figures[f"{part}_ml"]
        if isnan(found_ml) or len(pairs) < cases_needed(confidence):
            continue
        low, high = conformal_bounds(found_ml, pairs, confidence=confidence)
        method = f"{FROM_ERRORS} {len(pairs)} cases that the model had not seen"
        ends = {f"{part}_ml": (low, high)}
        if part not in POOLS:
            ends[f"{part}_g"] = (low * MYOCARDIUM_G_PER_ML, high * MYOCARDIUM_G_PER_ML)
        if part not in (*POOLS, "myocardium"):
            shares = [percent(end, figures["myocardium_ml"]) for end in (low, high)]
            ends[f"{part}_percent_lv"] = (min(shares[0], 100.0), min(shares[1], 100.0))
        spread |= {name: Interval(*pair, confidence, method) for name, pair in ends.items()}
    return {name: interval for name, interval in spread.items() if not isnan(interval.low)}


def conformal_bounds(
    found_ml: float, pairs: NDArray[np.float64], *, confidence: float = 0.9
) -> tuple[float, float]:
    """Bounds that hold the true volume of one more case with a probability of at least `confidence`.

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
    floor_ml = FLOOR * float(np.median(positive)) if len(positive) else 1.0
    ratios = np.sort((true - found) / (found + floor_ml))
    count, tail = len(ratios), (1 - confidence) / 2
    first = max(floor(round((count + 1) * tail, 6)), 1) - 1
    last = min(ceil(round((count + 1) * (1 - tail), 6)), count) - 1
    low, high = (
        found_ml + ratio * (found_ml + floor_ml) for ratio in (ratios[first], ratios[last])
    )
    return max(float(low), 0.0), max(float(high), 0.0)
