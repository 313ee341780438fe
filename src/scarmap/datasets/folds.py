"""Folds: how names are split into those to train on and those to validate on.

The names are those of cases, so that no slice of a validation patient is ever trained on; a recipe
that reproduces a table of a paper that split slices names slices instead, see
`scarmap.datasets.split`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scarmap.errors import DataError


@dataclass(frozen=True)
class Fold:
    """One split of cases, or of slices, by name."""

    train: tuple[str, ...]
    validation: tuple[str, ...]


def contiguous_folds(cases: Sequence[str], *, num_folds: int = 5) -> tuple[Fold, ...]:
    """The folds of MFU-Net: contiguous fifths of the sorted cases, the last fifth first.

    Source: MFU-Net, released code, validation volumes 20-24, 0-4, 5-9, 10-14, 15-19.
    Differs: the released indices are off by one against the sorted cases; here volume 0 is the
        first sorted case.

    Args:
        cases: Case names in any order.
        num_folds: Number of folds.

    >>> [fold.validation for fold in contiguous_folds(["a", "b", "c", "d", "e"])][:2]
    [('e',), ('a',)]
    """
    parts = np.array_split(np.array(_enough(cases, num_folds)), num_folds)
    return _leave_one_out([parts[-1], *parts[:-1]])


def seeded_folds(cases: Sequence[str], *, num_folds: int = 5, seed: int = 1) -> tuple[Fold, ...]:
    """Random folds of almost equal size, the same for the same seed and the same set of cases.

    Args:
        cases: Case names in any order.
        num_folds: Number of folds.
        seed: Seed of the shuffle.
    """
    names = np.array(_enough(cases, num_folds))
    np.random.default_rng(seed).shuffle(names)
    return _leave_one_out(np.array_split(names, num_folds))


def no_folds(cases: Sequence[str]) -> tuple[Fold, ...]:
    """One fold that trains on every case and holds none out, for a submission to a challenge."""
    return (Fold(tuple(sorted(cases)), ()),)


def folds_of_patients(
    folds: Callable[[Sequence[str]], tuple[Fold, ...]], patients: Mapping[str, str]
) -> tuple[Fold, ...]:
    """Folds of cases where a patient may have several, all of them on one side.

    Args:
        folds: Makes folds of names.
        patients: Each case, in order, to its patient.

    >>> patients = {"a_D8": "a", "a_M1": "a", "b_D8": "b"}
    >>> folds_of_patients(lambda names: contiguous_folds(names, num_folds=2), patients)[1]
    Fold(train=('b_D8',), validation=('a_D8', 'a_M1'))
    """
    cases: dict[str, list[str]] = {}
    for case, patient in patients.items():
        cases.setdefault(patient, []).append(case)

    def of(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(case for name in names for case in cases.get(name, [name]))

    return tuple(Fold(of(fold.train), of(fold.validation)) for fold in folds(list(cases)))


def _enough(cases: Sequence[str], num_folds: int) -> list[str]:
    if len(cases) < num_folds:
        raise DataError(
            f"{len(cases)} labelled patients cannot be split into {num_folds} patient-level folds, "
            "nor so many slices into so many folds by slice; add cases, or choose a recipe with "
            "fewer folds."
        )
    return sorted(cases)


def _leave_one_out(parts: Sequence[np.ndarray]) -> tuple[Fold, ...]:
    folds = []
    for held_out, validation in enumerate(parts):
        train = np.concatenate([part for index, part in enumerate(parts) if index != held_out])
        folds.append(Fold(tuple(sorted(train.tolist())), tuple(sorted(validation.tolist()))))
    return tuple(folds)
