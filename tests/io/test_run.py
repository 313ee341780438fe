import json

import pytest

from scarmap.errors import RunError
from scarmap.io.run import RunFolder


def log(run, fold, stage, text):
    path = run.stage(fold, stage) / "log.csv"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_places_inside_a_run(tmp_path):
    run = RunFolder(tmp_path)
    assert run.record_file == tmp_path / "run.json"
    assert run.predictions == tmp_path / "predictions"
    assert run.evaluation == tmp_path / "evaluation"
    assert run.quantification == tmp_path / "quantification"
    assert run.report == tmp_path / "report.html"
    assert run.lock() == tmp_path / ".locks" / "run"
    assert run.lock("predict") == tmp_path / ".locks" / "predict"
    assert run.stage(3, "segment") == tmp_path / "fold_3" / "segment"
    assert run.illustrations(3) == tmp_path / "fold_3" / "illustrations"


def test_the_record_round_trips_and_its_folder_is_made(tmp_path):
    run = RunFolder(tmp_path / "new")
    record = {
        "recipe": {},
        "data": {},
        "folds": [],
        "provenance": {},
        "state": {"fold_0/segment": "done"},
    }
    run.write_record(record)
    assert run.read_record() == record


WITHOUT_STATE = {"recipe": {}, "data": {}, "folds": [], "provenance": {}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], r"run\.json holds \[\]; expected an object"),
        ({}, r"run\.json has no 'recipe'"),
        (WITHOUT_STATE, r"run\.json has no 'state'"),
        ({**WITHOUT_STATE, "state": {"fold_0": "done"}}, "expected fold_NUMBER/STEP as a key"),
    ],
)
def test_a_damaged_record_is_named(tmp_path, content, told):
    run = RunFolder(tmp_path)
    run.record_file.write_text(json.dumps(content))
    with pytest.raises(RunError, match=told):
        run.read_record()


def test_a_folder_without_a_record_is_not_a_run(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        RunFolder(tmp_path).read_record()


def test_a_broken_record_is_named(tmp_path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RunError, match=r"run\.json cannot be read as JSON"):
        RunFolder(tmp_path).read_record()


def test_logs_are_listed_by_fold_and_stage(tmp_path):
    run = RunFolder(tmp_path)
    assert run.logs() == {}
    log(run, 10, "segment", "epoch,loss\n0,1.5\n1,1.25\n")
    log(run, 2, "reconstruct", "epoch,loss,validation_dice\n0,3.0,\n")
    assert run.logs() == {
        (10, "segment"): [{"epoch": "0", "loss": "1.5"}, {"epoch": "1", "loss": "1.25"}],
        (2, "reconstruct"): [{"epoch": "0", "loss": "3.0", "validation_dice": ""}],
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("phase\n1\n", "line 2, holds None under 'epoch'; expected a number"),
        ("epoch,seconds\n0,1.5\nx,1\n", "line 3, holds 'x' under 'epoch'"),
        ("epoch,seconds\n1,-\n", "line 2, holds '-' under 'seconds'"),
        ("epoch,seconds\n1,-2\n", "line 2, holds '-2' under 'seconds'"),
        ("epoch,seconds\n1\n", "has 1 cells in line 2"),
    ],
)
def test_a_damaged_log_is_named_with_its_line(tmp_path, text, told):
    log(RunFolder(tmp_path), 0, "segment", text)
    with pytest.raises(RunError, match=rf"log\.csv,? {told}"):
        RunFolder(tmp_path).logs()
