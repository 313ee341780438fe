from copy import deepcopy

import pytest

from scarmap.training.jobs.plan import PREDICTIONS, SCORES, plan, stage_key


def described(name, *, inputs=(), width=1):
    return {"name": name, "inputs": list(inputs), "model": {"call": "m:Net", "width": width}}


SHAPE, ANATOMY = described("shape"), described("anatomy", inputs=["shape"])
PATHOLOGY = described("pathology", inputs=["anatomy"])


def record(*stages, state=(), seed=1, sha256="0", size=128, folds=2):
    details = {"layout": "emidec", "preparation": {"size": size}, "stages": list(stages)}
    return {
        "recipe": {"details": details},
        "data": {"sha256": sha256},
        "folds": [{"train": ["a"], "validation": [str(fold)]} for fold in range(folds)],
        "provenance": {"seed": seed, "epochs_scale": 1.0, "max_steps": None},
        "state": dict.fromkeys(state, "done"),
    }


def keys(works):
    return [work.key for work in works]


def test_stages_come_after_their_inputs_predictions_after_stages_and_scores_after_all_folds():
    works = plan({"a": record(SHAPE, ANATOMY, PATHOLOGY)}, {"a": (0, 1)})
    assert {work.key: set(work.after) for work in works if work.fold != 1} == {
        "a/fold_0/shape": set(),
        "a/fold_0/anatomy": {"a/fold_0/shape"},
        "a/fold_0/pathology": {"a/fold_0/anatomy"},
        "a/fold_0/predictions": {"a/fold_0/shape", "a/fold_0/anatomy", "a/fold_0/pathology"},
        "a/scores": {"a/fold_0/predictions", "a/fold_1/predictions"},
    }
    listed = keys(works)
    assert all(
        listed.index(earlier) < listed.index(work.key) for work in works for earlier in work.after
    )


def test_what_is_finished_is_not_planned_again():
    state = ("fold_0/shape", "fold_0/anatomy", "fold_0/predictions", "fold_1/shape")
    works = plan({"a": record(SHAPE, ANATOMY, state=state)}, {"a": (0, 1)})
    assert keys(works) == ["a/fold_1/anatomy", "a/fold_1/predictions", "a/scores"]
    assert works[0].after == ()


def test_a_finished_run_leaves_nothing_to_do_but_scores_that_are_missing():
    done = record(SHAPE, state=("fold_0/shape", "fold_0/predictions"))
    assert plan({"a": done}, {"a": (0,)}) == ()
    assert keys(plan({"a": done}, {"a": (0,)}, unscored=["a"])) == ["a/scores"]


def test_a_stage_that_two_runs_train_alike_is_trained_by_the_first():
    runs = {"a": record(SHAPE, ANATOMY), "b": record(SHAPE, ANATOMY, PATHOLOGY)}
    works = {work.key: work for work in plan(runs, {"a": (0,), "b": (0,)})}
    assert {key: work.source for key, work in works.items() if work.source} == {
        "b/fold_0/shape": "a",
        "b/fold_0/anatomy": "a",
    }
    assert set(works["b/fold_0/anatomy"].after) == {"b/fold_0/shape", "a/fold_0/anatomy"}
    assert works["b/fold_0/pathology"].after == ("b/fold_0/anatomy",)


def test_a_third_run_takes_over_from_the_one_that_trains():
    runs = {name: record(SHAPE) for name in "abc"}
    works = {work.key: work for work in plan(runs, dict.fromkeys(runs, (0,)))}
    assert works["c/fold_0/shape"].source == "a"
    assert works["c/fold_0/shape"].after == ("a/fold_0/shape",)


def test_a_stage_is_taken_over_from_a_finished_run_that_is_not_asked_for():
    others = {"old": record(SHAPE, ANATOMY, state=("fold_1/shape",))}
    works = plan({"a": record(SHAPE, ANATOMY)}, {"a": (0, 1)}, others=others)
    assert {work.key: (work.source, work.after) for work in works if work.source} == {
        "a/fold_1/shape": ("old", ())
    }


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"sha256": "1"},
        {"size": 96},
        {"folds": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_runs_that_differ_in_anything_that_weights_follow_from_share_nothing(other):
    runs = {"a": record(SHAPE), "b": record(SHAPE, **other)}
    if "folds" in other:
        runs["b"]["folds"][0]["train"] = ["b"]
    works = plan(runs, {"a": (0,), "b": (0,)})
    assert not any(work.source for work in works)


def test_a_stage_with_another_input_is_another_stage():
    runs = {"a": record(SHAPE, ANATOMY), "b": record(described("shape", width=2), ANATOMY)}
    assert not any(work.source for work in plan(runs, {"a": (0,), "b": (0,)}))


def test_the_same_stage_beside_others_is_the_same():
    alone, beside = record(SHAPE), record(described("other"), SHAPE, PATHOLOGY)
    assert stage_key(alone, 0, "shape") == stage_key(beside, 0, "shape")
    assert stage_key(alone, 0, "shape") != stage_key(alone, 1, "shape")


@pytest.mark.parametrize("nameless", ["m:make.<locals>.loss", "m:<lambda>"])
def test_a_function_without_a_name_of_its_own_is_never_taken_for_another(nameless):
    stage = deepcopy(SHAPE) | {"objective": nameless}
    assert stage_key(record(stage), 0, "shape") is None
    works = plan({"a": record(stage), "b": record(stage)}, {"a": (0,), "b": (0,)})
    assert not any(work.source for work in works)
    assert {work.step for work in works} == {"shape", PREDICTIONS, SCORES}
