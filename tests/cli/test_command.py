"""What all commands share."""

import os

import pytest
from typer.testing import CliRunner

from scarmap.cli.command import check_writable
from scarmap.cli.main import app
from scarmap.errors import DataError


def _interrupt(*_arguments, **_options):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("words", "place", "told"),
    [
        (
            ("evaluate", "a b", "truth", "--out", "scores"),
            "scarmap.workflow.evaluate.evaluate",
            "stopped. To start again: scarmap evaluate 'a b' truth --out scores\n",
        ),
        (
            ("import", "export", "-o", "cases"),
            "scarmap.dicom.cases.import_all",
            "stopped. To start again: scarmap import export -o cases\n",
        ),
        (
            ("train", "--data", "d", "--out", "run"),
            "scarmap.training.run.train.train",
            "stopped. What was finished is kept. To continue: scarmap train --data d --out run "
            "--resume\n",
        ),
    ],
)
def test_a_stopped_command_says_how_to_continue(scarmap, monkeypatch, tmp_path, words, place, told):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(place, _interrupt)
    ended = scarmap(*words)
    assert ended.code == 130
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_quiet_prints_errors_only_and_verbose_a_line_per_case(scarmap, emidec_phantom, tmp_path):
    silent = scarmap("quantify", emidec_phantom, "-o", tmp_path, "--quiet")
    assert (silent.code, silent.out, silent.err) == (0, "", "")
    loud = scarmap("quantify", emidec_phantom, "-o", tmp_path, "--verbose")
    assert "[4/4] measuring: Case_" in loud.err
    wrong = scarmap("quantify", tmp_path / "none", "-o", tmp_path, "--quiet")
    assert (wrong.code, wrong.out) == (2, "")
    assert "none is not a folder of masks" in wrong.err


def test_an_out_that_cannot_be_written_is_found_before_the_work_and_nothing_is_made(tmp_path):
    check_writable(tmp_path / "new" / "deep")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be a folder, as .*file is a file"):
        check_writable(tmp_path / "file" / "below")


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "--lge", "lge.nii.gz", "-o"),
        ("report", "--lge", "lge.nii.gz", "-o"),
        ("quantify", "masks", "-o"),
        ("evaluate", "masks", "truth", "-o"),
        ("train", "--data", "patients", "-o"),
        ("phantom", "--layout", "scarmap", "-o"),
        ("demo", "-o"),
        ("reproduce", "mfunet", "--data", "patients", "-o"),
        ("export", "run", "-o"),
        ("import", "export", "-o"),
    ],
)
def test_every_command_refuses_such_an_out_before_it_looks_at_anything_else(
    scarmap, tmp_path, words
):
    (tmp_path / "file").write_text("")
    ended = scarmap(*words, tmp_path / "file")
    assert ended.code == 2
    assert "cannot be a folder" in ended.err


def test_a_cohort_counts_its_cases_in_a_log_and_is_silent_when_quiet(scarmap, tmp_path):
    words = ("phantom", "--layout", "emidec", "--cases", "2", "--out")
    assert "[2/2] simulating: Case_" in scarmap(*words, tmp_path / "loud").err
    silent = scarmap(*words, tmp_path / "silent", "--quiet")
    assert (silent.code, silent.out, silent.err) == (0, "", "")
    scored = scarmap("evaluate", tmp_path / "loud", tmp_path / "silent", "-o", tmp_path / "scores")
    assert "[2/2] scoring: Case_" in scored.err


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DataError, match="you may not write"):
            check_writable(tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("scarmap train mfunet/no-m", "mfunet/no-max"),
        ("scarmap quantify --layout em", "emidec"),
        ("scarmap report --sectors an", "anatomical"),
        ("scarmap predict --align f", "full"),
        ("scarmap evaluate --convention e", "emidec_official"),
        ("scarmap reproduce c", "cascade"),
    ],
)
def test_a_shell_completes_names(typed, offered):
    asked = {"_SCARMAP_COMPLETE": "complete_bash", "COMP_WORDS": typed}
    where = str(len(typed.split()) - 1)
    shown = CliRunner().invoke(app, [], env={**asked, "COMP_CWORD": where}, prog_name="scarmap")
    assert shown.output.strip() == offered


def test_every_command_has_short_names_for_out():
    for name in (
        "demo", "phantom", "train", "predict", "evaluate", "quantify", "report", "export",
        "reproduce", "import",
    ):  # fmt: skip
        shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "120"}).output
        assert "-o" in shown, name
        assert "--quiet" in shown, name
