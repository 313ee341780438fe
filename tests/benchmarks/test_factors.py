"""The worth of MFU-Net's parts from all rows of Table 1: hand-worked values."""

import math

import pytest
from benchmarks.factors import COLUMNS, FACTORS, ROWS, has, line, worth

from scarmap.systems.catalogue import RECIPES


def test_the_rows_are_every_combination_of_the_parts():
    combinations = {tuple(has(row, factor) for factor in FACTORS) for row in ROWS}
    assert len(combinations) == len(ROWS) == 8
    assert [has("mfunet/max-only", factor) for factor in FACTORS] == [True, False, False]


def test_a_part_is_worth_the_mean_with_it_less_the_mean_without():
    dice = {
        "both": {"a": 0.6, "b": 0.4},
        "one": {"a": 0.5, "b": 0.4},
        "other": {"a": 0.3, "b": math.nan},
        "none": {"a": 0.2, "b": 0.1},
    }
    with_part, without = worth(dice, {"both": True, "one": True, "other": False, "none": False})
    assert with_part == pytest.approx({"a": 0.55, "b": 0.4})
    assert without["a"] == pytest.approx(0.25)
    assert math.isnan(without["b"])


def test_a_line_has_the_published_worth_beside_the_measured_one():
    measured = ({"a": 0.5, "b": 0.5}, {"a": 0.4, "b": 0.4})
    text = line("attention", "scar", measured, ({"all": 0.5}, {"all": 0.45}))
    assert text == "| attention | scar | 2 | +10.0 (+10.0 to +10.0) | +5.0 |"


def test_attention_is_worth_six_points_in_the_paper():
    published = {row: {"all": RECIPES[row].published["average_pathology"][0]} for row in ROWS}
    sides = worth(published, {row: has(row, "attention") for row in ROWS})
    assert sides[0]["all"] - sides[1]["all"] == pytest.approx(6.2, abs=0.01)
    assert set(COLUMNS) <= set(RECIPES["mfunet"].published)
