from math import isnan, nan

import pytest

from scarmap.io.scores import Score
from scarmap.report.run.ranking import rank_cases, ranked_by, reason, telling_cases


def _dice(case, value, *, structure="scar"):
    return Score(case, "case3d", structure, "dice", value, "ratio")


def _volumes(case, predicted, difference):
    return [
        Score(case, "case3d", "scar", "volume_ml", predicted, "ml"),
        Score(case, "case3d", "scar", "volume_difference_ml", difference, "ml"),
    ]


def test_cases_are_ranked_by_scar_and_undefined_ones_come_last():
    rows = [_dice("a", 0.2), _dice("b", nan), _dice("c", 0.8), _dice("c", 0.1, structure="lv_pool")]
    assert [case.name for case in rank_cases(rows)] == ["c", "a", "b"]


def test_without_any_scar_cases_are_ranked_by_their_mean():
    rows = [
        _dice("a", 0.2, structure="lv_pool"),
        _dice("a", 0.4, structure="edema"),
        _dice("b", 0.9, structure="lv_pool"),
        _dice("b", nan, structure="edema"),
    ]
    ranked = rank_cases(rows)
    assert [(case.name, case.score) for case in ranked] == [("b", 0.9), ("a", pytest.approx(0.3))]


def test_the_experts_scar_is_the_predicted_one_less_the_difference():
    (case,) = rank_cases([_dice("a", 0.2), *_volumes("a", 12.0, -3.0)])
    assert (case.scar_ml, case.true_scar_ml) == (12.0, 15.0)
    (other,) = rank_cases([_dice("a", 0.2, structure="lv_pool")])
    assert isnan(other.scar_ml)


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        ([nan], []),
        ([0.5, nan], ["Only scored case"]),
        ([0.5, 0.7], ["Best case", "Worst case"]),
        ([0.1, 0.2, 0.3, 0.4, 0.5], ["Best case", "Median case", "Worst case"]),
    ],
)
def test_each_telling_case_is_picked_once(scores, labels):
    picks = telling_cases(rank_cases([_dice(str(i), score) for i, score in enumerate(scores)]))
    assert [label for label, _ in picks] == labels
    assert len({case.name for _, case in picks}) == len(picks)
    if len(picks) == 3:
        assert [case.score for _, case in picks] == [0.5, 0.3, 0.1]


def test_the_reason_names_place_measure_score_and_unranked_cases():
    ranked = rank_cases([_dice("a", 0.2), _dice("b", nan), _dice("c", 0.8)])
    assert reason(ranked, ranked[1]) == (
        "Number 2 of 2 cases by the 3D Dice of scar: 20.0 %. 1 more cannot be ranked, their score "
        "is undefined."
    )
    without_scar = rank_cases([_dice("a", 0.5, structure="edema")])
    assert ranked_by(without_scar) == "the mean 3D Dice of all structures"
    assert reason(without_scar, without_scar[0]).endswith("of all structures: 50.0 %.")
