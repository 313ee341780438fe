from dataclasses import replace
from math import nan

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from scarmap.quantification.agreement import agree
from scarmap.report.cohort.agreement import (
    agreement_section,
    agreement_table,
    draw_both,
    draw_differences,
)
from scarmap.report.cohort.outliers import Readings, outlying_cases

CASES = ("p1", "p2", "p3", "p4", "p5")
OTHER, OURS = (10.0, 20.0, 30.0, 40.0, nan), (12.0, 21.0, 33.0, 42.0, 5.0)


@pytest.fixture
def readings():
    return Readings("infarct_g", CASES, OTHER, OURS, agree(OTHER, OURS))


@pytest.fixture
def with_outliers():
    """Twenty cases that agree to a gram, but for one far above and one a little below."""
    other = tuple(10.0 + case for case in range(20))
    ours = [value + (-1) ** case for case, value in enumerate(other)]
    ours[4] += 40.0
    ours[11] -= 28.0
    cases = tuple(f"hospital_north_{case:02d}" for case in range(20))
    return Readings("infarct_g", cases, other, tuple(ours), agree(other, ours))


def _points(axes):
    (points,) = [each for each in axes.collections if isinstance(each, PathCollection)]
    return points.get_offsets()


def test_differences_stand_over_the_means_of_the_cases_that_both_define(readings):
    (axes,) = draw_differences(readings).axes
    np.testing.assert_allclose(_points(axes), [(11, 2), (20.5, 1), (31.5, 3), (41, 2)])
    # Bias 2; SD sqrt(2 / 3); limits 2 -+ 1.6003; and the line at 0.
    heights = sorted(line.get_ydata()[0] for line in axes.lines)
    assert heights == pytest.approx([0.0, 0.3997, 2.0, 3.6003], abs=1e-4)
    assert not list(axes.texts)


def test_cases_outside_the_limits_are_named_beside_their_points(with_outliers):
    (axes,) = draw_differences(with_outliers).axes
    named = {text.get_text(): text.xy for text in axes.texts}
    assert named == {"hospital_north_04": (34.5, 41.0), "hospital_north_11": (6.5, -29.0)}
    # In the half where there is room.
    assert [text.get_ha() for text in axes.texts] == ["right", "left"]


def test_cases_outside_the_limits_are_listed_with_their_differences(with_outliers, readings):
    second = replace(with_outliers, figure="infarct_percent_lv")
    assert outlying_cases([with_outliers, second, readings]) == [
        ("hospital_north_04", "infarct 41.0 g, infarct of LV mass 41.0 %"),
        ("hospital_north_11", "infarct −29.0 g, infarct of LV mass −29.0 %"),
    ]
    assert agreement_section([readings], other="expert").outliers == ()


def test_long_names_lose_what_they_share(with_outliers):
    longer = tuple(f"trial_of_the_{case}" for case in with_outliers.cases)
    (axes,) = draw_differences(replace(with_outliers, cases=longer)).axes
    assert [text.get_text() for text in axes.texts] == ["…04", "…11"]


def test_readings_that_differ_by_rounding_alone_lie_on_zero_of_a_plain_axis():
    other = (10.1, 20.2, 30.3)
    ours = tuple(value * 3 / 3 + 1e-15 * value for value in other)
    figure = draw_differences(Readings("infarct_g", CASES[:3], other, ours, agree(other, ours)))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert _points(axes)[:, 1].tolist() == [0.0] * 3
    assert axes.get_ylim() == (-0.1, 0.1)
    texts = [
        axes.yaxis.get_offset_text().get_text(),
        *(t.get_text() for t in axes.get_yticklabels()),
    ]
    assert not any("e" in text for text in texts)


def test_both_readings_are_joined_case_by_case(readings):
    (axes,) = draw_both(readings, other="expert").axes
    joined = [line.get_ydata().tolist() for line in axes.lines[:4]]
    assert joined == [[10, 12], [20, 21], [30, 33], [40, 42]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["expert", "this reading"]


def test_the_table_begins_with_the_bias_and_states_limits_and_correlation(readings):
    table = agreement_table([readings])
    (line,) = table.lines
    cells = {
        column.title: cell.replace("\N{NO-BREAK SPACE}", " ")
        for column, cell in zip(table.columns, line, strict=True)
    }
    assert list(cells)[:3] == ["figure", "bias", "unit"]
    # t(0.975, 3) = 3.182, times SD / 2 = 0.408
    assert cells["bias"] == "2.0 (0.7 to 3.3)"
    assert (cells["SD"], cells["limits of agreement"]) == ("0.8", "0.4 to 3.6")
    assert (cells["unit"], cells["cases"]) == ("g", "4")


def test_too_few_cases_have_a_line_but_no_picture():
    pair = ((1.0, 2.0), (1.5, 2.0))
    few = [Readings("infarct_g", CASES[:2], *pair, agree(*pair))]
    section = agreement_section(few, other="expert")
    assert section.charts == ()
    assert section.table.lines[0][-1] == "2"


def test_a_section_says_which_way_differences_are_taken(readings):
    section = agreement_section([readings], other="expert")
    assert "this reading minus expert" in section.notes[0]
    panels = [panel for chart in section.charts for panel in chart.panels]
    assert len(panels) == 2
    assert all(panel.alt and panel.address for panel in panels)
