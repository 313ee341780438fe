"""Whether pathology was found in the cases that have it, and in those that have none."""

from collections.abc import Mapping
from dataclasses import dataclass

PATHOLOGIES = ("whole_infarct", "scar", "mvo", "edema")
"""Structures that a case may lack; in data sets that do not label the first, the second is the
infarct."""


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


def _share(right: int, wrong: int) -> float | None:
    return right / (right + wrong) if right + wrong else None
