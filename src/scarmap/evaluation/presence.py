"""Whether pathology was found in the cases that have it, and in those that have none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan

from scarmap.io.scores import Score, values_by_case

PATHOLOGIES = ("whole_infarct", "scar", "mvo", "edema")
"""Structures that a case may lack; in data sets that do not label the first, the second is the
infarct."""
_INFARCT = PATHOLOGIES[:2]


@dataclass(frozen=True)
class Presence:
    """How often a structure was found where it is and where it is not; one voxel counts as found.

    Attributes:
        true_positive: Cases that have it, where some was predicted.
        false_positive: Cases that have none, where some was predicted.
        true_negative: Cases that have none, where none was predicted.
        false_negative: Cases that have it, where none was predicted.
    """

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int

    @property
    def sensitivity(self) -> float | None:
        """Share of the cases with the structure in which it was found; None without such cases."""
        return _share(self.true_positive, self.false_negative)

    @property
    def specificity(self) -> float | None:
        """Share of the cases without it in which none was found; None without such cases."""
        return _share(self.true_negative, self.false_positive)


def count_presence(predicted: Mapping[str, bool], true: Mapping[str, bool]) -> Presence:
    """Count cases by what is there and what was found.

    Args:
        predicted: Case to whether the structure was predicted.
        true: The same cases to whether they have it.

    >>> found = {"a": True, "b": True, "c": False}
    >>> count_presence(found, {"a": True, "b": False, "c": False}).specificity
    0.5
    """
    pairs = [(found, true[case]) for case, found in predicted.items()]
    return Presence(
        true_positive=pairs.count((True, True)),
        false_positive=pairs.count((True, False)),
        true_negative=pairs.count((False, False)),
        false_negative=pairs.count((False, True)),
    )


def presence(rows: Sequence[Score]) -> dict[str, Presence]:
    """Count the cases that have each pathology, and those where it was found.

    Where only some data sets label no-reflow, the scar of the others is their whole infarct.

    Args:
        rows: Scores of all cases; those of `case3d` tell both, as Dice is undefined where the truth
            is empty.
    """
    counted = {}
    labelled = {row.structure for row in rows if row.convention == "case3d"}
    for structure in filter(labelled.__contains__, PATHOLOGIES):
        names = _INFARCT if structure == _INFARCT[0] else (structure,)
        dice, volume = _of_first(names, rows, "dice"), _of_first(names, rows, "volume_ml")
        if dice and volume.keys() == dice.keys():
            there = {case: not isnan(value) for case, value in dice.items()}
            counted[structure] = count_presence(
                {case: value > 0 for case, value in volume.items()}, there
            )
    return counted


def infarcted_cases(rows: Sequence[Score]) -> tuple[str, ...]:
    """Cases whose truth has an infarct, no-reflow included; none where that is not labelled."""
    dice = _of_first(_INFARCT, rows, "dice")
    return tuple(sorted(case for case, value in dice.items() if isfinite(value)))


def _of_first(structures: Sequence[str], rows: Sequence[Score], metric: str) -> dict[str, float]:
    """A metric of each case, of the first of the structures that its data set labels."""
    found: dict[str, float] = {}
    for name in structures:
        values = values_by_case(rows, convention="case3d", structure=name, metric=metric)
        found = {**values, **found}
    return found


def _share(right: int, wrong: int) -> float | None:
    return right / (right + wrong) if right + wrong else None
