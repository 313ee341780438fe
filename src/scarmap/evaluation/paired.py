"""Two methods on the same cases: their difference, how sure it is, and whether it is chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scarmap.errors import DataError

Key = TypeVar("Key")


@dataclass(frozen=True)
class PairedComparison:
    """One method against another over the same cases.

    Attributes:
        num_cases: Cases where both are defined; only these count.
        num_undefined: Cases left out because either is NaN.
        mean_difference: Mean of first - second.
        low: Lower end of the bootstrap confidence interval of that mean.
        high: Upper end.
        p_value: Two-sided Wilcoxon signed-rank test of "no difference"; 1 when no case differs.
        p_holm: The same after Holm's correction over the comparisons made together.
    """

    num_cases: int
    num_undefined: int
    mean_difference: float
    low: float
    high: float
    p_value: float
    p_holm: float = nan


def compare(
    first: Mapping[str, float],
    second: Mapping[str, float],
    *,
    generator: np.random.Generator,
    confidence: float = 0.95,
    num_resamples: int = 10_000,
) -> PairedComparison:
    """Compare two methods by one metric.

    Args:
        first: Case to value; NaN where undefined.
        second: Case to value of the other method, for the same cases.
        generator: Draws the bootstrap samples.
        confidence: Coverage of the interval, 0 to 1.
        num_resamples: Number of bootstrap samples.

    Returns:
        The comparison, `p_holm` equal to `p_value` as it stands alone.

    Raises:
        DataError: The cases differ, or none is defined for both.
    """
    _check_same_cases(first, second)
    differences = np.array([first[case] - second[case] for case in sorted(first)], dtype=np.float64)
    defined = differences[~np.isnan(differences)]
    if defined.size == 0:
        raise DataError(
            f"None of the {len(first)} cases has a defined value for both methods, so they cannot "
            "be compared. Choose a structure that occurs in the truth, or another convention."
        )
    low, high = bootstrap_interval(
        defined, generator=generator, confidence=confidence, num_resamples=num_resamples
    )
    # The test is undefined where no case differs, and then nothing speaks against chance.
    p_value = float(stats.wilcoxon(defined).pvalue) if defined.any() else 1.0
    num_undefined = int(differences.size - defined.size)
    return PairedComparison(
        int(defined.size), num_undefined, float(defined.mean()), low, high, p_value, p_holm=p_value
    )


def correct_together(comparisons: Mapping[Key, PairedComparison]) -> dict[Key, PairedComparison]:
    """Correct the p-values of comparisons that are read together, as `holm` does.

    Args:
        comparisons: Comparisons by any key, for instance by method and structure.
    """
    corrected = holm([comparison.p_value for comparison in comparisons.values()])
    return {
        key: replace(comparison, p_holm=p_holm)
        for (key, comparison), p_holm in zip(comparisons.items(), corrected, strict=True)
    }


def bootstrap_interval(
    differences: NDArray[np.float64],
    *,
    generator: np.random.Generator,
    confidence: float = 0.95,
    num_resamples: int = 10_000,
) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean; cases are drawn with replacement.

    Args:
        differences: (N,), finite.
        generator: Draws the samples.
        confidence: Coverage of the interval, 0 to 1.
        num_resamples: Number of samples.

    Returns:
        Lower and upper end.
    """
    means = generator.choice(differences, size=(num_resamples, differences.size)).mean(axis=1)
    tail = 50 * (1 - confidence)
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction, which bounds the chance of even one false finding.

    Args:
        p_values: Two-sided p-values of the comparisons made together, none NaN.

    Returns:
        Corrected p-values in the same order, at most 1.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected = [nan] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        assert not isnan(p_values[index]), "a p-value is NaN"
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def _check_same_cases(first: Mapping[str, float], second: Mapping[str, float]) -> None:
    alone = sorted(set(first) ^ set(second))
    if alone:
        shown = ", ".join(alone[:8]) + (", ..." if len(alone) > 8 else "")
        raise DataError(
            f"The two methods were not scored on the same cases: {shown} occur in one only. "
            "Evaluate both on the same cases, or leave those out of both."
        )
