import runpy
from pathlib import Path

import pytest

from scarmap.evaluation.table import Evaluation, Row, write_evaluation
from scarmap.io.run import RunFolder

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "table_of_runs.py"))


@pytest.fixture
def run_of(tmp_path):
    """Function of a split's record and its one fold to a scored run."""

    def make(split, fold):
        run = RunFolder(tmp_path / "run")
        run.write_record(
            {
                "recipe": {"name": "tiny", "published": {"scar": [50.0, 2.0]}, "table": "1", "settings": {"width": 4}},
                "data": {"num_cases": 2},
                "split": split,
                "folds": [fold],
                "provenance": {"epochs_scale": 1.0, "hardware": "one CPU", "commit": "0123", "seed": 1},
                "state": {},
            }
        )
        rows = [Row("a", name, "scar", "dice", 0.25, "ratio") for name in ("case3d", "mfunet_slicewise")]
        write_evaluation(run.evaluation, Evaluation("emidec", tuple(rows)))
        return run

    return make


def test_measured_rows_stand_below_the_published_one(run_of):
    run = run_of({}, {"train": ["b"], "validation": ["a"]})
    lines = SCRIPT["table"]([run])
    assert [line.split("|")[2].strip() for line in lines[2:]] == [
        "published, table 1",
        "measured, mfunet_slicewise",
        "measured, case3d",
    ]
    assert "| 50.0 ± 2.0 |" in lines[2]
    assert "| 25.0 |" in lines[3]
    assert "1 of 2 cases scored (each by a fold that did not train on it)" in SCRIPT["origin"](run)[0]


def test_every_measured_row_of_a_leaking_split_says_so(run_of):
    slices = {"a_z00": ["a", 0], "a_z01": ["a", 1], "b_z00": ["b", 0]}
    run = run_of({"unit": "slice", "slices": slices}, {"train": ["a_z00", "b_z00"], "validation": ["a_z01"]})
    _, _, published, *measured = SCRIPT["table"]([run])
    assert "Leaking" not in published
    assert len(measured) == 2
    for line in measured:
        assert "**Leaking split: slices of the same patient are on both sides." in line
        assert "**Split by slice:" in line
    (origin,) = SCRIPT["origin"](run)
    assert "1 of 3 slices scored (Leaking split:" in origin
    assert "did not train on it" not in origin
