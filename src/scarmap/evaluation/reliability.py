"""Whether probabilities mean what they say: of the voxels that are given 70 %, do 70 % belong?

Voxels of held-out cases are counted in bins of the probability that they were given. The counts
draw the diagram, and a rising curve through them turns what a network says into what it means.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import RunError
from scarmap.io.files import write_json
from scarmap.io.record import AT_LEAST_ZERO, Each, Shape, one_of, read_record
from scarmap.labels import REGIONS, is_defined, region_mask
from scarmap.volume import LabelMap

Numbers = NDArray[np.float64]

EDGES = np.linspace(-8.0, 8.0, 33)
"""Between the bins, as log odds; the first and the last bin are open."""
_SMALLEST = 1e-6
_FILES = "reliability_{fold}.json"
"""In the folder of a run's scores, one for each fold."""

_PARTS = ("count", "said", "true")
_BINS = (AT_LEAST_ZERO,) * (len(EDGES) + 1)
_RECORD: Shape = {
    "edges": [float],
    "regions": Each(dict.fromkeys(_PARTS, _BINS), one_of(*REGIONS)),
}


@dataclass(frozen=True)
class Reliability:
    """Voxels by the probability that they were given, (len(EDGES) + 1,) each.

    Attributes:
        count: How many voxels.
        said: Sum of their probabilities.
        true: How many of them belong.
    """

    count: Numbers
    said: Numbers
    true: Numbers

    def __add__(self, other: "Reliability") -> "Reliability":
        """The voxels of both."""
        return Reliability(self.count + other.count, self.said + other.said, self.true + other.true)

    def expected_error(self, *, least: float = 0.01) -> float:
        """Mean distance of what is said from what is true; NaN where no voxel counts.

        Voxels count that are given a probability of at least `least`.

        Source: Naeini, Cooper and Hauskrecht 2015 ("expected calibration error").
        Differs: bins are of equal width in log odds, and the background, which would drown the
            rest, is left out.
        """
        used = self.said >= least * self.count
        total = self.count[used].sum()
        return (
            float(np.abs(self.said[used] - self.true[used]).sum() / total)
            if total
            else float("nan")
        )


def log_odds(probabilities: NDArray[np.floating]) -> Numbers:
    """Logarithm of p / (1 - p), with p kept away from 0 and 1 by a millionth."""
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), _SMALLEST, 1 - _SMALLEST)
    odds: Numbers = np.log(clipped / (1 - clipped))
    return odds


def count_reliability(
    probabilities: NDArray[np.floating], regions: Sequence[str], truth: LabelMap, layout: str
) -> dict[str, Reliability]:
    """Count the voxels of one case.

    Args:
        probabilities: (K, X, Y, Z), of `regions`.
        regions: Region of each map.
        truth: The expert's labels.
        layout: Their layout; a region that it does not define is left out.
    """
    counted = {}
    for region, values in zip(regions, probabilities, strict=True):
        if not is_defined(region, layout):
            continue
        place = np.digitize(log_odds(values), EDGES).ravel()
        weights = (
            None,
            values.ravel().astype(np.float64),
            region_mask(truth.array, region).ravel().astype(np.float64),
        )
        bins = [
            np.bincount(place, each, minlength=len(EDGES) + 1).astype(np.float64)
            for each in weights
        ]
        counted[region] = Reliability(*bins)
    return counted


def add_up(parts: Iterable[Mapping[str, Reliability]]) -> dict[str, Reliability]:
    """Region to the counts of all parts that have it."""
    total: dict[str, Reliability] = {}
    for part in parts:
        for region, counts in part.items():
            total[region] = total[region] + counts if region in total else counts
    return total


@dataclass(frozen=True)
class Curve:
    """A rising curve through the log odds of what is said and of what is true.

    Attributes:
        said: (n,), log odds, rising.
        meant: (n,), log odds, not falling.
    """

    said: Numbers
    meant: Numbers

    def __call__(self, probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
        """Probabilities of any shape as what they mean; level beyond the ends of the curve."""
        odds = np.interp(log_odds(probabilities), self.said, self.meant)
        meant: NDArray[np.float32] = (1 / (1 + np.exp(-odds))).astype(np.float32)
        return meant


def fit_curve(counts: Reliability) -> Curve:
    """The rising curve that is closest to the shares of voxels that belong, bin by bin.

    Half a voxel of either kind is added to each bin, so that nothing is ever certain.

    Source: Zadrozny and Elkan 2002 (isotonic regression for calibration).
    Differs: fitted to bins, and straight in log odds between them.
    """
    from scipy.optimize import isotonic_regression  # half a second that only fitting needs

    used = counts.count > 0
    count, said, true = counts.count[used], counts.said[used], counts.true[used]
    share = isotonic_regression((true + 0.5) / (count + 1), weights=count).x
    return Curve(log_odds(said / count), log_odds(share))


@dataclass(frozen=True)
class Calibration:
    """Curves by region, fitted when they are first wanted; callable with all maps of a case.

    Attributes:
        regions: Region of each map.
        counts: Region to its counts; the maps of other regions stay as they are.
    """

    regions: tuple[str, ...]
    counts: Mapping[str, Reliability]

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """Region to its curve."""
        return {region: fit_curve(each) for region, each in self.counts.items()}

    def __call__(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Maps (K, X, Y, Z) as what they mean, same shape.

        Each region is mapped on its own, so that regions may nest less strictly afterwards.
        """
        meant = [
            self.curves[region](values) if region in self.curves else values
            for region, values in zip(self.regions, maps, strict=True)
        ]
        return np.stack(meant)


def fit_calibration(
    regions: Sequence[str], folds: Iterable[Mapping[str, Reliability]]
) -> Calibration | None:
    """Calibration on the counts of held-out cases, of some folds together; None without any."""
    counts = add_up(folds)
    return Calibration(tuple(regions), counts) if counts else None


def write_reliability(folder: Path, fold: int, counts: Mapping[str, Reliability]) -> None:
    """Write what a fold held out, counted."""
    record = {
        region: {part: getattr(each, part).tolist() for part in _PARTS}
        for region, each in counts.items()
    }
    write_json(folder / _FILES.format(fold=fold), {"edges": EDGES.tolist(), "regions": record})


def read_reliability(folder: Path) -> dict[int, dict[str, Reliability]]:
    """Fold to its counts, of the folds that have some.

    Args:
        folder: Folder of a run's scores.

    Raises:
        RunError: A file of counts is damaged, or was counted in other bins.
    """
    found = {}
    for path in sorted(folder.glob(_FILES.format(fold="*"))):
        fold = path.stem.rpartition("_")[2]
        if fold.isdecimal():
            found[int(fold)] = _read_counts(path)
    return found


def _read_counts(path: Path) -> dict[str, Reliability]:
    record = read_record(path, _RECORD)
    if record["edges"] != EDGES.tolist():
        raise RunError(
            f"{path} counts voxels in other bins than this scarmap: its 'edges' differ. Use the "
            "scarmap version that wrote it, or remove the file to go without calibration."
        )
    return {
        region: Reliability(*(np.array(each[part], dtype=np.float64) for part in _PARTS))
        for region, each in record["regions"].items()
    }
