import shutil
from pathlib import Path

import pytest

from scarmap.errors import RunError
from scarmap.evaluation.table import Evaluation, write_evaluation
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score
from scarmap.labels import MIXED
from scarmap.report.comparison.compare import compare_runs, labels


def _run(
    root,
    cases,
    *,
    truth_ml=10.0,
    layout="myops2020",
    function="a:b",
    seed=1,
    epochs_scale=1.0,
    **settings,
):
    run = RunFolder(root)
    run.write_record(
        {
            "recipe": {"name": "toy", "function": function, "settings": settings},
            "data": {"layout": layout},
            "folds": [],
            "provenance": {"seed": seed, "epochs_scale": epochs_scale},
            "state": {},
        }
    )
    rows = [
        row
        for case in cases
        for row in (
            Score(case, "case3d", "scar", "dice", 0.5, "ratio"),
            Score(case, "case3d", "scar", "volume_ml", 12.0, "ml"),
            Score(case, "case3d", "scar", "volume_difference_ml", 12.0 - truth_ml, "ml"),
        )
    ]
    write_evaluation(run.evaluation, Evaluation(layout, tuple(rows)))
    return run


def test_only_cases_that_all_runs_hold_are_compared(tmp_path):
    runs = [
        _run(tmp_path / "one", "abcd"),
        _run(tmp_path / "two", "bcde"),
        _run(tmp_path / "three", "cb"),
    ]
    comparison = compare_runs(runs)
    assert comparison.cases == ("b", "c")
    assert comparison.left_out == ("a", "d", "e")
    assert [{row.case for row in each.rows} for each in comparison.contenders] == [{"b", "c"}] * 3
    assert [each.label for each in comparison.contenders] == ["one", "two", "three"]


def test_settings_are_told_where_runs_of_one_system_differ(tmp_path):
    runs = [
        _run(tmp_path / "one", "a", width=16, fusion="max"),
        _run(tmp_path / "two", "a", width=32, fusion="max", seed=2, epochs_scale=0.5),
        _run(tmp_path / "other", "a", function="c:d", depth=3),
    ]
    assert [each.settings for each in compare_runs(runs).contenders] == [
        {"width": 16, "epochs_scale": 1.0, "seed": 1},
        {"width": 32, "epochs_scale": 0.5, "seed": 2},
        {},
    ]


def test_labels_grow_until_they_are_unique():
    assert labels([Path("/x/a/run"), Path("/y/a/run"), Path("/y/b/run"), Path("/y/else")]) == [
        "x/a/run",
        "y/a/run",
        "b/run",
        "else",
    ]


def test_runs_without_a_shared_case_are_refused_with_their_cases(tmp_path):
    runs = [_run(tmp_path / "one", "abcdef"), _run(tmp_path / "two", "xy")]
    with pytest.raises(
        RunError, match=r"in all runs: .*one on a, b, c, d and 2 more; .*two on x, y"
    ):
        compare_runs(runs)


@pytest.mark.parametrize("layout", ["myops2020", MIXED])
def test_a_case_of_the_same_name_with_another_truth_is_refused(tmp_path, layout):
    runs = [
        _run(tmp_path / "one", "ab", layout=layout),
        _run(tmp_path / "two", "ab", layout=layout, truth_ml=11.0),
    ]
    with pytest.raises(
        RunError, match=r"Case a is not the same in both runs: the expert's scar holds 10\.00 ml"
    ):
        compare_runs(runs)


def test_a_run_on_other_labels_is_refused(tmp_path):
    with pytest.raises(RunError, match="labels of emidec"):
        compare_runs([_run(tmp_path / "one", "a"), _run(tmp_path / "two", "a", layout="emidec")])


def test_a_run_that_was_not_scored_is_named(tmp_path):
    runs = [_run(tmp_path / "one", "a"), _run(tmp_path / "two", "a")]
    shutil.rmtree(runs[1].evaluation)
    with pytest.raises(RunError, match="two has not been scored"):
        compare_runs(runs)


def test_a_run_cannot_be_compared_with_itself(tmp_path):
    run = _run(tmp_path / "one", "a")
    with pytest.raises(RunError, match="given twice"):
        compare_runs([run, RunFolder(tmp_path / "x" / ".." / "one")])
