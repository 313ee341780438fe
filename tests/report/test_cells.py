from math import nan

from scarmap.quantification.dictionary import FIGURES
from scarmap.quantification.result import Interval
from scarmap.report.cells import DIGITS, figure_text, interval_text, plain, with_unit


def test_every_unit_of_the_dictionary_can_be_written():
    assert {figure.unit for figure in FIGURES} <= set(DIGITS)


def test_a_small_figure_is_not_written_as_nothing():
    assert [figure_text(value, "g") for value in (0.0, 0.01, 0.06)] == ["0", "<0.1", "0.1"]


def test_a_difference_below_zero_has_a_minus_as_far_as_its_digits_show_it():
    assert [figure_text(value, "ratio") for value in (-0.001, -0.006, -3.14)] == [
        "0.00",
        "−0.01",
        "−3.14",
    ]


def test_what_rounding_errors_leave_of_nothing_is_nothing():
    assert figure_text(-1.4e-14, "g") == figure_text(3e-17, "mm") == "0"


def test_an_undefined_figure_has_no_unit():
    assert [with_unit(nan, "g"), with_unit(2.0, "g"), with_unit(0.5, "ratio")] == [
        "–",
        "2.0 g",
        "0.50",
    ]


def test_an_interval_states_what_it_covers_if_its_method_claims_any():
    assert interval_text(Interval(1.0, 2.0, 0.9, "folds"), "g") == "90 % interval 1.0 to 2.0 g"
    assert interval_text(Interval(1.0, 2.0, nan, "folds"), "g") == "1.0 to 2.0 g"
    assert interval_text(Interval(nan, nan, 0.9, "folds"), "g") == interval_text(None, "g") == ""


def test_no_setting_is_written_with_a_power_of_ten():
    assert [plain(value) for value in (1e-09, [1e-05, 3], 1e20)] == [
        "0.000000001",
        "[0.00001, 3]",
        "100000000000000000000",
    ]
