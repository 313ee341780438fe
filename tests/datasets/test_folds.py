import pytest

from scarmap.datasets.folds import contiguous_folds, no_folds, seeded_folds
from scarmap.errors import DataError

CASES = [f"case_{number:02d}" for number in range(25)]


@pytest.mark.parametrize("split", [contiguous_folds, seeded_folds])
@pytest.mark.parametrize("num_cases", [5, 23, 25])
def test_every_case_is_validated_once_and_never_by_a_fold_that_trained_on_it(split, num_cases):
    folds = split(CASES[:num_cases])
    assert sorted(case for fold in folds for case in fold.validation) == CASES[:num_cases]
    for fold in folds:
        assert not set(fold.train) & set(fold.validation)
        assert sorted(fold.train + fold.validation) == CASES[:num_cases]


@pytest.mark.parametrize("split", [contiguous_folds, seeded_folds])
def test_folds_differ_by_one_case_at_most(split):
    sizes = [len(fold.validation) for fold in split(CASES[:23])]
    assert max(sizes) - min(sizes) <= 1


def test_contiguous_folds_follow_the_order_of_the_paper():
    starts = [CASES.index(fold.validation[0]) for fold in contiguous_folds(list(reversed(CASES)))]
    assert starts == [20, 0, 5, 10, 15]
    assert contiguous_folds(CASES)[0].validation == tuple(CASES[20:])


def test_the_order_in_which_cases_are_listed_does_not_matter():
    assert seeded_folds(CASES, seed=4) == seeded_folds(list(reversed(CASES)), seed=4)


def test_another_seed_gives_other_folds():
    assert seeded_folds(CASES, seed=1) != seeded_folds(CASES, seed=2)


def test_names_are_plain_text():
    fold = seeded_folds(CASES)[0]
    assert {type(name) for name in fold.train + fold.validation} == {str}


def test_no_folds_trains_on_all_cases():
    (fold,) = no_folds(["b", "a"])
    assert (fold.train, fold.validation) == (("a", "b"), ())


@pytest.mark.parametrize("split", [contiguous_folds, seeded_folds])
def test_too_few_cases_are_an_error(split):
    with pytest.raises(DataError, match="4 labelled patients cannot be split into 5"):
        split(CASES[:4])
