from math import isnan

import pytest

from scarmap.errors import DataError
from scarmap.io.scores import Score, read_scores, values_by_case


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
