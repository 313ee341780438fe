from copy import deepcopy
from dataclasses import MISSING, fields, replace
from functools import partial

import pytest

from scarmap.errors import RunError
from scarmap.io.run import RunFolder
from scarmap.recipes.recipe import Recipe, Row
from scarmap.training.run.resume import LATER, check_unchanged, open_record, unchanged_stages
from scarmap.training.run.train import Request, train
from scarmap.training.stage.fit import Options


def described(name, *, inputs=(), width=1):
    return {"name": name, "inputs": list(inputs), "model": {"width": width}}


def record(*stages, seed=1, size=128, sha256="0", unit="patient", state=()):
    details = {
        "layout": "emidec",
        "preparation": {"size": size},
        "folds": "f",
        "unit": unit,
        "finish": None,
    }
    details["stages"] = list(stages)
    return {
        "recipe": {"details": details},
        "data": {"sha256": sha256},
        "folds": [],
        "provenance": {
            "seed": seed,
            "epochs_scale": 1.0,
            "max_steps": None,
            "command": "scarmap train x",
        },
        "state": dict.fromkeys(state, "done"),
    }


THREE = (
    described("shape"),
    described("anatomy", inputs=["shape"]),
    described("pathology", inputs=["anatomy"]),
)
DONE = tuple(
    f"fold_{fold}/{name}"
    for fold in (0, 1)
    for name in ("shape", "anatomy", "pathology", "predictions")
)


@pytest.fixture
def run(tmp_path):
    """A finished run of three stages in two folds."""
    run = RunFolder(tmp_path)
    run.write_record(record(*THREE, state=DONE))
    for fold in (0, 1):
        for name in ("shape", "anatomy", "pathology"):
            run.stage(fold, name).mkdir(parents=True)
            (run.stage(fold, name) / "checkpoint.pt").touch()
        run.illustrations(fold).mkdir()
    for folder in (run.predictions, run.evaluation, run.quantification):
        folder.mkdir()
    run.report.touch()
    return run


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ((), {"shape", "anatomy", "pathology"}),
        ((2,), {"shape", "anatomy"}),
        ((1,), {"shape"}),
        ((0,), set()),
    ],
)
def test_a_stage_is_unchanged_if_it_and_all_that_it_starts_from_are(changed, kept):
    now = deepcopy(list(THREE))
    for index in changed:
        now[index]["model"]["width"] = 2
    assert unchanged_stages({"stages": list(THREE)}, {"stages": now}) == kept


def test_a_new_stage_is_not_unchanged_and_a_lost_one_is_not_named():
    now = [described("shape"), described("other")]
    assert unchanged_stages({"stages": list(THREE)}, {"stages": now}) == {"shape"}


def test_what_a_changed_stage_left_is_removed_and_the_rest_is_kept(run):
    fresh = record(*THREE[:2], described("pathology", inputs=["anatomy"], width=2))
    open_record(run, fresh, resume=True, retrain=True)
    for fold in (0, 1):
        assert sorted(path.name for path in run.fold(fold).iterdir()) == ["anatomy", "shape"]
    made_of_masks = (run.predictions, run.evaluation, run.quantification, run.report)
    assert not any(path.exists() for path in made_of_masks)
    stored = run.read_record()
    assert stored["recipe"] == fresh["recipe"]
    assert set(stored["state"]) == {
        f"fold_{fold}/{name}" for fold in (0, 1) for name in ("shape", "anatomy")
    }


def test_no_stage_is_removed_unless_it_is_asked_for(run):
    before = {path: path.stat().st_mtime_ns for path in run.root.rglob("*")}
    fresh = record(*THREE[:2], described("pathology", inputs=["anatomy"], width=2))
    with pytest.raises(RunError, match=r"stages\.pathology\.model\.width was 1 and is 2"):
        open_record(run, fresh, resume=True)
    assert {path: path.stat().st_mtime_ns for path in run.root.rglob("*")} == before


def test_how_kept_stages_were_made_is_kept(run):
    stored = run.read_record()
    made = {
        "fold_0/shape": {"hardware": "a GPU", "taken_over": "other"},
        "fold_0/pathology": {"hardware": "a GPU"},
    }
    run.write_record({**stored, "made": made})
    fresh = record(*THREE[:2], described("pathology", inputs=["anatomy"], width=2))
    open_record(run, fresh, resume=True, retrain=True)
    assert run.read_record()["made"] == {"fold_0/shape": made["fold_0/shape"]}


def test_where_two_recipes_differ_is_named_by_setting_or_else_by_what_they_describe(run):
    check_unchanged(run, record(*THREE))
    other = record(*THREE[:2], described("pathology", inputs=["anatomy"], width=2))
    with pytest.raises(
        RunError,
        match=r"another recipe: stages\.pathology\.model\.width was 1 and is 2\. Choose another",
    ):
        check_unchanged(run, other)
    other["recipe"]["settings"] = {"width": 2}
    with pytest.raises(
        RunError, match=r"width was not there and is 2\. .*add --retrain: it removes .* pathology\."
    ):
        check_unchanged(run, other)
    assert run.stage(1, "pathology").is_dir()


def test_a_recipe_that_only_predicts_differently_keeps_all_stages_and_predicts_again(run):
    fresh = record(*THREE)
    fresh["recipe"]["details"]["assemble"] = "another"
    open_record(run, fresh, resume=True, retrain=True)
    assert run.stage(1, "pathology").is_dir()
    assert not run.predictions.exists()
    assert set(run.read_record()["state"]) == {name for name in DONE if "predictions" not in name}


def test_an_unchanged_recipe_changes_nothing(run):
    before = run.record_file.read_bytes()
    open_record(run, record(*THREE), resume=True)
    assert run.record_file.read_bytes() == before
    assert run.predictions.is_dir()


def test_a_run_of_before_recipes_had_every_field_keeps_its_masks(run):
    old = run.read_record()
    for later in LATER:
        del old["recipe"]["details"][later]
    run.write_record(old)
    open_record(run, record(*THREE), resume=True)
    assert run.read_record() == old
    assert run.predictions.is_dir()
    with pytest.raises(RunError, match="another unit of the split,"):
        open_record(run, record(*THREE, unit="slice"), resume=True)


def test_other_words_on_where_a_constant_comes_from_change_nothing(run):
    said = record(*THREE)
    said["recipe"]["details"]["sources"] = {"width": "choice"}
    open_record(run, said, resume=True)
    assert run.predictions.is_dir()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 2}, "another seed,"),
        ({"sha256": "1"}, "another data set,"),
        ({"size": 96}, "another preparation of the images,"),
        ({"unit": "slice"}, "another unit of the split,"),
        ({"size": 96, "seed": 2}, "another preparation of the images and another seed,"),
    ],
)
def test_what_all_stages_share_must_be_the_same_and_nothing_is_removed(run, change, named):
    with pytest.raises(RunError, match=f"was started with {named} so it cannot be continued"):
        open_record(run, record(*THREE, **change), resume=True)
    assert run.stage(0, "pathology").is_dir()


def test_a_run_in_which_every_stage_would_start_afresh_is_left_alone(run):
    fresh = record(described("shape", width=2), *THREE[1:])
    with pytest.raises(
        RunError, match="was started with another recipe, so it cannot be continued"
    ):
        open_record(run, fresh, resume=True, retrain=True)
    assert run.stage(0, "shape").is_dir()


def two_stages(*, make=None, make_stage=None, width=2):
    """A tiny system of two stages, of which the second has so many channels."""
    recipe = make()
    first = replace(recipe.stages[0], name="first")
    second = make_stage(region="lv_epicardium", width=width)
    return replace(recipe, stages=(first, second))


def test_a_finished_stage_is_not_trained_again_when_a_later_one_changes(
    emidec_phantom, tmp_path, row, stage
):
    def request(width, *, resume=False, retrain=False):
        recipe = partial(two_stages, make=row.recipe, make_stage=stage, width=width)
        options = Options(epochs_scale=0.3, max_steps=1, resume=resume, retrain=retrain)
        return Request(
            "two", Row(recipe, paper=""), emidec_phantom, tmp_path / "run", (0,), "cpu", options
        )

    run = train(request(2))
    files = [run.stage(0, name) / "weights.safetensors" for name in ("first", "segment")]
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    train(request(3, resume=True, retrain=True))
    after = [(path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    assert after[0] == before[0]
    assert after[1][1] != before[1][1]
    train(request(3, resume=True))
    assert files[1].stat().st_mtime_ns == after[1][0]


def test_every_field_of_a_recipe_that_may_be_left_out_has_a_value_for_older_runs():
    """But for those that are described only where they are used."""
    asked_of_old = {"illustrate", "check", "sources"}
    optional = {
        each.name
        for each in fields(Recipe)
        if (each.default is not MISSING or each.default_factory is not MISSING)
        and not each.metadata.get("later")
    }
    assert optional - asked_of_old == set(LATER)
