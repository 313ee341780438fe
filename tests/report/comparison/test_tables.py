from dataclasses import replace
from math import nan

import pytest
from scipy import stats

from scarmap.io.run import RunFolder
from scarmap.io.scores import Score
from scarmap.labels import MIXED
from scarmap.report.comparison.compare import Comparison, Contender
from scarmap.report.comparison.pictures import run_box_pictures
from scarmap.report.comparison.tables import paired_table, run_tables, shared_text


def _contender(label, dice, *, structure="scar", recipe=None, settings=None):
    rows = []
    for case, value in enumerate(dice):
        rows += [
            Score(str(case), "case3d", structure, "dice", value, "ratio"),
            Score(str(case), "mfunet_slicewise", structure, "dice", value / 2, "ratio"),
            Score(str(case), "case3d", structure, "hausdorff_mm", 10 * value, "mm"),
        ]
    return Contender(
        label, RunFolder("."), {"recipe": {"name": "toy", **(recipe or {})}}, rows, settings or {}
    )


def _comparison(*contenders, left_out=()):
    cases = tuple(sorted({row.case for row in contenders[0].rows}))
    return Comparison(contenders, "myops2020", cases, left_out)


def _cells(table):
    return [[(cell.measured.text, cell.published) for cell in line.cells] for line in table.lines]


def test_published_figures_stand_beside_their_own_run_and_convention_only():
    published = {"published": {"scar": [53.0, 20.5]}, "published_convention": "mfunet_slicewise"}
    runs = (
        _contender("one", [0.4, 0.6], recipe=published, settings={"width": 16}),
        _contender("two", [0.8, 0.8]),
    )
    (table,) = run_tables(_comparison(*runs))
    assert (table.title, table.columns) == ("Dice, %", ("scar",))
    assert [(line.name, line.convention) for line in table.lines] == [
        ("one", "3D, per case"),
        ("one", "Per slice, as MFU-Net counts"),
        ("two", "3D, per case"),
        ("two", "Per slice, as MFU-Net counts"),
    ]
    assert _cells(table) == [
        [("50.0 ± 14.1", "")],
        [("25.0 ± 7.1", "53.0 ± 20.5")],
        [("80.0 ± 0.0", "")],
        [("40.0 ± 0.0", "")],
    ]
    assert [line.settings for line in table.lines[::2]] == ["width = 16", ""]


def test_a_metric_that_one_paper_published_gets_a_table_of_its_own():
    published = {"also_published": {"hausdorff_mm": {"lv_epicardium": [3.04, 0.76]}}}
    tables = run_tables(
        _comparison(_contender("one", [0.4]), _contender("two", [0.5], recipe=published))
    )
    assert [table.title for table in tables] == ["Dice, %", "Hausdorff, mm"]
    assert tables[1].columns == ("LV epicardium", "scar")
    assert _cells(tables[1]) == [[("", ""), ("4.0", "")], [("", "3.04 ± 0.76"), ("5.0", "")]]


def test_runs_on_several_data_sets_are_compared_by_what_was_scored():
    worse, better = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.3, 0.5, 0.7, 0.7, 0.9, 0.9]
    contenders = (_contender("one", worse), _contender("two", better))
    mixed = replace(_comparison(*contenders), layout=MIXED)
    assert mixed.structures == ("scar",)
    assert paired_table(mixed) == paired_table(_comparison(*contenders))
    assert [len(picture.panels) for picture in run_box_pictures(mixed)] == [1]


def test_with_five_cases_differences_are_shown_and_nothing_is_tested():
    table = paired_table(
        _comparison(_contender("one", [0.1] * 5), _contender("two", [0.2, 0.3, 0.4, 0.5, 0.6]))
    )
    assert table.columns == ("run", "structure", "cases", "Dice minus one, points")
    assert table.lines == (("two", "scar", "5", "+30.0"),)
    assert "With 5 cases a test cannot say anything" in table.explanation
    assert "is 0.0625 or more" in table.explanation


def test_six_cases_are_tested_and_corrected_over_all_lines():
    first = [0.50, 0.55, 0.60, 0.65, 0.70, 0.75, nan]
    better = [value + 0.01 * (index + 1) for index, value in enumerate(first)]
    changes = [0.01, -0.02, 0.03, -0.04, 0.05, 0.06, 0.0]
    mixed = [value + change for value, change in zip(first, changes, strict=True)]
    table = paired_table(
        _comparison(_contender("one", first), _contender("two", better), _contender("three", mixed))
    )
    p_mixed = stats.wilcoxon([1, -2, 3, -4, 5, 6]).pvalue
    two, three = table.lines
    assert two[:4] == ("two", "scar", "6", "+3.5")
    assert two[5:] == (f"{2 / 2**6:.3f}", f"{2 * 2 / 2**6:.3f}")
    assert three[5:] == (f"{p_mixed:.3f}", f"{p_mixed:.3f}")
    assert "for all 2 tests of this table" in table.explanation


def test_a_structure_that_is_undefined_in_one_run_is_not_compared():
    table = paired_table(_comparison(_contender("one", [0.5]), _contender("two", [nan])))
    assert table.lines == ()
    assert table.explanation.startswith("No structure")


def test_a_fall_has_a_minus_sign():
    table = paired_table(_comparison(_contender("one", [0.5]), _contender("two", [0.25])))
    assert table.lines[0][3] == "−25.0"


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ((), "Only cases that both runs hold count: 1 case."),
        (("a", "b"), "1 case. Left out, because not every run was scored on them (2): a, b."),
    ],
)
def test_the_cases_compared_and_left_out_are_told(left_out, expected):
    text = shared_text(
        _comparison(_contender("one", [0.5]), _contender("two", [0.5]), left_out=left_out)
    )
    assert text.endswith(expected)
