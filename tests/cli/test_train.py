import json
import shutil

import pytest

from scarmap.io.run import RunFolder

SMALL = ("--set", "size=96", "--set", "width=4")


def test_a_run_holds_weights_log_scores_pictures_and_provenance(myops_run):
    record = RunFolder(myops_run).read_record()
    assert record["state"] == {"fold_0/segment": "done", "fold_0/predictions": "done"}
    assert record["recipe"]["settings"]["width"] == 4
    assert record["provenance"]["seed"] == 1
    assert record["provenance"]["command"].startswith("scarmap train mfunet")
    held_out = record["folds"][0]["validation"]
    assert sorted(path.name for path in (myops_run / "predictions").iterdir()) == [
        f"{held_out[0]}.nii.gz"
    ]
    assert (myops_run / "evaluation" / "summary.json").is_file()
    assert (myops_run / "fold_0" / "segment" / "weights.safetensors").is_file()
    assert len(list((myops_run / "fold_0" / "illustrations").iterdir())) == 3


def test_the_recommended_recipe_is_trained_where_none_is_named(scarmap, plain_phantom, tmp_path):
    small = ("--set", "width=4", "--set", "size=48", "--set", "spacing_mm=3")
    ended = scarmap("train", "--data", plain_phantom, "--out", tmp_path / "run", "--smoke", *small)
    assert ended.code == 0, ended.err
    record = RunFolder(tmp_path / "run").read_record()
    assert (record["recipe"]["name"], record["data"]["layout"]) == ("scarmap", "scarmap")


def test_training_into_a_finished_run_needs_resume(scarmap, myops_run, myops_phantom):
    ended = scarmap(
        "train", "mfunet", "--data", myops_phantom, "--out", myops_run, "--smoke", *SMALL
    )
    assert ended.code == 2
    assert "--resume" in ended.err


def test_resuming_a_finished_run_changes_nothing(scarmap, myops_run, myops_phantom, tmp_path):
    copy = shutil.copytree(myops_run, tmp_path / "run")
    ended = scarmap(
        "train", "mfunet", "--data", myops_phantom, "--out", copy, "--smoke", "--resume", *SMALL
    )
    assert ended.code == 0
    for name in (
        "fold_0/segment/weights.safetensors",
        "fold_0/segment/log.csv",
        "evaluation/cases.csv",
    ):
        assert (copy / name).read_bytes() == (myops_run / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("mfunett",), "Did you mean 'mfunet'"),
        (("mfunet", "--set", "widht=4"), "Did you mean 'width'"),
        (("mfunet", "--set", "width"), "KEY=VALUE"),
        (("mfunet", "--set", "fusion=maximum"), "'max'"),
        (("mfunet", "--set", "attention=maybe"), "takes bool"),
        (("mfunet", "--set", "width=abc"), "takes int"),
        (("mfunet", "--set", "width=0"), "1 or more"),
        (("mfunet", "--set", "spacing_mm=-1"), "between 0.1 and 10"),
        (("mfunet", "--set", "weights=1,2"), "3 values"),
        (("mfunet", "--set", "auxiliary_weight=0.2"), "attention_variant=released"),
        (("mfunet", "--set", "schedule=alternating", *SMALL), "5 patient-level folds"),
        (("json:dumps",), "as a recipe"),
        ((":x",), "not module:function"),
        (("mfunet", "--fold", "²"), "--fold '²'"),
        (("mfunet", "--set", "size=100"), "multiple of 16"),
        (("mfunet", "--set", "layout=emidec", "--set", "sequences=LGE"), "layout=myops2020"),
        (("mfunet", "--fold", "7", *SMALL), "folds 0 to 4"),
        (("mfunet", "--fold", "first"), "--fold 'first'"),
        (("mfunet", "--device", "tpu"), "--device 'tpu'"),
        (("no_such_module:recipe",), "cannot be imported"),
    ],
)
def test_wrong_usage_ends_with_one_paragraph_and_leaves_nothing(
    scarmap, myops_phantom, tmp_path, arguments, told
):
    out = tmp_path / "run"
    ended = scarmap("train", *arguments, "--data", myops_phantom, "--out", out)
    assert ended.code == 2
    assert told in ended.err
    assert ended.err.startswith("scarmap: ")
    assert ended.err.count("\n") == 1
    assert not out.exists()


def test_a_folder_without_cases_is_named(scarmap, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    ended = scarmap("train", "mfunet", "--data", tmp_path, "--out", tmp_path / "run")
    assert ended.code == 2
    assert str(tmp_path) in ended.err
    assert "notes.txt" in ended.err


def test_a_module_of_ones_own_can_be_trained(scarmap, myops_phantom, tmp_path, monkeypatch):
    (tmp_path / "my_lab.py").write_text(
        "from scarmap.systems.mfunet.recipe import mfunet\n"
        "def tiny(*, width=4):\n"
        "    return mfunet(width=width, size=96, attention=False)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    ended = scarmap(
        "train", "my_lab:tiny", "--data", myops_phantom, "--out", tmp_path / "run", "--smoke"
    )
    assert ended.code == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["recipe"]["settings"] == {
        "width": 8
    }
    refused = scarmap(
        "predict", tmp_path / "run", "--data", myops_phantom, "--out", tmp_path / "masks"
    )
    assert refused.code == 2
    assert "--recipe my_lab:tiny" in refused.err
    own = ("--recipe", "my_lab:tiny")
    assert (
        scarmap(
            "predict", tmp_path / "run", "--data", myops_phantom, "--out", tmp_path / "masks", *own
        ).code
        == 0
    )


def test_the_submission_recipe_pretrains_and_then_trains_on_every_case(
    scarmap, myops_phantom, tmp_path
):
    out = tmp_path / "run"
    ended = scarmap(
        "train",
        "mfunet/submission-dilation",
        "--data",
        myops_phantom,
        "--out",
        out,
        "--smoke",
        *SMALL,
    )
    assert ended.code == 0
    run = RunFolder(out)
    assert set(run.read_record()["state"]) == {
        "fold_0/reconstruct",
        "fold_0/segment",
        "fold_0/predictions",
    }
    phases = [row["phase"] for row in run.logs()[0, "segment"]]
    assert phases == ["0", "1", "2", "3", "4", "5"]
    assert not run.predictions.exists()
    assert scarmap("report", out).code == 0
