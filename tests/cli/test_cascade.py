"""The cascade on the command line: one command trains three stages; flags are printed."""

import json

from scarmap.io.run import RunFolder


def test_three_stages_train_from_one_command_and_a_later_one_alone_trains_again(
    scarmap, myops_phantom, tmp_path
):
    run = RunFolder(tmp_path / "run")
    command = (
        "train",
        "cascade",
        "--data",
        myops_phantom,
        "--out",
        run.root,
        "--smoke",
        "--set",
        "width=4",
    )
    assert scarmap(*command).code == 0
    state = run.read_record()["state"]
    assert {f"fold_0/{stage}" for stage in ("denoiser", "anatomy", "pathology")} <= set(state)
    files = {
        stage: run.stage(0, stage) / "weights.safetensors"
        for stage in ("denoiser", "anatomy", "pathology")
    }
    before = {stage: path.stat().st_mtime_ns for stage, path in files.items()}
    assert scarmap(*command, "--resume", "--retrain", "--set", "fusion=concatenation").code == 0
    again = {stage for stage, path in files.items() if path.stat().st_mtime_ns != before[stage]}
    assert again == {"pathology"}
    ended = scarmap("predict", run.root, "--data", myops_phantom, "--out", tmp_path / "masks")
    assert ended.code == 0
    flags = tmp_path / "masks" / "flags.json"
    flagged = json.loads(flags.read_text()) if flags.exists() else {}
    assert all(f"{case}: No left ventricle" in ended.out for case in flagged)
    assert scarmap("report", run.root).code == 0


def test_listing_shows_published_distances(scarmap):
    rows = {row["name"]: row for row in json.loads(scarmap("recipes", "list", "--json").out)}
    assert rows["cascade/anatomy"]["also_published"] == {
        "hausdorff_mm": {"lv_epicardium": [3.04, 0.76]}
    }
    assert rows["mfunet"]["also_published"] == {}


def test_showing_a_cascade_names_stages_inputs_and_sources(scarmap):
    shown = json.loads(scarmap("recipes", "show", "cascade", "--json").out)
    assert [stage["inputs"] for stage in shown["recipe"]["stages"]] == [
        [],
        ["denoiser"],
        ["anatomy"],
    ]
    assert shown["recipe"]["sources"]["beta"].startswith("paper, section 3.2")
