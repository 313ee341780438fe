from math import isnan, sqrt

import numpy as np
import pytest
from scipy import stats

from scarmap.errors import DataError
from scarmap.quantification.agreement import agree, concordance, icc_agreement

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
    dtype=float,
)
FIRST, SECOND = [10.0, 20.0, 30.0, 40.0, 50.0], [12.0, 19.0, 33.0, 44.0, 52.0]


def test_bland_altman_of_five_patients_worked_out_by_hand():
    """Differences 2, -1, 3, 4, 2: mean 2, squares around it sum to 14, so SD = sqrt(3.5)."""
    found = agree(FIRST, SECOND)
    sd = sqrt(3.5)
    assert (found.num_cases, found.num_undefined) == (5, 0)
    assert found.bias.value == 2.0
    assert found.difference_sd == pytest.approx(sd)
    assert (found.lower_limit.value, found.upper_limit.value) == pytest.approx(
        (2 - 1.96 * sd, 2 + 1.96 * sd)
    )
    assert found.within_subject_sd == pytest.approx(sqrt((4 + 1 + 9 + 16 + 4) / 5 / 2))
    assert found.repeatability == pytest.approx(1.96 * sqrt(34 / 5))
    assert found.mean == 31.0
    assert found.within_subject_cov_percent == pytest.approx(100 * sqrt(3.4) / 31)
    assert found.difference_cov_percent == pytest.approx(100 * sd / 31)


def test_intervals_of_bias_and_limits_agree_with_an_independent_formula():
    found = agree(FIRST, SECOND)
    differences = np.subtract(SECOND, FIRST)
    low, high = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert (found.bias.low, found.bias.high) == pytest.approx((low, high))
    wider = (found.upper_limit.high - found.upper_limit.low) / (high - low)
    assert wider == pytest.approx(sqrt(1 + 5 * 1.96**2 / (2 * 4)))


def test_differences_that_grow_with_size_are_noticed():
    first = np.linspace(10, 50, 9)
    wobble = np.tile([0.1, -0.1, 0.05], 3)
    found = agree(first, 1.2 * first + wobble)
    assert found.proportional_slope == pytest.approx(0.2 / 1.1, abs=0.01)
    assert found.proportional_p < 0.001
    assert agree(first, first + np.tile([1.0, 1.2, 0.8], 3)).proportional_p > 0.05


def test_icc_is_that_of_the_published_example_of_shrout_and_fleiss():
    found = icc_agreement(SHROUT_FLEISS)
    assert found.value == pytest.approx(0.29, abs=0.005)
    assert (found.low, found.high) == pytest.approx((0.02, 0.76), abs=0.005)


def test_icc_of_readings_without_bias_has_the_degrees_of_freedom_of_their_residuals():
    """With equal means of both readings the mean square between them is 0."""
    first, second = np.array([10.0, 20.0, 30.0, 40.0]), np.array([12.0, 18.0, 33.0, 37.0])
    rows = 2 * (((first + second) / 2 - 25) ** 2).sum() / 3
    error = ((first - second) ** 2).sum() / 2 / 3
    found = icc_agreement(np.column_stack([first, second]))
    assert found.value == pytest.approx((rows - error) / (rows + error - 2 * error / 4))
    f = stats.f.ppf(0.975, 3, 3)
    assert found.low == pytest.approx(4 * (rows - f * error) / (2 * f * error + 4 * rows))
    assert found.high == pytest.approx(4 * (f * rows - error) / (2 * error + 4 * f * rows))


def test_icc_from_mean_squares_of_two_readings():
    """Mean squares by hand: patients 5 rows, readings 2 columns."""
    ratings = np.column_stack([FIRST, SECOND])
    grand = ratings.mean()
    rows = 2 * ((ratings.mean(axis=1) - grand) ** 2).sum() / 4
    columns = 5 * ((ratings.mean(axis=0) - grand) ** 2).sum() / 1
    error = (((ratings - grand) ** 2).sum() - 4 * rows - columns) / 4
    expected = (rows - error) / (rows + error + 2 * (columns - error) / 5)
    assert agree(FIRST, SECOND).icc.value == pytest.approx(expected)
    assert expected < np.corrcoef(FIRST, SECOND)[0, 1]


def test_concordance_is_lins_formula_and_falls_with_a_shift():
    first, second = np.array(FIRST), np.array(SECOND)
    covariance = np.mean((first - first.mean()) * (second - second.mean()))
    expected = 2 * covariance / (first.var() + second.var() + (first.mean() - second.mean()) ** 2)
    found = concordance(first, second)
    assert found.value == pytest.approx(expected)
    assert found.low < found.value < found.high < 1
    assert concordance(first, second + 20).value < found.value


def test_the_interval_of_the_concordance_covers_what_resampling_scatters_over():
    generator = np.random.default_rng(3)
    truth = generator.normal(20, 8, 4000)
    first, second = truth + generator.normal(0, 2, 4000), truth + 1 + generator.normal(0, 2, 4000)
    population = concordance(first, second).value
    covered = 0
    for _ in range(200):
        drawn = generator.choice(4000, 30, replace=False)
        interval = concordance(first[drawn], second[drawn])
        covered += interval.low <= population <= interval.high
    assert 0.9 <= covered / 200 <= 0.995


def test_equal_readings_agree_perfectly():
    found = agree(FIRST, FIRST)
    assert found.icc.value == found.ccc.value == 1.0
    assert found.bias.value == found.repeatability == found.proportional_slope == 0.0


def test_undefined_readings_are_left_out_and_counted():
    found = agree([1.0, np.nan, 3.0, 4.0], [1.0, 2.0, np.nan, 5.0])
    assert (found.num_cases, found.num_undefined) == (2, 2)
    assert found.bias.value == 0.5
    assert all(
        isnan(value)
        for value in (found.bias.low, found.icc.value, found.ccc.value, found.proportional_p)
    )
    nothing = agree([np.nan], [1.0])
    assert nothing.num_cases == 0
    assert isnan(nothing.bias.value)


def test_readings_of_different_patients_are_an_error():
    with pytest.raises(DataError, match="3 patients and the other 2"):
        agree([1, 2, 3], [1, 2])


def _variance_of_transformed_concordance(first, second):
    """Delta method: the gradient over the five moments, and how these scatter.

    They scatter as in draws from a normal distribution. Scaled from n to n - 2 patients, as Lin's
    interval is.
    """
    moments = np.array(
        [
            first.mean(),
            second.mean(),
            first.var(),
            second.var(),
            np.cov(first, second, bias=True)[0, 1],
        ]
    )

    def transformed(values):
        mean_1, mean_2, variance_1, variance_2, covariance = values
        return np.arctanh(2 * covariance / (variance_1 + variance_2 + (mean_1 - mean_2) ** 2))

    steps = np.eye(5) * 1e-4
    gradient = np.array(
        [(transformed(moments + step) - transformed(moments - step)) / 2e-4 for step in steps]
    )
    one, two, both = moments[2:]
    scatter = np.zeros((5, 5))
    scatter[:2, :2] = [[one, both], [both, two]]
    scatter[2:, 2:] = [
        [2 * one**2, 2 * both**2, 2 * one * both],
        [2 * both**2, 2 * two**2, 2 * two * both],
        [2 * one * both, 2 * two * both, one * two + both**2],
    ]
    return gradient @ scatter @ gradient / (len(first) - 2)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (15.0, 1.0), (30.0, 1.4), (-40.0, 0.6)])
def test_the_interval_of_the_concordance_is_that_of_the_delta_method_for_any_shift_of_the_readings(
    shift, scale
):
    """Lin's variance, as corrected in 2000, against one that knows nothing of its three terms."""
    first, second = np.array(FIRST), scale * np.array([18.0, 11.0, 35.0, 29.0, 55.0]) + shift
    found = concordance(first, second)
    reach = stats.norm.ppf(0.975) * sqrt(_variance_of_transformed_concordance(first, second))
    assert np.arctanh(found.value) - np.arctanh(found.low) == pytest.approx(reach, rel=1e-5)
    assert np.arctanh(found.high) - np.arctanh(found.value) == pytest.approx(reach, rel=1e-5)


def test_limits_of_two_patients_are_1_96_sd_around_the_mean_and_one_patient_has_none():
    """Differences 1 and 4: mean 2.5, squares around it sum to 4.5."""
    found = agree([10.0, 20.0], [11.0, 24.0])
    assert (found.lower_limit.value, found.upper_limit.value) == pytest.approx(
        (2.5 - 1.96 * sqrt(4.5), 2.5 + 1.96 * sqrt(4.5)), abs=1e-3
    )
    assert np.isnan(agree([1.0], [2.0]).difference_sd)


def test_three_patients_are_enough_for_a_concordance_and_a_slope():
    found = agree([10.0, 20.0, 30.0], [11.0, 24.0, 31.0])
    assert 0.9 < found.ccc.value < 1
    assert np.isfinite(found.proportional_slope)


def test_readings_that_do_not_vary_together_agree_by_nothing():
    assert np.isnan(icc_agreement(np.ones((3, 2))).value)
    assert concordance(np.full(4, 2.0), np.array([1.0, 2.0, 3.0, 5.0])).value == 0.0


def test_the_interval_of_the_icc_is_that_of_mcgraw_and_wong_written_with_their_a_and_b():
    n, k = SHROUT_FLEISS.shape
    found = icc_agreement(SHROUT_FLEISS)
    total = ((SHROUT_FLEISS - SHROUT_FLEISS.mean()) ** 2).sum()
    of_rows = k * ((SHROUT_FLEISS.mean(1) - SHROUT_FLEISS.mean()) ** 2).sum()
    of_columns = n * ((SHROUT_FLEISS.mean(0) - SHROUT_FLEISS.mean()) ** 2).sum()
    rows, columns = of_rows / (n - 1), of_columns / (k - 1)
    error = (total - of_rows - of_columns) / ((n - 1) * (k - 1))
    a = k * found.value / (n * (1 - found.value))
    b = 1 + k * found.value * (n - 1) / (n * (1 - found.value))
    mixed = (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    freedom = (a * columns + b * error) ** 2 / mixed
    least, most = stats.f.ppf(0.975, n - 1, freedom), stats.f.ppf(0.975, freedom, n - 1)
    rest = k * columns + (k * n - k - n) * error
    assert found.low == pytest.approx(n * (rows - least * error) / (least * rest + n * rows))
    assert found.high == pytest.approx(n * (most * rows - error) / (rest + n * most * rows))


def test_three_patients_of_small_figures_are_enough_for_every_interval():
    first, second = np.array([0.1, 0.2, 0.4]), np.array([0.15, 0.2, 0.35])
    found = agree(first, second)
    for each in (found.icc, found.bias, found.lower_limit, found.upper_limit):
        assert each.low < each.value < each.high
    assert found.ccc.value == pytest.approx(38 / 41)


def test_readings_of_one_figure_each_agree_by_nothing_and_equal_ones_by_nothing_that_is_known():
    ones, halves, rising = np.ones(3), np.full(3, 0.5), np.array([1.0, 2.0, 3.0])
    for readings in ((ones, halves), (ones, rising), (rising, ones)):
        assert concordance(*readings).value == 0
    assert isnan(concordance(ones, ones).value)
    apart = icc_agreement(np.array([ones, halves]).T)
    assert apart.value == 0
    assert isnan(apart.low)


def test_uncorrelated_readings_have_no_interval():
    found = concordance(np.array([-1.0, 0.0, 1.0]), np.array([1.0, -2.0, 1.0]))
    assert found.value == 0
    assert isnan(found.low)


def test_rounding_is_no_disagreement():
    """A constant shift of large figures leaves residuals that are rounding alone."""
    first = 1e6 * np.array([0.1, 0.2, 0.7, 1.1])
    found = icc_agreement(np.array([first, first + 1 / 3]).T)
    assert found.value == pytest.approx(1.0)
    assert isnan(found.low)


def test_a_slope_is_told_where_figures_and_differences_spread_by_exactly_one():
    found = agree([0.0, 0.5, 0.0], [0.0, 1.5, 0.0])
    assert found.proportional_slope == pytest.approx(1.0)
    same = agree([1.0, 2.0, 4.0], [2.0, 3.0, 5.0])
    assert (same.proportional_slope, same.proportional_p) == (0.0, 1.0)
