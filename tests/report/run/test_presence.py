from math import nan

from scarmap.io.scores import Score
from scarmap.report.run.scores import PRESENCE_COLUMNS, infarcted_table, presence_lines


def _case(name, *, dice, volume_ml, official=1.0):
    return [
        Score(name, "case3d", "scar", "dice", dice, "ratio"),
        Score(name, "case3d", "scar", "volume_ml", volume_ml, "ml"),
        Score(name, "emidec_official", "whole_infarct", "dice", official, "ratio"),
    ]


ILL = [
    *_case("a", dice=0.6, volume_ml=2.0, official=0.6),
    *_case("b", dice=0.0, volume_ml=0.0, official=0.0),
]
HEALTHY = [*_case("c", dice=nan, volume_ml=0.0), *_case("d", dice=nan, volume_ml=1.0, official=0.0)]


def test_cases_are_counted_under_their_columns():
    (line,) = presence_lines([*ILL, *HEALTHY, *_case("e", dice=nan, volume_ml=0.0)])
    assert line.title == "scar"
    assert dict(zip(PRESENCE_COLUMNS, line.cells, strict=True)) == {
        "has it, found": "1",
        "has it, missed": "1",
        "has none, none found": "2",
        "has none, invented": "1",
        "sensitivity": "50%",
        "specificity": "67%",
    }


def test_what_no_case_can_tell_is_a_dash():
    (line,) = presence_lines(ILL)
    assert line.cells[-2:] == ("50%", "–")
    assert presence_lines([]) == []


def test_the_table_over_infarcted_cases_leaves_healthy_ones_out():
    table = infarcted_table([*ILL, *HEALTHY])
    official = [each.title for each in table.conventions].index("EMIDEC challenge")
    (line,) = [line for line in table.lines if line.title == "whole infarct"]
    assert line.cells[-1].text == "30.0 ± 42.4"
    assert table.conventions[official].explanation.startswith("2 cases.")


def test_without_healthy_cases_or_without_ill_ones_there_is_no_second_table():
    assert infarcted_table(ILL) is None
    assert infarcted_table(HEALTHY) is None
