import json
from functools import partial

import numpy as np
import pytest

from scarmap.datasets.folder import find_cases
from scarmap.errors import DataError, RecipeError, RunError
from scarmap.io.illustrations import read_illustration
from scarmap.io.nifti import read_labels
from scarmap.io.run import RunFolder
from scarmap.training.run.train import chosen_folds, make_fabric, train


def test_every_case_is_segmented_by_the_fold_that_did_not_train_on_it(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom))
    names = [case.name for case in find_cases(emidec_phantom)]
    assert sorted(path.name for path in run.predictions.iterdir()) == [
        f"{name}.nii.gz" for name in names
    ]
    record = run.read_record()
    assert set(record["state"]) == {
        f"fold_{fold}/{step}" for fold in (0, 1) for step in ("segment", "predictions")
    }
    assert [fold["validation"] for fold in record["folds"]] == [names[2:], names[:2]]
    summary = json.loads((run.evaluation / "summary.json").read_text())
    assert summary["scores"]["case3d"]["lv_epicardium"]["dice"]["n"] == 4


def test_one_fold_segments_only_its_validation_cases(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(1,)))
    held_out = run.read_record()["folds"][1]["validation"]
    assert sorted(path.name for path in run.predictions.iterdir()) == [
        f"{name}.nii.gz" for name in held_out
    ]
    assert sorted(run.logs()) == [(1, "segment")]
    with (run.evaluation / "cases.csv").open() as file:
        assert {line.split(",")[0] for line in file} == {"case", *held_out}


def test_masks_lie_on_the_grid_and_hold_the_codes_of_their_case(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(0,)))
    for case in find_cases(emidec_phantom)[2:]:
        mask = read_labels(run.predictions / f"{case.name}.nii.gz", "emidec")
        truth = read_labels(case.labels, "emidec")
        assert mask.grid.shape == truth.grid.shape
        np.testing.assert_array_equal(mask.grid.affine, truth.grid.affine)


def test_pictures_show_a_case_that_the_fold_did_not_train_on(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(0,)))
    (path,) = run.illustrations(0).iterdir()
    assert read_illustration(path).caption in run.read_record()["folds"][0]["validation"]


def test_the_record_says_what_was_trained_on_what(emidec_phantom, request_for):
    recipe = partial(request_for(emidec_phantom).row.recipe, width=3)
    record = train(request_for(emidec_phantom, folds=(0,), seed=4, recipe=recipe)).read_record()
    assert record["recipe"]["settings"]["width"] == 3
    assert record["recipe"]["sequences"] == ["LGE"]
    assert (record["data"]["num_cases"], record["data"]["layout"]) == (4, "emidec")
    spacings = [
        read_labels(case.labels, "emidec").grid.spacing_mm[0] for case in find_cases(emidec_phantom)
    ]
    assert record["data"]["spacing_mm"] == pytest.approx(np.median(spacings))
    assert [record["provenance"][key] for key in ("seed", "epochs_scale", "max_steps")] == [
        4,
        0.3,
        1,
    ]


def test_the_shortest_training_can_be_continued(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(0,), epochs_scale=0.0))
    assert run.read_record()["provenance"]["epochs_scale"] == 0
    train(request_for(emidec_phantom, folds=(0,), epochs_scale=0.0, resume=True))


def test_a_folder_that_holds_a_run_is_left_alone_without_resume(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(0,)))
    before = {path: path.read_bytes() for path in run.root.rglob("*.*") if path.is_file()}
    with pytest.raises(RunError, match="already holds a run"):
        train(request_for(emidec_phantom, folds=(1,)))
    assert {path: path.read_bytes() for path in run.root.rglob("*.*") if path.is_file()} == before


def test_a_run_stopped_before_its_scores_is_scored_when_it_is_resumed(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(0,)))
    scores = (run.evaluation / "cases.csv").read_bytes()
    (run.evaluation / "summary.json").unlink()
    (run.evaluation / "cases.csv").unlink()
    train(request_for(emidec_phantom, folds=(0,), resume=True))
    assert (run.evaluation / "cases.csv").read_bytes() == scores


def test_other_folds_can_be_added_to_a_run(emidec_phantom, request_for):
    train(request_for(emidec_phantom, folds=(0,)))
    weights = RunFolder(request_for(emidec_phantom).out).stage(0, "segment") / "weights.safetensors"
    written = weights.stat().st_mtime_ns
    run = train(request_for(emidec_phantom, resume=True))
    assert weights.stat().st_mtime_ns == written
    assert sorted(run.logs()) == [(0, "segment"), (1, "segment")]
    assert len(list(run.predictions.iterdir())) == 4


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 2}, "another seed, so it cannot be continued"),
        ({"epochs_scale": 0.5}, "another --epochs-scale,"),
        ({"max_steps": 2}, "another number of steps,"),
        ({"width": 5}, r"another recipe: width was 2 and is 5\."),
        ({"data": "b"}, "another data set,"),
        (
            {"seed": 2, "data": "b", "width": 5},
            "another recipe and another data set and another seed,",
        ),
    ],
)
def test_a_run_of_something_else_is_not_continued(
    emidec_phantom, request_for, tmp_path, change, named
):
    first = request_for(emidec_phantom, folds=(0,))
    train(first)
    data = emidec_phantom
    if change.pop("data", None):
        data = tmp_path / "fewer"
        for case in find_cases(emidec_phantom)[1:]:
            (data / case.name).parent.mkdir(exist_ok=True)
            (data / case.name).symlink_to(emidec_phantom / case.name, target_is_directory=True)
    recipe = partial(first.row.recipe, width=change.pop("width", 2))
    with pytest.raises(RunError, match=f"was started with {named}"):
        train(request_for(data, folds=(0,), resume=True, recipe=recipe, **change))


def test_resume_in_an_empty_folder_just_begins(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(0,), resume=True))
    assert run.read_record()["state"] == {"fold_0/segment": "done", "fold_0/predictions": "done"}


def test_damaged_weights_of_a_finished_stage_are_named(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(0,)))
    weights = run.stage(0, "segment") / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:40])
    record = run.read_record()
    del record["state"]["fold_0/predictions"]
    run.write_record(record)
    with pytest.raises(RunError, match=r"fold_0.segment.weights\.safetensors is damaged"):
        train(request_for(emidec_phantom, folds=(0,), resume=True))


def test_an_unknown_fold_is_refused_before_anything_is_written(
    emidec_phantom, request_for, tmp_path
):
    with pytest.raises(RecipeError, match="There is no fold 2: this recipe has folds 0 to 1"):
        train(request_for(emidec_phantom, folds=(0, 2)))
    assert not (tmp_path / "run").exists()


def test_all_folds_are_trained_when_none_is_named():
    assert chosen_folds(None, 3) == [0, 1, 2]
    assert chosen_folds((2, 0), 3) == [2, 0]
    with pytest.raises(RecipeError, match="no fold -1"):
        chosen_folds((-1,), 3)


def test_data_of_another_layout_is_refused_with_the_settings_that_would_fit(
    myops_phantom, request_for
):
    with pytest.raises(
        RecipeError,
        match=r"labelled in layout 'myops2020'.*learns 'emidec'.*--set layout=myops2020",
    ):
        train(request_for(myops_phantom))


def test_a_missing_sequence_is_named(emidec_phantom, request_for):
    recipe = partial(request_for(emidec_phantom).row.recipe, sequences=("LGE", "T2"))
    with pytest.raises(DataError, match=r"Case Case_N002 has no T2 image"):
        train(request_for(emidec_phantom, recipe=recipe))


def test_too_few_cases_for_the_folds_are_refused(emidec_phantom, request_for):
    recipe = partial(request_for(emidec_phantom).row.recipe, num_folds=5)
    with pytest.raises(DataError, match="4 labelled patients cannot be split into 5"):
        train(request_for(emidec_phantom, recipe=recipe))


def test_a_recipe_without_held_out_cases_has_no_scores(emidec_phantom, request_for, all_cases):
    run = train(request_for(emidec_phantom, recipe=all_cases))
    assert not run.predictions.exists()
    assert not run.evaluation.exists()
    assert len(list(run.illustrations(0).iterdir())) == 1


def test_a_second_row_is_trained_independently_of_the_first(emidec_phantom, request_for):
    first = train(request_for(emidec_phantom, folds=(0, 1), out="both"))
    second = train(request_for(emidec_phantom, folds=(1,), out="one"))
    weights = [run.stage(1, "segment") / "weights.safetensors" for run in (first, second)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_cuda_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(RunError, match="torch sees no CUDA device"):
        make_fabric("cuda")
    assert make_fabric("auto").device.type == make_fabric("cpu").device.type == "cpu"
