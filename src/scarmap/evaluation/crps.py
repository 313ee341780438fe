"""How well a distribution of a volume foretells the true one: the continuous ranked score.

Source: MYOSAIQ challenge, "Clinical metrics" (after the second annual data science bowl).
Differs: nothing; a volume of 0 ml is foretold by a distribution that is 1 from 0 ml on, where the
    challenge's stand-in for a missing distribution is 0 everywhere.
"""

from dataclasses import dataclass
from math import isfinite
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

LARGEST_ML = 600
"""Volumes from 0 to one less are compared, millilitre by millilitre."""


@dataclass(frozen=True)
class Foretold:
    """A volume with how far it may be off.

    Attributes:
        volume_ml: The volume that was found.
        low_ml: Lower end of its interval; the volume itself where there is none.
        high_ml: Upper end, likewise.
        confidence: Share that the interval covers, between 0 and 1.
    """

    volume_ml: float
    low_ml: float
    high_ml: float
    confidence: float = 0.9


def cumulative(foretold: Foretold) -> NDArray[np.float64]:
    """Probability that the volume is at most 0, 1, ... 599 ml.

    The distribution is a half of a normal one on either side of the volume, as wide as the interval
    says, so that the volume is its median and the interval holds its share where the ends are not
    beyond 0. Without an interval it is a step.

    Args:
        foretold: Volume and interval.

    Returns:
        (600,), never falling, in [0, 1].

    >>> cumulative(Foretold(2.0, 2.0, 2.0))[:4].tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    millilitres = np.arange(LARGEST_ML, dtype=np.float64)
    reach = NormalDist().inv_cdf((1 + foretold.confidence) / 2)
    below = max(foretold.volume_ml - foretold.low_ml, 0.0) / reach
    above = max(foretold.high_ml - foretold.volume_ml, 0.0) / reach
    away = millilitres - foretold.volume_ml
    width = np.where(away < 0, below, above)
    step = (away >= 0).astype(np.float64)
    scaled = np.divide(away, width, out=np.zeros_like(away), where=width > 0)
    normal = np.array([NormalDist().cdf(each) for each in scaled])
    return np.where(width > 0, normal, step)


def crps(probabilities: NDArray[np.float64], true_ml: float) -> float:
    """Mean squared distance of a cumulative distribution from the step at the true volume.

    Args:
        probabilities: (600,), of `cumulative`.
        true_ml: The true volume.

    Returns:
        In [0, 1], the smaller the better; NaN where the true volume is not known.

    >>> crps(cumulative(Foretold(20.0, 20.0, 20.0)), 26.0)  # six of 600 millilitres are missed
    0.01
    """
    if not isfinite(true_ml):
        return float("nan")
    step = np.arange(LARGEST_ML) >= true_ml
    return float(np.mean((probabilities - step) ** 2))
