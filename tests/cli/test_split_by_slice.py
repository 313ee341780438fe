"""What the commands say of a run whose split leaks."""

import json
import shutil

LEAK = "Leaking split: slices of the same patient are on both sides."
BY_SLICE = "Split by slice: what is scored as a case is a single slice."
RECIPE = """
from dataclasses import replace
from functools import partial

from scarmap.datasets.folds import seeded_folds
from scarmap.systems.mfunet.recipe import mfunet


def sixth(*, width=4, size=96):
    recipe = mfunet(layout="emidec", sequences=("LGE",), width=width, size=size, attention=False)
    return replace(recipe, unit="slice", folds=partial(seeded_folds, num_folds=6))
"""


def test_every_command_says_what_the_split_leaks(scarmap, six_emidec_cases, tmp_path, monkeypatch):
    (tmp_path / "my_slices.py").write_text(RECIPE)
    monkeypatch.syspath_prepend(tmp_path)
    run, scores, width = tmp_path / "run", tmp_path / "scores", ("--set", "width=4")
    trained = scarmap(
        "train", "my_slices:sixth", "--data", six_emidec_cases, "--out", run, "--smoke", *width
    )
    reported = scarmap("report", run)
    judged = scarmap(
        "evaluate", run / "predictions", six_emidec_cases, "--layout", "emidec", "--out", scores
    )
    assert (trained.code, reported.code, judged.code) == (0, 0, 0)
    for printed in (
        trained.out,
        reported.out,
        judged.out,
        (run / "report.html").read_text(encoding="utf-8"),
    ):
        assert LEAK in printed
        assert BY_SLICE in printed
    assert (scores / "cases.csv").read_bytes() == (run / "evaluation" / "cases.csv").read_bytes()
    summary = json.loads((scores / "summary.json").read_text())
    assert summary["notes"] == json.loads((run / "run.json").read_text())["split"]["notes"]
    assert len(summary["cases"]) == 2
    assert len(summary["missing"]) == 10


def test_masks_of_slices_outside_their_run_are_refused_with_what_to_do(
    scarmap, emidec_run, six_emidec_cases, tmp_path
):
    (mask,) = (emidec_run / "predictions").iterdir()
    (tmp_path / "moved").mkdir()
    shutil.copy(mask, tmp_path / "moved" / mask.name.replace(".nii.gz", "_z00.nii.gz"))
    out = tmp_path / "scores"
    ended = scarmap(
        "evaluate", tmp_path / "moved", six_emidec_cases, "--layout", "emidec", "--out", out
    )
    assert ended.code == 2
    assert "Masks of single slices are scored in the run folder that holds them." in ended.err


def test_a_run_by_patient_is_not_called_leaking(scarmap, emidec_run, six_emidec_cases, tmp_path):
    run = shutil.copytree(emidec_run, tmp_path / "run")
    scores = tmp_path / "scores"
    judged = scarmap(
        "evaluate", run / "predictions", six_emidec_cases, "--layout", "emidec", "--out", scores
    )
    for printed in (scarmap("report", run).out, judged.out):
        assert "Leaking" not in printed
    assert json.loads((scores / "summary.json").read_text())["notes"] == []
