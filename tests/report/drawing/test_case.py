from dataclasses import replace

from matplotlib.contour import QuadContourSet

from scarmap.report.drawing.case import draw_case


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
    assert names == [
        "epicardium",
        "endocardium",
        "edema (scar included)",
        "scar",
        "expert",
        "predicted",
    ]
