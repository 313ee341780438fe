"""Phases of a stage: their length, rates, splits, and when they are validated and stopped."""

import csv
from functools import partial

import pytest
import torch

from scarmap.datasets.folds import Fold
from scarmap.io.weights import read_weights
from scarmap.recipes.recipe import Phase
from scarmap.recipes.schedules import constant, tenfold
from scarmap.sampling.batch import Batch
from scarmap.training.stage.fit import fit, scaled, split_rows


def log_of(training):
    with (training.folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def scores(*values):
    """A validation score that takes these values, one after another."""
    left = iter(values)
    return lambda model, bank, rows: {"scar": next(left)}


@pytest.mark.parametrize(
    "values",
    [(0.5, 0.504, 0.503, 0.505, 0.9), (0.5, 0.1, 0.1, 0.1, 0.9), (0.0, 0.004, 0.004, 0.005, 0.9)],
)
def test_patience_stops_after_so_many_epochs_without_a_rise_that_counts(training, stage, values):
    todo = training(stage(phases=(Phase(9, 0.05, constant, patience=3),), score=scores(*values)))
    fit(todo, {})
    assert len(log_of(todo)) == 4


def test_small_rises_add_up_to_one_that_counts(training, stage):
    rising = scores(*[0.1 + 0.004 * epoch for epoch in range(7)])
    todo = training(stage(phases=(Phase(7, 0.05, constant, patience=2),), score=rising))
    fit(todo, {})
    assert len(log_of(todo)) == 7


def test_slices_are_held_out_of_the_training_slices_as_cases_are(bank):
    fold = Fold(("a_z00", "a_z01", "b_z00", "c_z01", "d_z00"), ("b_z01", "h_z00"))
    rows = split_rows(bank, fold, Phase(1, 0.1, constant))
    assert [each.tolist() for each in rows] == [[0, 1, 2, 5, 6], [3, 14]]
    rows = split_rows(
        bank, fold, Phase(1, 0.1, constant, hold_out=0)
    )  # the last fifth of the sorted names
    assert [each.tolist() for each in rows] == [[0, 1, 2, 5], [6]]


@pytest.mark.parametrize("fold", [Fold(tuple("abcdefgh"), ()), Fold(tuple("abcdef"), ("g", "h"))])
def test_without_a_score_training_runs_its_length_and_the_last_epoch_is_kept(training, stage, fold):
    score = {"score": None} if fold.validation else {}
    todo = training(stage(phases=(Phase(5, 0.05, constant, patience=2),), **score), fold=fold)
    fit(todo, {})
    assert len(log_of(todo)) == 5
    about = read_weights(todo.folder / "weights.safetensors")[1]
    assert (about["kept"], about["best_validation_dice"]) == ("last", None)


def test_validation_is_every_so_many_epochs_and_at_the_end_of_a_phase(training, stage):
    todo = training(
        stage(phases=(Phase(5, 0.05, constant), Phase(3, 0.05, constant)), score_every=2)
    )
    fit(todo, {})
    assert [bool(row["validation_dice"]) for row in log_of(todo)] == [0, 1, 0, 1, 1, 0, 1, 1]


def test_phases_have_their_own_rates_and_hold_out_other_cases(training, stage):
    shown = []

    def sampler(bank, rows, generator):
        shown.append(("train", {bank.cases[row] for row in rows}))
        yield Batch(bank.images[rows], bank.labels[rows])

    def score(model, bank, rows):
        shown.append(("validate", {bank.cases[row] for row in rows}))
        return {"scar": 0.5}

    phases = (
        Phase(1, 0.1, constant, hold_out=0),
        Phase(1, 0.02, constant, hold_out=1),
        Phase(2, 0.3, tenfold),
    )
    todo = training(
        stage(phases=phases, sampler=sampler, score=score), fold=Fold(tuple("abcdef"), ("g",))
    )
    fit(todo, {})
    assert shown[:4] == [
        ("train", set("abcde")),
        ("validate", {"f"}),
        ("train", set("cdef")),
        ("validate", {"a", "b"}),
    ]
    assert shown[4:] == [("train", set("abcdef")), ("validate", {"g"})] * 2
    rates = [float(row["learning_rate"]) for row in log_of(todo)]
    assert rates == pytest.approx([0.1, 0.02, 0.3 / 10**0.5, 0.03])
    assert [row["phase"] for row in log_of(todo)] == ["0", "1", "2", "2"]


def test_each_phase_starts_with_a_fresh_optimiser_and_a_fresh_best(training, stage):
    made = []

    def optimizer(parameters):
        made.append(torch.optim.Adam(parameters))
        return made[-1]

    values = scores(0.9, 0.8, 0.3, 0.4)
    todo = training(
        stage(
            phases=(Phase(2, 0.05, constant), Phase(2, 0.05, constant)),
            optimizer=optimizer,
            score=values,
        )
    )
    fit(todo, {})
    assert [int(next(iter(each.state.values()))["step"]) for each in made] == [4 * 2 - 2, 4 * 2 - 2]
    about = read_weights(todo.folder / "weights.safetensors")[1]
    assert (about["best_epoch"], about["best_validation_dice"]) == (3, 0.4)


def test_splits_of_a_phase(bank):
    fold = Fold(tuple("abcdef"), ("g", "h"))
    train, validation = split_rows(bank, fold, Phase(1, 0.1, constant))
    assert (train.tolist(), validation.tolist()) == (list(range(12)), [12, 13, 14, 15])
    held_out = [
        split_rows(bank, fold, Phase(1, 0.1, constant, hold_out=k))[1].tolist() for k in range(5)
    ]
    assert sorted(row for rows in held_out for row in rows) == list(range(12))


@pytest.mark.parametrize(
    ("factor", "epochs", "patience"), [(1.0, 100, 10), (0.25, 25, 2), (1e-9, 1, 1), (2.0, 200, 20)]
)
def test_epochs_and_patience_scale_together(factor, epochs, patience):
    phase = scaled(Phase(100, 0.1, tenfold, patience=10, min_delta=0.01, hold_out=2), factor)
    assert phase == Phase(epochs, 0.1, tenfold, patience, 0.01, 2)
    assert scaled(Phase(100, 0.1, tenfold), factor).patience is None


def test_the_rate_of_a_step_is_that_of_its_epoch_in_the_phase_as_the_log_says(training, stage):
    used = []

    class Noting(torch.optim.SGD):
        def step(self, closure=None):
            used.extend(group["lr"] for group in self.param_groups)
            return super().step(closure)

    phases = (Phase(3, 0.1, constant), Phase(2, 0.3, tenfold))
    todo = training(stage(phases=phases, optimizer=partial(Noting, lr=9.0)), max_steps=1)
    fit(todo, {})
    assert used == pytest.approx([0.1, 0.1, 0.1, 0.3 / 10**0.5, 0.03])
    assert used == [float(row["learning_rate"]) for row in log_of(todo)]
