import numpy as np
import pytest
from scipy import stats

from scarmap.errors import DataError
from scarmap.evaluation.paired import bootstrap_interval, compare, correct_together, holm


def _generator():
    return np.random.default_rng(0)


def test_five_gains_without_a_loss_have_the_exact_wilcoxon_p():
    first = dict(zip("abcde", [0.61, 0.72, 0.83, 0.94, 0.55], strict=True))
    second = dict(zip("edcba", [0.50, 0.90, 0.80, 0.70, 0.60], strict=True))
    result = compare(first, second, generator=_generator())
    assert result.num_cases == 5
    assert result.mean_difference == pytest.approx((0.01 + 0.02 + 0.03 + 0.04 + 0.05) / 5)
    assert result.p_value == pytest.approx(2 / 2**5)
    assert result.p_holm == result.p_value


def test_undefined_cases_are_left_out_and_counted():
    first = {"a": 0.9, "b": float("nan"), "c": 0.7}
    second = {"a": 0.5, "b": 0.5, "c": float("nan")}
    result = compare(first, second, generator=_generator())
    assert (result.num_cases, result.num_undefined) == (1, 2)
    assert (result.mean_difference, result.low, result.high) == pytest.approx((0.4, 0.4, 0.4))


def test_equal_methods_do_not_differ():
    scores = {"a": 0.9, "b": 0.2}
    result = compare(scores, scores, generator=_generator())
    assert (result.mean_difference, result.low, result.high, result.p_value) == (0, 0, 0, 1)


def test_swapping_the_methods_flips_the_sign_and_keeps_p():
    values = np.random.default_rng(4).random((2, 12))
    first, second = (dict(enumerate(row)) for row in values)
    there, back = (
        compare(*pair, generator=_generator()) for pair in [(first, second), (second, first)]
    )
    assert there.mean_difference == pytest.approx(-back.mean_difference)
    assert there.p_value == pytest.approx(back.p_value)


def test_the_bootstrap_interval_agrees_with_scipy():
    differences = np.random.default_rng(5).normal(0.05, 0.1, size=25)
    low, high = bootstrap_interval(differences, generator=_generator())
    oracle = stats.bootstrap(
        (differences,), np.mean, method="percentile", rng=np.random.default_rng(9)
    )
    assert (low, high) == pytest.approx(tuple(oracle.confidence_interval), abs=0.003)


class Drawn:
    """Draws samples whose means are 0, 1, 2 and so on."""

    def choice(self, values, *, size):
        return np.repeat(np.arange(size[0])[::-1, None], size[1], axis=1)


@pytest.mark.parametrize(("confidence", "ends"), [(0.95, (25, 975)), (0.9, (50, 950))])
def test_the_interval_leaves_equal_tails_of_the_means(confidence, ends):
    found = bootstrap_interval(
        np.ones(3), generator=Drawn(), num_resamples=1001, confidence=confidence
    )
    assert found == pytest.approx(ends)


def test_ten_thousand_samples_are_drawn_unless_another_number_is_asked_for():
    """Means of 0 to 9999; 2.5 % of the way from the first to the last."""
    low, high = bootstrap_interval(np.ones(3), generator=Drawn())
    assert (low, high) == pytest.approx((0.025 * 9999, 0.975 * 9999))
    result = compare({"a": 1.0}, {"a": 0.0}, generator=Drawn())
    assert (result.low, result.high) == (low, high)


def test_the_same_seed_draws_the_same_interval():
    differences = np.random.default_rng(5).normal(size=25)
    first, second, other = (
        bootstrap_interval(differences, generator=np.random.default_rng(seed), num_resamples=200)
        for seed in (1, 1, 2)
    )
    assert first == second != other


def test_a_wider_confidence_gives_a_wider_interval():
    differences = np.random.default_rng(6).normal(size=25)
    narrow = bootstrap_interval(
        differences, generator=_generator(), confidence=0.5, num_resamples=500
    )
    wide = bootstrap_interval(
        differences, generator=_generator(), confidence=0.99, num_resamples=500
    )
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_holm_multiplies_by_the_hypotheses_left_and_never_decreases():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_several_methods_are_corrected_together():
    reference = {str(case): 0.5 for case in range(6)}
    better = {case: value + 0.01 * (1 + int(case)) for case, value in reference.items()}
    worse = {case: value - 0.01 * (1 + int(case)) for case, value in reference.items()}
    results = correct_together(
        {
            name: compare(values, reference, generator=_generator())
            for name, values in (("better", better), ("worse", worse))
        }
    )
    assert results["better"].mean_difference > 0 > results["worse"].mean_difference
    assert [result.p_holm for result in results.values()] == pytest.approx([4 / 2**6, 4 / 2**6])


def test_different_cases_are_named():
    with pytest.raises(DataError, match="not scored on the same cases: b, c"):
        compare({"a": 1.0, "b": 1.0}, {"a": 1.0, "c": 1.0}, generator=_generator())


@pytest.mark.parametrize(
    ("more", "shown"), [(8, "1, 2, 3, 4, 5, 6, 7 "), (9, "1, 2, 3, 4, 5, 6, 7, ... ")]
)
def test_eight_of_the_cases_that_differ_are_named(more, shown):
    with pytest.raises(DataError, match=f": 0, {shown}occur in one only"):
        compare(
            {"a": 1.0} | dict.fromkeys(map(str, range(more)), 1.0),
            {"a": 1.0},
            generator=_generator(),
        )


def test_nothing_defined_is_an_error():
    with pytest.raises(DataError, match="None of the 1 cases"):
        compare({"a": float("nan")}, {"a": 1.0}, generator=_generator())
