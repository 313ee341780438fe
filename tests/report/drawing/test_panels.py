import numpy as np
import pytest

from scarmap.report.drawing.panels import (
    close_window,
    from_base,
    heart_window,
    outside_ml,
    sequences_in_order,
    shown_slices,
)
from scarmap.volume import Case, Grid, LabelMap, Volume


def _case(marked, *, shape=(100, 50, 3), spacing_mm=(1.0, 2.0, 8.0)):
    grid = Grid(shape, spacing_mm, np.eye(4))
    labels = np.zeros(shape, dtype=np.uint8)
    labels[marked] = 1
    image = np.random.default_rng(0).random(shape).astype(np.float32)
    return Case("case", "myops2020", {"LGE": Volume(image, grid)}, LabelMap(labels, grid))


def test_window_is_square_in_mm_and_holds_the_heart_with_its_margin():
    window = heart_window(_case(np.s_[10:90, 20:30, 1]), margin_mm=10.0)
    assert window.side_mm == 100.0
    assert window.size == (100, 50)
    assert window.centre == (50.0, 25.0)


def test_window_is_never_smaller_than_60_mm():
    window = heart_window(_case(np.s_[50:52, 25:26, 1]))
    assert window.side_mm == 60.0
    assert window.size == (60, 30)


def test_window_holds_a_prediction_outside_the_truth():
    case = _case(np.s_[40:50, 20:25, 1])
    elsewhere = np.zeros(case.grid.shape, dtype=np.uint8)
    elsewhere[90, 20, 0] = 1
    window = heart_window(case, [LabelMap(elsewhere, case.grid)], margin_mm=10.0)
    assert window.side_mm == 71.0
    assert window.centre[0] == 65.5


def test_a_case_without_labels_is_shown_whole():
    window = heart_window(_case(np.s_[:0]))
    assert window.size == (100, 50)
    assert shown_slices(_case(np.s_[:0]), most=6) == [2, 1, 0]


def test_slices_without_labels_are_passed_over_and_too_many_are_thinned_evenly():
    case = _case(np.s_[10:20, 10:20, 1:10], shape=(40, 40, 12))
    assert shown_slices(case, most=20) == list(range(9, 0, -1))
    assert shown_slices(case, most=3) == [9, 5, 1]


def test_slices_run_from_the_end_where_the_cavity_is_wide():
    narrow, wide = np.s_[10:12, 10:12, :3], np.s_[10:20, 10:20, 3:6]
    case = _case(narrow, shape=(40, 40, 6))
    array = case.labels.array.copy()
    array[wide] = 1
    assert from_base([0, 4, 5], [LabelMap(array, case.grid)]) == [5, 4, 0]
    assert from_base([0, 4, 5], [LabelMap(array[..., ::-1].copy(), case.grid)]) == [0, 4, 5]
    assert from_base([4, 0, 5], []) == [0, 4, 5]


def test_the_close_window_passes_over_a_stray_prediction_and_says_how_much_it_leaves_out():
    case = _case(np.s_[40:50, 20:25, 1])
    stray = np.zeros(case.grid.shape, dtype=np.uint8)
    stray[45, 22, 1] = stray[99, 49, 0] = stray[99, 0, 2] = 1
    prediction = LabelMap(stray, case.grid)
    window = close_window(case, [prediction])
    assert window == close_window(case)
    assert window.side_mm == 60.0
    # Two voxels of 1 x 2 x 8 mm.
    assert outside_ml(prediction, window) == pytest.approx(0.032)
    assert outside_ml(prediction, heart_window(case, [prediction])) == 0


def test_without_an_experts_heart_the_close_window_follows_the_prediction():
    unlabelled = _case(np.s_[:0])
    prediction = LabelMap(_case(np.s_[80:90, 20:25, 1]).labels.array, unlabelled.grid)
    assert close_window(unlabelled, [prediction]).centre == (85.0, 22.5)


def test_lge_comes_first_and_unknown_sequences_last():
    case = _case(np.s_[:0])
    image = case.images["LGE"]
    several = Case("case", "myops2020", dict.fromkeys(("PSIR", "bSSFP", "LGE"), image))
    assert sequences_in_order(several) == ["LGE", "bSSFP", "PSIR"]
