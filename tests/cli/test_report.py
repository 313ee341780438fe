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
