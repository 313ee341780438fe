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
            "scarmap evaluate 'a b' truth --out scores\n",
        ),
        (
            ("train", "--data", "d", "--out", "run"),
            "scarmap.training.run.train.train",
            "scarmap train --data d --out run --resume\n",
        ),
    ],
)
def test_a_stopped_command_says_how_to_continue(scarmap, monkeypatch, tmp_path, words, place, told):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(place, _interrupt)
    ended = scarmap(*words)
    assert ended.code == 130
    assert "stopped. What was finished is kept. To continue: " + told in ended.err
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


def test_a_shell_completes_the_names_of_recipes():
    asked = {"_SCARMAP_COMPLETE": "complete_bash", "COMP_WORDS": "scarmap train mfunet/no-m"}
    shown = CliRunner().invoke(app, [], env={**asked, "COMP_CWORD": "2"}, prog_name="scarmap")
    assert shown.output.strip() == "mfunet/no-max"


def test_every_command_has_short_names_for_out():
    for name in ("predict", "train", "report", "quantify", "evaluate", "reproduce"):
        shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "120"}).output
        assert "-o" in shown, name
        assert "--quiet" in shown, name
