"""How well two readings of the same patients agree, from paired numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scarmap.errors import DataError

_Numbers = NDArray[np.float64]
_LIMIT_SD = 1.96
"""Standard deviations from the bias to each limit of agreement."""


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Agreement:
    """How two readings of the same patients agree.

    Differences are second - first, in the unit of the readings.

    Attributes:
        num_cases: Patients with both readings defined; only these count.
        num_undefined: Patients left out because a reading is NaN.
        confidence: Coverage of all intervals, 0 to 1.
        mean: Mean of all readings.
        bias: Mean difference.
        difference_sd: Standard deviation of the differences (n - 1).
        lower_limit: Bias - 1.96 SD.
        upper_limit: Bias + 1.96 SD.
        proportional_slope: Slope of the differences over the means of both readings.
        proportional_p: Whether chance explains that slope.
        within_subject_sd: Square root of the mean of half the squared differences; holds the bias,
            too.
        repeatability: 1.96 * sqrt(2) * within-subject SD: two readings differ by less in 95 % of
            patients.
        within_subject_cov_percent: Within-subject SD over the mean.
        difference_cov_percent: SD of the differences over the mean.
        icc: ICC(2,1), two-way random, single reading, absolute agreement.
        ccc: Lin's concordance correlation coefficient.
    """

    num_cases: int
    num_undefined: int
    confidence: float
    mean: float
    bias: Estimate
    difference_sd: float
    lower_limit: Estimate
    upper_limit: Estimate
    proportional_slope: float
    proportional_p: float
    within_subject_sd: float
    repeatability: float
    within_subject_cov_percent: float
    difference_cov_percent: float
    icc: Estimate
    ccc: Estimate


def agree(
    first: Sequence[float], second: Sequence[float], *, confidence: float = 0.95
) -> Agreement:
    """Compare two readings, patient by patient.

    Source: Bland and Altman 1986 and 1999 (limits and their intervals); Shrout and Fleiss 1979,
        McGraw and Wong 1996 (ICC); Lin 1989 and 2000 (concordance).
    Differs: nothing.

    Args:
        first: One reading of each patient; NaN where undefined.
        second: The other, in the same order.
        confidence: Coverage of the intervals.

    Returns:
        The agreement; what fewer than three patients cannot tell is NaN.

    Raises:
        DataError: The readings are not of the same number of patients.
    """
    if len(first) != len(second):
        raise DataError(
            f"One reading has {len(first)} patients and the other {len(second)}; they must be "
            "paired."
        )
    pairs = np.array([first, second], dtype=np.float64)
    pairs = pairs[:, ~np.isnan(pairs).any(axis=0)]
    number = pairs.shape[1]
    differences, means = pairs[1] - pairs[0], pairs.mean(axis=0)
    within = sqrt(float((differences**2).mean()) / 2) if number else nan
    mean = float(pairs.mean()) if number else nan
    sd = float(differences.std(ddof=1)) if number > 1 else nan
    bias, lower, upper = _limits(differences, sd, confidence)
    slope, p_value = _slope(means, differences)
    return Agreement(
        num_cases=number,
        num_undefined=len(first) - number,
        confidence=confidence,
        mean=mean,
        bias=bias,
        difference_sd=sd,
        lower_limit=lower,
        upper_limit=upper,
        proportional_slope=slope,
        proportional_p=p_value,
        within_subject_sd=within,
        repeatability=_LIMIT_SD * sqrt(2) * within,
        within_subject_cov_percent=100 * within / mean if mean else nan,
        difference_cov_percent=100 * sd / mean if mean else nan,
        icc=icc_agreement(pairs.T, confidence=confidence),
        ccc=concordance(pairs[0], pairs[1], confidence=confidence),
    )


def icc_agreement(ratings: _Numbers, *, confidence: float = 0.95) -> Estimate:
    """ICC(2,1), also written ICC(A,1): the absolute agreement of single readings.

    Raters and patients are taken for drawn at random.

    Source: Shrout and Fleiss 1979, case 2; the interval as McGraw and Wong 1996, case 2A.
    Differs: nothing.

    Args:
        ratings: (N, K), patients by readings.
        confidence: Coverage of the interval.

    Returns:
        The coefficient; NaN with fewer than three patients or where nothing varies.
    """
    n, k = ratings.shape
    if n < 3:
        return Estimate(nan, nan, nan)
    total = ratings - ratings.mean()
    rows = k * float((total.mean(axis=1) ** 2).sum()) / (n - 1)
    columns = n * float((total.mean(axis=0) ** 2).sum()) / (k - 1)
    residual = ratings - ratings.mean(axis=1, keepdims=True) - ratings.mean(axis=0) + ratings.mean()
    error = float((residual**2).sum()) / ((n - 1) * (k - 1))
    scale = rows + (k - 1) * error + k * (columns - error) / n
    if scale <= 0:
        return Estimate(nan, nan, nan)
    icc = (rows - error) / scale
    # Readings that agree but for rounding would give an F ratio of noise over noise.
    if error <= 1e-12 * rows:
        return Estimate(icc, nan, nan)
    # Satterthwaite's degrees of freedom for the mixture of mean squares.
    weight = n * (1 + (k - 1) * icc) - k * icc
    ratio = columns / error
    freedom = (
        (k - 1)
        * (n - 1)
        * (k * icc * ratio + weight) ** 2
        / ((n - 1) * (k * icc * ratio) ** 2 + weight**2)
    )
    tail = (1 + confidence) / 2
    upper, lower = stats.f.ppf(tail, n - 1, freedom), stats.f.ppf(tail, freedom, n - 1)
    others = k * columns + (k * n - k - n) * error
    low = n * (rows - upper * error) / (upper * others + n * rows)
    high = n * (lower * rows - error) / (others + n * lower * rows)
    return Estimate(icc, float(low), float(high))


def concordance(first: _Numbers, second: _Numbers, *, confidence: float = 0.95) -> Estimate:
    """Lin's concordance correlation coefficient, 2 s12 / (s1^2 + s2^2 + (m1 - m2)^2).

    Variances s and covariance are over n, m are means.

    Source: Lin 1989; the interval by Fisher's transformation with the variance as corrected in
        2000.
    Differs: nothing.

    Args:
        first: (N,).
        second: (N,).
        confidence: Coverage of the interval.

    Returns:
        The coefficient; NaN with fewer than three patients or where nothing varies.
    """
    n = len(first)
    if n < 3:
        return Estimate(nan, nan, nan)
    (variance_1, covariance), (_, variance_2) = np.cov(first, second, bias=True).tolist()
    shift = float(first.mean() - second.mean())
    scale = variance_1 + variance_2 + shift**2
    if variance_1 <= 0 or variance_2 <= 0:
        return Estimate(nan if scale <= 0 else 0.0, nan, nan)
    value, correlation = 2 * covariance / scale, covariance / sqrt(variance_1 * variance_2)
    if abs(value) >= 1 or correlation == 0:
        return Estimate(value, nan, nan)
    squared_shift = shift**2 / sqrt(variance_1 * variance_2)
    squared = 1 - value**2
    spread = (
        (1 - correlation**2) * value**2 / (squared * correlation**2)
        + 2 * value**3 * (1 - value) * squared_shift / (correlation * squared**2)
        - value**4 * squared_shift**2 / (2 * correlation**2 * squared**2)
    ) / (n - 2)
    reach = float(stats.norm.ppf((1 + confidence) / 2)) * sqrt(max(spread, 0.0))
    return Estimate(
        value, float(np.tanh(np.arctanh(value) - reach)), float(np.tanh(np.arctanh(value) + reach))
    )


def _limits(
    differences: _Numbers, sd: float, confidence: float
) -> tuple[Estimate, Estimate, Estimate]:
    n = len(differences)
    if n < 3:
        bias = float(differences.mean()) if n else nan
        lower, upper = bias - _LIMIT_SD * sd, bias + _LIMIT_SD * sd
        return Estimate(bias, nan, nan), Estimate(lower, nan, nan), Estimate(upper, nan, nan)
    bias = float(differences.mean())
    quantile = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    of_bias = quantile * sd / sqrt(n)
    # Bland and Altman 1999: the variance of a limit is that of the bias and of 1.96 SD together.
    of_limit = quantile * sd * sqrt(1 / n + _LIMIT_SD**2 / (2 * (n - 1)))
    lower, upper = bias - _LIMIT_SD * sd, bias + _LIMIT_SD * sd
    return (
        Estimate(bias, bias - of_bias, bias + of_bias),
        Estimate(lower, lower - of_limit, lower + of_limit),
        Estimate(upper, upper - of_limit, upper + of_limit),
    )


def _slope(means: _Numbers, differences: _Numbers) -> tuple[float, float]:
    if len(means) < 3 or float(np.ptp(means)) == 0:
        return nan, nan
    if float(np.ptp(differences)) == 0:
        return 0.0, 1.0
    fit = stats.linregress(means, differences)
    return float(fit.slope), float(fit.pvalue)
