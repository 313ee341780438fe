from math import isnan

import pytest

from scarmap.errors import DataError
from scarmap.io.scores import Score, read_scores, values_by_case, write_scores


def _score(value, *, case="a", convention="case3d", metric="dice"):
    return Score(case, convention, "scar", metric, value, "ratio")


def test_an_empty_value_reads_as_undefined(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text("case,convention,structure,metric,value,unit\na,case3d,scar,dice,,ratio\n")
    assert isnan(read_scores(path)[0].value)


def test_values_by_case_picks_one_score():
    rows = [
        _score(0.5),
        _score(0.7, case="b"),
        _score(3.0, metric="assd_mm"),
        _score(0.1, convention="emidec_official"),
    ]
    assert values_by_case(rows, convention="case3d", structure="scar", metric="dice") == {
        "a": 0.5,
        "b": 0.7,
    }


@pytest.mark.parametrize(
    "text",
    [
        "one,two\n1,2\n",
        "case,convention,structure,metric,value,unit\na,case3d,scar,dice,high,ratio\n",
    ],
)
def test_a_foreign_table_is_named(tmp_path, text):
    (tmp_path / "cases.csv").write_text(text)
    with pytest.raises(DataError, match=r"cases\.csv is not a table of scores"):
        read_scores(tmp_path / "cases.csv")


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cases\.csv does not exist"):
        read_scores(tmp_path / "cases.csv")


def test_scores_are_read_as_they_were_written(tmp_path):
    scores = [_score(0.5), _score(3.25, case="b", metric="assd_mm")]
    write_scores(tmp_path / "cases.csv", scores)
    assert read_scores(tmp_path / "cases.csv") == scores


@pytest.mark.parametrize("line", ["../a,case3d,scar,dice,1,ratio", "a,case3d,scar,dice,inf,ratio"])
def test_a_case_that_is_no_name_and_an_endless_value_are_refused(tmp_path, line):
    path = tmp_path / "cases.csv"
    path.write_text(f"case,convention,structure,metric,value,unit\n{line}\n")
    with pytest.raises(DataError, match=r"cases\.csv is not a table of scores"):
        read_scores(path)
