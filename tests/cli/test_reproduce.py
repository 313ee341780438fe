"""`scarmap reproduce`: what it trains, what it writes, and what it refuses."""

import json

import pytest

from scarmap.cli.reproduce import explain_failures
from scarmap.errors import RunError
from scarmap.io.run import RunFolder

TINY = (
    "--set",
    "schedule=modern",
    "--set",
    "width=2",
    "--set",
    "size=48",
    "--set",
    "spacing_mm=4.0",
)
SHORT = (*TINY, "--epochs-scale", "1e-9", "--device", "cpu", "--folds", "0")


def test_rows_are_trained_once_and_stand_in_the_tables(scarmap, myops_phantom, tmp_path):
    command = ("reproduce", "mfunet", "--data", myops_phantom, "--out", tmp_path, *SHORT)
    ended = scarmap(*command, "--rows", "mfunet/side")
    assert ended.code == 0
    assert f"Tables: {tmp_path / 'mfunet.md'}" in ended.out
    assert "[3/3] mfunet-side: scores done" in ended.err
    tables = (tmp_path / "mfunet.md").read_text(encoding="utf-8")
    assert "| `mfunet/side` | published, table 2 | 76.3 ± 10.3 |" in tables
    assert "| `mfunet` | published, table 1; not measured | 84.3 ± 7.9 |" in tables
    assert "| `mfunet` | published, table 2; not measured | 84.3 ± 7.9 |" in tables
    assert "| `mfunet-side` | measured, mfunet_slicewise |" in tables
    assert "| `mfunet/no-max` | published, table 1; not measured | 85.2 ± 8.1 |" in tables
    assert "| `mfunet-side` | measured, case3d |" in tables
    assert "Not the paper's settings: width=2, schedule=modern, size=48, spacing_mm=4.0." in tables
    weights = RunFolder(tmp_path / "mfunet-side").stage(0, "segment") / "weights.safetensors"
    before = weights.stat().st_mtime_ns
    (tmp_path / "mfunet.md").unlink()
    again = scarmap(*command, "--rows", "side")
    assert (again.code, again.err) == (0, "")
    assert weights.stat().st_mtime_ns == before
    rebuilt = scarmap("reproduce", "mfunet", "--out", tmp_path, "--tables-only", "--tables", "2")
    assert rebuilt.code == 0
    parts = [(tmp_path / "mfunet.md").read_text(encoding="utf-8"), tables]
    assert "## Table 1" not in parts[0]
    rows = [
        [line for line in part.splitlines() if line.startswith("| `mfunet-side`")] for part in parts
    ]
    assert rows[0] == rows[1] != []
    refused = scarmap(*command, "--rows", "side", "--set", "width=4")
    assert refused.code == 2
    assert "mfunet-side was started with another recipe: width was 2 and is 4." in refused.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("mfunets",), "No paper is called 'mfunets'. Did you mean 'mfunet'?"),
        (
            ("mfunet", "--tables", "4"),
            "mfunet has no table '4' that can be trained; it has 1, 2, 3.",
        ),
        (("mfunet", "--rows", "no-maxx"), "mfunet has no row 'no-maxx'. Did you mean"),
        (("mfunet",), "No data were named. Add --data DIR"),
        (("mfunet", "--folds", "0,x"), "--folds '0,x' holds 'x', which is no fold's number."),
        (
            ("mfunet", "--set", "attention=True"),
            "--set attention=True would undo what makes mfunet/no-attention a row",
        ),
        (("cascade", "--set", "wide=3"), "cascade has no setting 'wide'."),
        (
            ("mfunet", "--workers", "2", "--data", "nowhere"),
            "--workers counts the workers of a scheduler.",
        ),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_cannot_be_done_is_told_in_one_paragraph(scarmap, tmp_path, words, told):
    ended = scarmap("reproduce", *words, "--out", tmp_path / "out")
    assert ended.code == 2
    assert told in ended.err
    assert not (tmp_path / "out").exists()


def test_submissions_that_hold_nothing_out_are_trained_only_when_they_are_asked_for(
    scarmap, myops_phantom, tmp_path, monkeypatch
):
    trained = []

    def note(asked, out, **how):
        trained.append(sorted(asked))
        return {}

    monkeypatch.setattr("scarmap.cli.reproduce.train_rows", note)
    command = ("reproduce", "mfunet", "--data", myops_phantom, "--out", tmp_path)
    assert scarmap(*command).code == scarmap(*command, "--tables", "3").code == 0
    assert len(trained[0]) == 10
    assert trained[1] == ["mfunet-submission-dilation", "mfunet-submission-side"]
    assert (
        "`mfunet/submission-side` | published, table 3; not measured"
        in (tmp_path / "mfunet.md").read_text()
    )


def test_tables_are_written_and_the_exit_code_tells_when_a_job_fails(
    scarmap, myops_phantom, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "scarmap.cli.reproduce.train_rows",
        lambda *_, **__: {"a/fold_0/segment": RunError("No memory.")},
    )
    ended = scarmap("reproduce", "cascade", "--data", myops_phantom, "--out", tmp_path)
    assert ended.code == 2
    assert "1 jobs failed, or waited for one that did. a/fold_0/segment: No memory." in ended.err
    assert (tmp_path / "cascade.html").is_file()


def test_a_cause_is_told_once_with_the_first_job_that_it_stopped():
    failed = {
        "a/1": RunError("No memory."),
        "a/2": RunError("No memory."),
        "b": RunError("No data."),
    }
    assert explain_failures(failed).startswith(
        "3 jobs failed, or waited for one that did. a/1: No memory. b: No data. What was finished"
    )


@pytest.mark.slow
def test_a_stage_of_a_row_of_an_earlier_command_is_taken_over(scarmap, myops_phantom, tmp_path):
    small = (
        "--set",
        "width=2",
        "--set",
        "schedule=modern",
        "--epochs-scale",
        "1e-9",
        "--device",
        "cpu",
        "--folds",
        "0",
    )
    command = ("reproduce", "cascade", "--data", myops_phantom, "--out", tmp_path, *small)
    assert scarmap(*command, "--rows", "anatomy").code == 0
    assert scarmap(*command, "--rows", "unet-scar").code == 0
    made = json.loads((tmp_path / "cascade-unet-scar" / "run.json").read_text())["made"]
    taken = {
        step: how.get("taken_over") for step, how in made.items() if step != "fold_0/predictions"
    }
    assert taken == {
        "fold_0/denoiser": "cascade-anatomy",
        "fold_0/anatomy": "cascade-anatomy",
        "fold_0/pathology": None,
    }
    tables = (tmp_path / "cascade.md").read_text(encoding="utf-8")
    assert "denoiser of fold 0 trained in `cascade-anatomy`" in tables
