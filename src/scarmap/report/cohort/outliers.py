"""Two readings of one figure, their differences, and the cases that lie outside the limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from scarmap.quantification.agreement import Agreement
from scarmap.quantification.dictionary import UNITS
from scarmap.report.cells import figure_text
from scarmap.report.cohort.distributions import TITLES

_NOTHING = 1e-9
"""Smaller differences are rounding errors."""


@dataclass(frozen=True)
class Readings:
    """One figure as two readings have it, and their agreement.

    Attributes:
        figure: Its name in `scarmap.quantification.dictionary.FIGURES`.
        cases: Names of the cases.
        other: Values of the other reading, which differences are taken from, case by case.
        ours: Values of this cohort, in the same order.
        agreement: Statistics of ours - other.
    """

    figure: str
    cases: tuple[str, ...]
    other: tuple[float, ...]
    ours: tuple[float, ...]
    agreement: Agreement


@dataclass(frozen=True)
class Outlier:
    """A case whose difference lies outside the limits of agreement.

    Attributes:
        case: Its name.
        difference: This reading minus the other.
    """

    case: str
    difference: float


def outliers(each: Readings) -> list[Outlier]:
    """Name the cases outside the limits of agreement, the farthest from the bias first.

    Args:
        each: Both readings of a figure.
    """
    found = each.agreement
    low, high = found.lower_limit.value, found.upper_limit.value
    outside = [
        Outlier(case, float(difference))
        for case, difference in zip(shared_cases(each), differences_of(each), strict=True)
        if difference < low - _NOTHING or difference > high + _NOTHING
    ]
    return sorted(outside, key=lambda one: -abs(one.difference - found.bias.value))


def outlying_cases(readings: Sequence[Readings]) -> list[tuple[str, str]]:
    """Name each case outside the limits of any figure, and these, the one of most figures first.

    Args:
        readings: The figures.
    """
    found: dict[str, list[str]] = {}
    for each in readings:
        unit = UNITS[each.figure]
        for one in outliers(each):
            difference = f"{TITLES[each.figure]} {figure_text(one.difference, unit)} {unit}"
            found.setdefault(one.case, []).append(difference)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(case, ", ".join(differences)) for case, differences in ordered]


def pairs_of(each: Readings) -> np.ndarray:
    """Values (2, cases) of the other reading and of this one, where both are defined."""
    pairs = np.array([each.other, each.ours], dtype=np.float64)
    return pairs[:, np.isfinite(pairs).all(axis=0)]


def differences_of(each: Readings) -> np.ndarray:
    """This reading minus the other, of the cases that both define, without rounding errors."""
    other, ours = pairs_of(each)
    differences = ours - other
    return np.where(np.abs(differences) < _NOTHING, 0.0, differences)


def shared_cases(each: Readings) -> list[str]:
    """Names of the cases of which both readings define the figure."""
    pairs = zip(each.cases, each.other, each.ours, strict=True)
    return [case for case, other, ours in pairs if isfinite(other + ours)]
