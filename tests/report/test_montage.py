from dataclasses import replace

import numpy as np
from matplotlib.contour import QuadContourSet

from scarmap.report.montage import draw_case, heart_window, shown_slices
from scarmap.volume import Case, Grid, LabelMap, Volume


def _case(marked, *, shape=(100, 50, 3), spacing_mm=(1.0, 2.0, 8.0)):
    grid = Grid(shape, spacing_mm, np.eye(4))
    labels = np.zeros(shape, dtype=np.uint8)
    labels[marked] = 1
    image = np.random.default_rng(0).random(shape).astype(np.float32)
    return Case("case", "myops2020", {"LGE": Volume(image, grid)}, LabelMap(labels, grid))


def test_window_is_square_in_mm_and_holds_the_heart_with_its_margin():
    window = heart_window(_case(np.s_[10:90, 20:30, 1]), None, margin_mm=10.0)
    assert window.side_mm == 100.0
    assert window.size == (100, 50)
    assert window.centre == (50.0, 25.0)


def test_window_is_never_smaller_than_60_mm():
    window = heart_window(_case(np.s_[50:52, 25:26, 1]), None)
    assert window.side_mm == 60.0
    assert window.size == (60, 30)


def test_window_holds_a_prediction_outside_the_truth():
    case = _case(np.s_[40:50, 20:25, 1])
    elsewhere = np.zeros(case.grid.shape, dtype=np.uint8)
    elsewhere[90, 20, 0] = 1
    window = heart_window(case, LabelMap(elsewhere, case.grid), margin_mm=10.0)
    assert window.side_mm == 71.0
    assert window.centre[0] == 65.5


def test_a_case_without_labels_is_shown_whole():
    window = heart_window(_case(np.s_[:0]), None)
    assert window.size == (100, 50)
    assert shown_slices(_case(np.s_[:0]), None, most=6) == [0, 1, 2]


def test_slices_without_labels_are_passed_over_and_too_many_are_thinned_evenly():
    case = _case(np.s_[10:20, 10:20, 1:10], shape=(40, 40, 12))
    assert shown_slices(case, None, most=20) == list(range(1, 10))
    assert shown_slices(case, None, most=3) == [1, 5, 9]


def test_montage_has_a_plain_row_and_one_outlined_row_per_sequence(case, prediction):
    figure = draw_case(case, prediction)
    panels = figure.axes
    assert len(panels) == 3 * 2
    outlines = [[c for c in axes.collections if isinstance(c, QuadContourSet)] for axes in panels]
    # Epicardium, endocardium, edema and scar, of the expert and predicted.
    assert [len(found) for found in outlines] == [0, 0, 8, 8, 8, 8]
    dashed = [line.get_linestyle()[0][1] is not None for line in outlines[2]]
    assert dashed == [False] * 4 + [True] * 4
    assert [axes.get_ylabel() for axes in panels[::2]] == ["LGE", "LGE", "T2"]


def test_lge_is_read_first_whatever_the_order_of_the_images(case):
    backwards = replace(case, images=dict(reversed(case.images.items())))
    assert [axes.get_ylabel() for axes in draw_case(backwards).axes[::2]] == ["LGE", "LGE", "T2"]


def test_an_unlabelled_case_is_drawn_once_per_sequence_without_a_key(case):
    figure = draw_case(replace(case, labels=None))
    assert len(figure.axes) == 2 * 2
    assert not figure.legends


def test_slices_of_a_cut_case_keep_their_numbers(case, prediction):
    titles = [axes.get_title() for axes in draw_case(case, prediction, first_slice=4).axes[:2]]
    assert titles == ["slice 5", "slice 6"]


def test_key_names_what_is_drawn(case, prediction):
    (legend,) = draw_case(case, prediction).legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["epicardium", "endocardium", "edema (scar included)", "scar", "expert", "predicted"]
