from math import nan

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from scarmap.quantification.agreement import agree
from scarmap.report.cohort.agreement import (
    Readings,
    agreement_section,
    agreement_table,
    draw_bland_altman,
    draw_both,
)

OTHER, OURS = (10.0, 20.0, 30.0, 40.0, nan), (12.0, 21.0, 33.0, 42.0, 5.0)


@pytest.fixture
def readings():
    return [Readings("infarct_g", OTHER, OURS, agree(OTHER, OURS))]


def test_differences_stand_over_the_means_of_the_cases_that_both_define(readings):
    (axes,) = draw_bland_altman(readings).axes
    (points,) = [each for each in axes.collections if isinstance(each, PathCollection)]
    np.testing.assert_allclose(points.get_offsets(), [(11, 2), (20.5, 1), (31.5, 3), (41, 2)])
    # Bias 2; SD sqrt(2 / 3); limits 2 -+ 1.6003; and the line at 0.
    heights = sorted(line.get_ydata()[0] for line in axes.lines)
    assert heights == pytest.approx([0.0, 0.3997, 2.0, 3.6003], abs=1e-4)


def test_both_readings_are_joined_case_by_case(readings):
    (axes,) = draw_both(readings, other="expert").axes
    joined = [line.get_ydata().tolist() for line in axes.lines[:4]]
    assert joined == [[10, 12], [20, 21], [30, 33], [40, 42]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["expert", "this reading"]


def test_the_table_states_bias_limits_and_correlation(readings):
    (line,) = agreement_table(readings).lines
    assert line[:3] == ("infarct", "g", "4")
    assert line[3].startswith("2.0 (0.7 to 3.3)")  # t(0.975, 3) = 3.182, times SD / 2 = 0.408
    assert line[4:6] == ("0.8", "0.4 to 3.6")


def test_too_few_cases_have_a_line_but_no_picture():
    few = [Readings("infarct_g", (1.0, 2.0), (1.5, 2.0), agree((1.0, 2.0), (1.5, 2.0)))]
    section = agreement_section(few, other="expert")
    assert section.charts == ()
    assert section.table.lines[0][2] == "2"


def test_a_section_says_which_way_differences_are_taken(readings):
    section = agreement_section(readings, other="expert")
    assert "this reading minus expert" in section.notes[0]
    assert len(section.charts) == 2
    assert all(chart.alt and chart.address for chart in section.charts)
