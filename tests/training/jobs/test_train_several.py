"""Several small trainings as jobs: files as from one after the other, stopped, continued."""

import gzip
import json
import shutil
from dataclasses import replace
from functools import partial

import pytest

from scarmap.cluster.in_order import InOrder
from scarmap.errors import DataError, RecipeError, RunError
from scarmap.io.run import RunFolder
from scarmap.training.jobs.train_several import train_several
from scarmap.training.run import train as steps
from scarmap.training.run.record import held_out_names, is_scored
from scarmap.training.run.train import train


class StoppedError(Exception):
    """Stands for the end of the process."""


def two_stages(*, make, make_stage, width=2):
    """A tiny system of two stages; the second has so many channels and starts from the first."""
    recipe = make()
    first = replace(recipe.stages[0], name="first")
    second = make_stage(region="lv_epicardium", width=width, inputs=("first",))
    return replace(recipe, stages=(first, second))


@pytest.fixture
def asked(emidec_phantom, request_for, row, stage):
    """Two trainings that share their first stage; keywords go to `request_for`."""

    def make(*, widths=(2, 3), data=emidec_phantom, **how):
        recipes = [
            partial(two_stages, make=row.recipe, make_stage=stage, width=width) for width in widths
        ]
        names = [f"run-{index}" for index in range(len(widths))]
        return {
            name: request_for(data, recipe=recipe, out=name, **how)
            for name, recipe in zip(names, recipes, strict=True)
        }

    return make


@pytest.fixture
def trained(monkeypatch):
    """Which stages are really trained, as (run, fold, stage)."""
    calls, original = [], steps.fit

    def noting(job, earlier):
        calls.append((job.folder.parts[-3], job.fold_index, job.stage.name))
        return original(job, earlier)

    monkeypatch.setattr(steps, "fit", noting)
    return calls


def weights(run, fold, stage):
    return (run.stage(fold, stage) / "weights.safetensors").read_bytes()


def runs_of(requests):
    return [RunFolder(request.out) for request in requests.values()]


def test_a_graph_ends_with_the_files_of_trainings_one_after_the_other(asked, trained, tmp_path):
    requests = asked()
    jobs = []
    failed = train_several(
        requests, InOrder(), on_job=lambda work, ended, planned: jobs.append((ended, planned))
    )
    assert failed == {}
    assert jobs == [(number, 14) for number in range(1, 15)]
    assert trained == [
        *[("run-0", fold, stage) for fold in (0, 1) for stage in ("first", "segment")],
        *[("run-1", fold, "segment") for fold in (0, 1)],
    ]
    alone = train(replace(requests["run-1"], out=tmp_path / "alone"))
    together = RunFolder(requests["run-1"].out)
    for fold in (0, 1):
        for name in ("first", "segment"):
            assert weights(together, fold, name) == weights(alone, fold, name)
    for file in ("cases.csv", "summary.json"):
        assert (together.evaluation / file).read_bytes() == (alone.evaluation / file).read_bytes()
    record = together.read_record()
    assert record["state"] == alone.read_record()["state"]
    assert record["made"]["fold_1/first"]["taken_over"] == "run-0"
    assert "taken_over" not in record["made"]["fold_1/segment"]
    assert record["made"]["fold_1/segment"]["hardware"] == record["provenance"]["hardware"]


def test_repeated_it_does_nothing_and_more_folds_are_added(asked, trained):
    train_several(asked(folds=(1,)), InOrder())
    assert {fold for _, fold, _ in trained} == {1}
    trained.clear()
    train_several(
        asked(folds=(1,)), InOrder(), on_job=lambda *_: pytest.fail("there is nothing to do")
    )
    train_several(asked(), InOrder())
    assert {fold for _, fold, _ in trained} == {0}
    for run in runs_of(asked()):
        assert held_out_names(run.read_record()) == set(
            json.loads((run.evaluation / "summary.json").read_text())["cases"]
        )


@pytest.mark.parametrize("moment", [2, 10])
def test_stopped_after_any_job_it_continues_with_the_next(asked, trained, moment):
    def stop(work, ended, planned):
        if ended == moment:
            raise StoppedError

    with pytest.raises(StoppedError):
        train_several(asked(), InOrder(), on_job=stop)
    assert train_several(asked(), InOrder()) == {}
    assert len(trained) == len(set(trained)) == 6
    assert all(is_scored(run) for run in runs_of(asked()))


def test_a_changed_recipe_is_named_and_nothing_is_touched(asked, trained):
    train_several(asked(folds=(0,)), InOrder())
    before = weights(RunFolder(asked()["run-1"].out), 0, "segment")
    with pytest.raises(
        RunError,
        match=r"run-1 was started with another recipe: width was 3 and is 5\. Choose another",
    ):
        train_several(asked(widths=(2, 5), folds=(0,)), InOrder())
    assert weights(RunFolder(asked()["run-1"].out), 0, "segment") == before
    trained.clear()
    train_several(asked(widths=(2, 5), folds=(0,)), InOrder(), retrain=True)
    assert trained == [("run-1", 0, "segment")]


def test_changed_data_are_named_and_nothing_is_touched(asked, emidec_phantom, tmp_path):
    train_several(asked(folds=(0,)), InOrder())
    other = tmp_path / "other"
    shutil.copytree(emidec_phantom, other)
    image = next(path for path in sorted(other.rglob("*.nii.gz")) if "Images" in path.parts)
    image.write_bytes(gzip.compress(gzip.decompress(image.read_bytes()), mtime=7))
    with pytest.raises(RunError, match="was started with another data set"):
        train_several(asked(data=other, folds=(0,)), InOrder())


def test_a_job_that_fails_stops_those_that_need_it_and_no_others(asked, monkeypatch):
    original = steps.fit

    def failing(job, earlier):
        if (job.fold_index, job.stage.name) == (0, "first"):
            raise RunError("The loss is no longer a number.")
        return original(job, earlier)

    monkeypatch.setattr(steps, "fit", failing)
    failed = train_several(asked(), InOrder())
    assert {key for key in failed if key.startswith("run-0")} == {
        *(f"run-0/fold_0/{step}" for step in ("first", "segment", "predictions")),
        "run-0/scores",
    }
    assert {str(problem) for problem in failed.values()} == {"The loss is no longer a number."}
    for run in runs_of(asked()):
        assert set(run.read_record()["state"]) == {
            f"fold_1/{step}" for step in ("first", "segment", "predictions")
        }
    monkeypatch.setattr(steps, "fit", original)
    assert train_several(asked(), InOrder()) == {}


def test_a_stage_is_not_taken_over_where_its_input_has_other_weights(asked, trained):
    requests = asked(widths=(2, 2), folds=(0,))
    train_several({"run-0": requests["run-0"]}, InOrder())
    other = RunFolder(requests["run-1"].out)
    train_several({"run-1": requests["run-1"]}, InOrder())
    file = other.stage(0, "first") / "weights.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    record = other.read_record()
    record["state"] = {"fold_0/first": "done"}
    other.write_record(record)
    trained.clear()
    train_several(
        {"run-1": requests["run-1"]}, InOrder(), others={"run-0": RunFolder(requests["run-0"].out)}
    )
    assert trained == [("run-1", 0, "segment")]
    assert other.read_record()["made"]["fold_0/segment"].get("taken_over") is None


def test_a_second_command_on_the_same_folder_is_refused(asked):
    requests = asked(folds=(0,))

    def second(work, ended, planned):
        with pytest.raises(RunError, match="Another command works here"):
            train_several(requests, InOrder())
        raise StoppedError

    with pytest.raises(StoppedError):
        train_several(requests, InOrder(), on_job=second)


def test_folds_that_a_run_does_not_have_are_left_out_unless_none_is_left(asked):
    with pytest.raises(RecipeError, match="There is no fold 7"):
        train_several(asked(folds=(7,)), InOrder())
    train_several(asked(folds=(1, 7)), InOrder())
    assert set(runs_of(asked())[0].read_record()["state"]) == {
        f"fold_1/{step}" for step in ("first", "segment", "predictions")
    }


def test_nothing_is_written_when_one_training_cannot_begin(asked, tmp_path):
    requests = asked()
    broken = replace(requests["run-1"], data=tmp_path / "nowhere")
    with pytest.raises(DataError):
        train_several({**requests, "run-1": broken}, InOrder())
    assert not any(run.record_file.exists() for run in runs_of(requests))
