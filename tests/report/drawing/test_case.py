from dataclasses import replace

import numpy as np
from matplotlib.colors import same_color
from matplotlib.contour import QuadContourSet

from scarmap.labels import INDEX
from scarmap.report.drawing.case import draw_case
from scarmap.report.drawing.heart import EXPERT, PREDICTED
from scarmap.volume import Case, LabelMap


def _outlines(axes):
    """Reader of each outline by its colour, and whether it is dashed."""
    found = [each for each in axes.collections if isinstance(each, QuadContourSet)]
    readers = {EXPERT: "expert", PREDICTED: "predicted"}
    return [
        (
            next(
                name for each, name in readers.items() if same_color(line.get_edgecolor()[0], each)
            ),
            line.get_linestyle()[0][1] is not None,
        )
        for line in found
    ]


BOTH = [("expert", False), ("predicted", True)]


def _rows(figure, columns=2):
    return np.array(figure.axes).reshape(-1, columns)


def test_a_plain_row_comes_first_and_each_sequence_outlines_what_it_shows_best(case, prediction):
    rows = _rows(draw_case(case, prediction))
    assert [row[0].get_ylabel() for row in rows] == [
        "LGE",
        "LGE\nepicardium, endocardium, scar",
        "T2\nedema (scar included)",
    ]
    assert [_outlines(row[0]) for row in rows] == [[], BOTH * 3, BOTH]


def test_with_cine_the_borders_of_the_wall_leave_lge_to_the_scar(case, prediction):
    with_cine = replace(case, images={**case.images, "bSSFP": case.images["LGE"]})
    rows = _rows(draw_case(with_cine, prediction))
    assert [row[0].get_ylabel() for row in rows] == [
        "LGE",
        "LGE\nscar",
        "T2\nedema (scar included)",
        "bSSFP\nepicardium, endocardium",
    ]


def test_a_tissue_on_one_slice_is_not_outlined_on_others(case):
    array = case.labels.array.copy()
    array[..., 0][array[..., 0] == INDEX["scar"]] = INDEX["edema"]
    rows = _rows(draw_case(replace(case, labels=LabelMap(array, case.grid))))
    # Slices run from the base, which is the last.
    assert [len(_outlines(axes)) for axes in rows[1]] == [3, 2]


def test_slices_run_from_the_base_to_the_apex(case, prediction):
    def titles(given):
        predicted = LabelMap(given.labels.array, given.grid)
        return [axes.get_title() for axes in draw_case(given, predicted).axes[:2]]

    narrow = case.labels.array.copy()
    pool = narrow[..., 0] == INDEX["lv_pool"]
    pool[16:24, 16:24] = False
    narrow[..., 0][pool] = INDEX["normal_myocardium"]
    assert titles(replace(case, labels=LabelMap(narrow, case.grid))) == ["slice 2", "slice 1"]
    flipped = LabelMap(np.ascontiguousarray(narrow[..., ::-1]), case.grid)
    assert titles(replace(case, labels=flipped)) == ["slice 1", "slice 2"]


def test_lge_is_read_first_whatever_the_order_of_the_images(case):
    backwards = replace(case, images=dict(reversed(case.images.items())))
    rows = _rows(draw_case(backwards))
    assert [row[0].get_ylabel().split("\n")[0] for row in rows] == ["LGE", "LGE", "T2"]


def test_an_unlabelled_case_is_drawn_once_per_sequence_without_a_key(case):
    figure = draw_case(replace(case, labels=None))
    assert len(figure.axes) == 2 * 2
    assert not figure.legends


def test_slices_of_a_cut_case_keep_their_numbers(case, prediction):
    titles = [axes.get_title() for axes in draw_case(case, prediction, first_slice=4).axes[:2]]
    assert titles == ["slice 6", "slice 5"]


def test_key_names_the_readers(case, prediction):
    def names(figure):
        return [text.get_text() for text in figure.legends[0].get_texts()]

    assert names(draw_case(case, prediction)) == ["expert", "predicted"]
    assert names(draw_case(case)) == ["expert"]
    emidec = Case("case", "emidec", {"LGE": case.images["LGE"]})
    assert names(draw_case(emidec, prediction)) == ["predicted"]
