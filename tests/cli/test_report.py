import shutil
import sys

import pytest
import typer
from typer.testing import CliRunner

from scarmap.cli.report import report
from scarmap.io.run import RunFolder

app = typer.Typer()
app.command()(report)


def test_report_prints_where_the_page_is(tmp_path):
    RunFolder(tmp_path).write_record(
        {"recipe": {"name": "mfunet"}, "data": {}, "folds": [], "provenance": {}, "state": {}}
    )
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert result.exit_code == 0
    assert str(tmp_path / "report.html") in result.output.replace("\n", "")
    assert "mfunet" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_folder_that_is_no_run_ends_with_one_paragraph_and_code_2(tmp_path, monkeypatch, capsys):
    from scarmap.cli.main import main

    monkeypatch.setattr(sys, "argv", ["scarmap", "report", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert "is not a run folder" in message
    assert message.count("\n") == 1


def test_a_run_is_compared_with_another_one_on_the_same_patients(scarmap, myops_run, tmp_path):
    other = shutil.copytree(myops_run, tmp_path / "other")
    ended = scarmap("report", myops_run, "--against", other)
    assert ended.code == 0
    page = (myops_run / "report.html").read_text(encoding="utf-8")
    assert "Beside other runs" in page
    assert "The same slices by every run" in page


def test_a_run_on_other_labels_ends_with_one_paragraph_and_code_2(scarmap, myops_run, emidec_run):
    ended = scarmap("report", myops_run, "--against", emidec_run)
    assert ended.code == 2
    assert "Only runs on the same labels can be compared" in ended.err
    assert ended.err.count("\n") == 1
