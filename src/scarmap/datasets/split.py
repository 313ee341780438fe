"""What the folds of a run split, patients or single slices, and what such a split leaks.

Slices are split only to reproduce published tables that did so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal

from scarmap.datasets.folds import Fold, folds_of_patients
from scarmap.errors import DataError, RecipeError
from scarmap.volume import LabelMap, take_slices

Unit = Literal["patient", "slice"]


@dataclass(frozen=True)
class Split:
    """The folds of a run.

    Attributes:
        unit: What the folds split. The names in them are those of cases, or those of slices.
        folds: The folds.
        slices: Slice name to its case and its number from 0, of every slice of the data; empty when
            patients are split.
    """

    unit: Unit
    folds: tuple[Fold, ...]
    slices: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def patient(self, name: str) -> str:
        """Case that a name in the folds belongs to."""
        return self.slices[name][0] if name in self.slices else name

    def position(self, name: str) -> int | None:
        """Number from 0 of the slice that a name stands for; None where it is a whole case."""
        return self.slices[name][1] if name in self.slices else None

    def held_out(self, index: int, case: str) -> list[str]:
        """Names of a case that a fold validates on: its own, or those of its slices in order."""
        validation = set(self.folds[index].validation)
        return [name for name in self.names(case) if name in validation]

    def names(self, case: str) -> list[str]:
        """Names that a case has in the folds: its own, or those of its slices in order."""
        if self.unit == "patient":
            return [case]
        return [name for name, (owner, _) in self.slices.items() if owner == case]

    def part(self, name: str, labels: LabelMap) -> LabelMap:
        """What a name in the folds stands for: the whole mask of its case, or one slice of it.

        Raises:
            GeometryError: The mask has no such slice.
        """
        if name not in self.slices:
            return labels
        position = self.slices[name][1]
        return take_slices(labels, position, position + 1)


def slice_name(case: str, position: int) -> str:
    """Name of one slice, numbered from 0 along the slice axis; no two slices share one.

    >>> slice_name("Case_P001", 3)
    'Case_P001_z03'
    """
    return f"{case}_z{position:02d}"


def split_cases(
    depths: Mapping[str, int],
    folds: Callable[[Sequence[str]], tuple[Fold, ...]],
    *,
    unit: Unit = "patient",
    patients: Mapping[str, str] | None = None,
) -> Split:
    """Split labelled cases, or their slices.

    Args:
        depths: Case to its number of slices.
        folds: Makes folds of names.
        unit: What those names are of.
        patients: Case to its patient, of those that may share one; a split by patient keeps all
            cases of one on one side.

    Raises:
        DataError: There are too few cases or slices, or a slice would be named like a case.
        RecipeError: A fold holds a name that was not to be split.
    """
    slices = _name_slices(depths) if unit == "slice" else {}
    names = list(slices) if unit == "slice" else list(depths)
    owners = {name: (patients or {}).get(name) or name for name in names}
    made = folds_of_patients(folds, owners)
    held = chain.from_iterable((*fold.train, *fold.validation) for fold in made)
    unknown = sorted(set(held) - set(names))
    if unknown:
        raise RecipeError(
            f"The recipe's folds hold {unknown[0]!r}, which is no "
            f"{'slice' if unit == 'slice' else 'case'} of the data. `folds` must split the names "
            "that it is given, and none else."
        )
    return Split(unit, made, slices)


def _name_slices(depths: Mapping[str, int]) -> dict[str, tuple[str, int]]:
    slices: dict[str, tuple[str, int]] = {}
    for case, depth in depths.items():
        slices |= {slice_name(case, z): (case, z) for z in range(depth)}
    clashing = sorted(slices.keys() & depths.keys())
    if clashing:
        raise DataError(
            f"Case {clashing[0]} is named like a slice of case {slices[clashing[0]][0]}, so a "
            "split by slice cannot tell them apart. Rename the case."
        )
    return slices


def leak(split: Split) -> str:
    """Say what validation knows from training; empty where it knows nothing.

    >>> leak(Split("patient", (Fold(("a", "b"), ("b",)),)))
    'validation patients were trained on'
    """
    if any(set(fold.train) & set(fold.validation) for fold in split.folds):
        return f"validation {split.unit}s were trained on"
    if any(
        _patients(split, fold.train) & _patients(split, fold.validation) for fold in split.folds
    ):
        return "slices of the same patient are on both sides"
    return ""


def notes(split: Split) -> tuple[str, ...]:
    """What a reader of any score must be told, one sentence each; nothing for sound splits."""
    found = leak(split)
    said = (
        [f"Leaking split: {found}. The scores overstate how well new patients are segmented."]
        if found
        else []
    )
    if split.unit == "slice":
        said.append("Split by slice: what is scored as a case is a single slice.")
    return tuple(said)


def true_parts(split: Split, truths: Mapping[str, LabelMap]) -> dict[str, LabelMap]:
    """Truth of every name that may stand in the folds.

    Args:
        split: The split.
        truths: Case to its mask; cases without one are left out.

    Raises:
        GeometryError: A mask has fewer slices than the split knows of.
    """
    return {
        name: split.part(name, truth)
        for case, truth in truths.items()
        for name in split.names(case)
    }


def record_split(split: Split) -> dict[str, Any]:
    """A split as it stands under "split" in `run.json`; the folds stand beside it."""
    return {
        "unit": split.unit,
        "notes": list(notes(split)),
        "slices": {k: list(v) for k, v in split.slices.items()},
    }


def recorded_split(record: Mapping[str, Any]) -> Split:
    """The split of a run; by patient where an older `run.json` says nothing.

    Args:
        record: Content of `run.json`.
    """
    stored = record.get("split") or {}
    both = [
        (fold.get("train", ()), fold.get("validation", ())) for fold in record.get("folds") or ()
    ]
    folds = tuple(Fold(tuple(train), tuple(validation)) for train, validation in both)
    slices = {name: (case, position) for name, (case, position) in stored.get("slices", {}).items()}
    return Split(stored.get("unit", "patient"), folds, slices)


def _patients(split: Split, names: Iterable[str]) -> set[str]:
    return {split.patient(name) for name in names}
