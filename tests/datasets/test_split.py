from functools import partial

import numpy as np
import pytest

from scarmap.datasets.folds import Fold, contiguous_folds, no_folds, seeded_folds
from scarmap.datasets.split import (
    Split,
    leak,
    notes,
    record_split,
    recorded_split,
    slice_name,
    split_cases,
    true_parts,
)
from scarmap.errors import DataError, GeometryError, RecipeError
from scarmap.volume import Grid, LabelMap

DEPTHS = {"a": 2, "b": 3}


def labels_of(depth):
    grid = Grid((4, 4, depth), (1.0, 1.0, 8.0), np.diag([1.0, 1.0, 8.0, 1.0]))
    return LabelMap(np.broadcast_to(np.arange(depth, dtype=np.uint8), grid.shape), grid)


def test_no_two_slices_share_a_name():
    places = [(case, z) for case in ("a", "a_z00", "a_z1", "a_z") for z in (0, 1, 10, 100, 101)]
    assert len({slice_name(*place) for place in places}) == len(places)


def test_patients_are_split_by_their_own_names():
    split = split_cases(DEPTHS, partial(contiguous_folds, num_folds=2))
    assert split == Split("patient", (Fold(("a",), ("b",)), Fold(("b",), ("a",))))
    assert split.held_out(0, "b") == ["b"]
    assert split.held_out(0, "a") == []
    assert notes(split) == ()


def test_all_cases_of_a_patient_are_on_one_side():
    cases = [f"{number}_{time}" for number in range(6) for time in ("D8", "M1")]
    patients = {case: case[0] for case in cases}
    split = split_cases(
        dict.fromkeys(cases, 2), partial(contiguous_folds, num_folds=3), patients=patients
    )
    for fold in split.folds:
        assert len(fold.validation) == 4
        assert sorted({*fold.train, *fold.validation}) == sorted(cases)
        assert not {name[0] for name in fold.train} & {name[0] for name in fold.validation}


def test_a_random_tenth_of_the_slices_is_held_out_in_each_of_ten_folds():
    depths = {f"case_{number}": 12 for number in range(10)}
    split = split_cases(depths, partial(seeded_folds, num_folds=10), unit="slice")
    assert [(len(fold.train), len(fold.validation)) for fold in split.folds] == [(108, 12)] * 10
    held_out = [
        name for index in range(10) for case in depths for name in split.held_out(index, case)
    ]
    assert sorted(held_out) == sorted(slice_name(case, z) for case in depths for z in range(12))


def test_slices_of_a_case_are_held_out_in_order():
    split = split_cases(
        {"a": 101, "b": 1}, lambda names: (Fold((), tuple(reversed(names))),), unit="slice"
    )
    held_out = split.held_out(0, "a")
    assert [split.slices[name] for name in held_out] == [("a", z) for z in range(101)]
    assert split.held_out(0, "b") == ["b_z00"]


def test_slices_on_both_sides_are_found_before_patients_on_both_sides():
    names = ("a_z00", "a_z01", "b_z00", "b_z01", "b_z02")
    cut = {
        "validation slices were trained on": Fold(names, names[:2]),
        "slices of the same patient are on both sides": Fold(names[1:], names[:1]),
        "": Fold(names[2:], names[:2]),
    }
    for expected, fold in cut.items():
        clean = Fold(names[:2], names[2:])
        assert (
            leak(split_cases(DEPTHS, lambda _, fold=fold, clean=clean: (clean, fold), unit="slice"))
            == expected
        )


def test_patients_that_were_trained_on_are_found():
    split = split_cases(DEPTHS, lambda names: (Fold(tuple(names), tuple(names)),))
    assert leak(split) == "validation patients were trained on"
    assert notes(split) == (
        "Leaking split: validation patients were trained on. The scores overstate how well new "
        "patients are segmented.",
    )


@pytest.mark.parametrize("unit", ["patient", "slice"])
def test_a_split_that_holds_nothing_out_leaks_nothing(unit):
    assert leak(split_cases(DEPTHS, no_folds, unit=unit)) == ""


def test_a_split_by_slice_is_told_even_where_it_leaks_nothing():
    (said,) = notes(split_cases(DEPTHS, no_folds, unit="slice"))
    assert said == "Split by slice: what is scored as a case is a single slice."


def test_a_case_that_is_named_like_a_slice_is_refused_where_slices_are_split():
    depths = {"a": 2, "a_z01": 1}
    assert split_cases(depths, no_folds).folds == (Fold(("a", "a_z01"), ()),)
    with pytest.raises(DataError, match="Case a_z01 is named like a slice of case a,"):
        split_cases(depths, no_folds, unit="slice")


@pytest.mark.parametrize(
    ("unit", "what"), [("patient", "'c', which is no case"), ("slice", "'c', which is no slice")]
)
def test_folds_of_other_names_are_refused(unit, what):
    with pytest.raises(RecipeError, match=what):
        split_cases(DEPTHS, lambda names: (Fold(tuple(names), ("c",)),), unit=unit)


def test_the_truth_of_a_slice_is_that_slice_of_its_case():
    truths = {case: labels_of(depth) for case, depth in DEPTHS.items()}
    parts = true_parts(split_cases(DEPTHS, no_folds, unit="slice"), truths)
    assert {name: part.array.max() for name, part in parts.items()} == {
        "a_z00": 0,
        "a_z01": 1,
        "b_z00": 0,
        "b_z01": 1,
        "b_z02": 2,
    }
    assert true_parts(split_cases(DEPTHS, no_folds), truths) == truths


def test_a_truth_with_fewer_slices_is_refused():
    with pytest.raises(GeometryError, match="has 1 slices, so slices 1 to 1"):
        true_parts(split_cases(DEPTHS, no_folds, unit="slice"), {"a": labels_of(1)})


@pytest.mark.parametrize("unit", ["patient", "slice"])
def test_a_split_returns_from_the_record(unit):
    split = split_cases(DEPTHS, partial(seeded_folds, num_folds=2), unit=unit)
    folds = [
        {"train": list(fold.train), "validation": list(fold.validation)} for fold in split.folds
    ]
    stored = record_split(split)
    assert recorded_split({"split": stored, "folds": folds}) == split
    assert stored["notes"] == list(notes(split))


def test_a_record_without_a_split_is_by_patient():
    assert recorded_split({"folds": [{"train": ["a"], "validation": ["b"]}]}) == Split(
        "patient", (Fold(("a",), ("b",)),)
    )
