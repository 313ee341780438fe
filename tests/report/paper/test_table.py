import runpy
import sys
from pathlib import Path

import pytest

from scarmap.errors import RunError
from scarmap.evaluation.table import Evaluation, write_evaluation
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score
from scarmap.report.paper.table import (
    PaperRow,
    markdown,
    paper_table,
    published_columns,
    row_of_run,
)

BOTH = ("mfunet_slicewise", "case3d")
RECIPE = {
    "name": "tiny",
    "published": {"scar": [50.0, 2.0]},
    "table": "1",
    "settings": {"width": 4},
    "also_published": {"hausdorff_mm": {"scar": [7.0, 1.0]}},
}


@pytest.fixture
def run_of(tmp_path):
    """Function of a split's record and its one fold to a scored run."""

    def make(split, fold):
        run = RunFolder(tmp_path / "run")
        run.write_record(
            {
                "recipe": RECIPE,
                "data": {"num_cases": 2, "layout": "emidec"},
                "split": split,
                "folds": [fold],
                "provenance": {
                    "epochs_scale": 1.0,
                    "hardware": "one CPU",
                    "commit": "0123",
                    "seed": 1,
                },
                "state": {},
            }
        )
        rows = [
            Score("a", name, "scar", "dice", 0.25, "ratio")
            for name in ("case3d", "mfunet_slicewise", "slicewise")
        ]
        rows.append(Score("a", "emidec_official", "whole_infarct", "dice", 0.5, "ratio"))
        rows.append(Score("a", "case3d", "scar", "hausdorff_mm", 9.5, "mm"))
        write_evaluation(run.evaluation, Evaluation("emidec", tuple(rows)))
        return run

    return make


@pytest.fixture
def run(run_of):
    """A scored run of one patient."""
    return run_of({}, {"train": ["b"], "validation": ["a"]})


def test_measured_rows_stand_below_the_published_one(run):
    table = paper_table([row_of_run(run)], columns=["scar"], conventions=BOTH)
    assert [(line.name, line.source, line.cells) for line in table.lines] == [
        ("tiny", "published, table 1", ("50.0 ± 2.0",)),
        ("run", "measured, mfunet_slicewise", ("25.0",)),
        ("run", "measured, case3d", ("25.0",)),
    ]
    assert [line.published for line in table.lines] == [True, False, False]


def test_a_row_that_was_not_measured_shows_what_was_published(tmp_path):
    empty = RunFolder(tmp_path / "empty")
    for entry in (PaperRow(RECIPE), PaperRow(RECIPE, empty)):
        (line,) = paper_table([entry], columns=["scar"], conventions=BOTH).lines
        assert (line.source, line.cells) == ("published, table 1; not measured", ("50.0 ± 2.0",))


def test_every_measured_row_of_a_leaking_split_says_so(run_of):
    slices = {"a_z00": ["a", 0], "a_z01": ["a", 1], "b_z00": ["b", 0]}
    run = run_of(
        {"unit": "slice", "slices": slices}, {"train": ["a_z00", "b_z00"], "validation": ["a_z01"]}
    )
    _, _, published, *measured = markdown(
        paper_table([row_of_run(run)], columns=["scar"], conventions=BOTH)
    )
    assert "Leaking" not in published
    assert len(measured) == 2
    for line in measured:
        assert "**Leaking split: slices of the same patient are on both sides." in line
        assert "**Split by slice:" in line


def test_a_column_may_be_another_metric_in_its_own_unit(run):
    columns = ["scar:hausdorff_mm", "scar", "edema"]
    table = paper_table([row_of_run(run)], columns=columns, conventions=["case3d"])
    assert markdown(table) == [
        "| row | figures | scar:hausdorff_mm | scar | edema |",
        "| --- | --- | ---: | ---: | ---: |",
        "| `tiny` | published, table 1 | 7.0 ± 1.0 | 50.0 ± 2.0 |  |",
        "| `run` | measured, case3d | 9.5 | 25.0 |  |",
    ]
    assert table.titles == ("scar, Hausdorff, mm", "scar", "edema")


def test_the_columns_of_a_paper_are_what_its_rows_print_dice_first():
    other = {"published": {"edema": [1.0, 2.0]}, "also_published": {}}
    assert published_columns([PaperRow(RECIPE), PaperRow(other)]) == (
        "scar",
        "edema",
        "scar:hausdorff_mm",
    )


def test_a_convention_that_was_not_measured_is_named(run):
    with pytest.raises(
        RunError, match="was not scored under other; it has case3d, mfunet_slicewise"
    ):
        paper_table([row_of_run(run)], columns=["scar"], conventions=["other"])


def test_the_script_prints_the_table_of_any_runs_and_how_they_were_made(run, monkeypatch, capsys):
    script = Path(__file__).parents[3] / "benchmarks" / "table_of_runs.py"
    monkeypatch.setattr(sys, "argv", ["table_of_runs.py", str(run.root)])
    runpy.run_path(str(script), run_name="__main__")
    head, *_, origin = capsys.readouterr().out.splitlines()
    columns = "lv_pool | normal_myocardium | whole_myocardium | scar | whole_infarct | mvo"
    assert head == f"| row | figures | {columns} |"
    assert origin.startswith(
        "- `run`: 1 of 2 cases scored (each by a fold that did not train on it); width=4, "
    )
