from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.contour import QuadContourSet

from scarmap.labels import INDEX
from scarmap.report.drawing.case_by_tissue import draw_contours
from scarmap.report.drawing.heart import EXPERT
from scarmap.report.drawing.panels import sequence_behind
from scarmap.volume import Case, LabelMap


def _outlines(axes):
    found = [each for each in axes.collections if isinstance(each, QuadContourSet)]
    return [
        "expert" if same_color(each.get_edgecolor()[0], EXPERT) else "predicted" for each in found
    ]


def test_there_is_a_row_per_slice_and_a_column_per_labelled_tissue(case, prediction):
    panels = np.array(draw_contours(case, prediction).axes).reshape(2, 5)
    assert [axes.get_title() for axes in panels[0]] == [
        "LV blood pool\non LGE",
        "RV blood pool\non LGE",
        "normal myocardium\non LGE",
        "edema\non T2",
        "scar\non LGE",
    ]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["slice 2", "slice 1"]
    both = ["expert", "predicted"]
    # The phantom has no right ventricle.
    assert [_outlines(axes) for axes in panels[1]] == [both, [], both, both, both]


def test_a_tissue_that_only_the_prediction_has_is_drawn_once(case):
    labels = case.labels.array.copy()
    labels[labels == INDEX["scar"]] = INDEX["edema"]
    figure = draw_contours(case, LabelMap(labels, case.grid))
    assert _outlines(figure.axes[4]) == ["expert"]


def test_emidec_has_mvo_and_lge_behind_everything(case):
    emidec = Case("case", "emidec", {"LGE": case.images["LGE"]}, case.labels)
    titles = [axes.get_title() for axes in draw_contours(emidec, case.labels).axes[:4]]
    assert titles == [
        "LV blood pool\non LGE",
        "normal myocardium\non LGE",
        "scar\non LGE",
        "microvascular\nobstruction\non LGE",
    ]


@pytest.mark.parametrize(
    ("sequences", "expected"),
    [
        (("bSSFP", "T2", "LGE"), ("bSSFP", "T2", "LGE")),
        (("bSSFP", "T2"), ("bSSFP", "T2", "T2")),
        (("PSIR",), ("PSIR", "PSIR", "PSIR")),
    ],
)
def test_a_tissue_lies_on_the_sequence_that_shows_it_or_on_one_that_exists(
    case, sequences, expected
):
    images = dict.fromkeys(sequences, case.images["LGE"])
    assert (
        tuple(
            sequence_behind(replace(case, images=images), each)
            for each in ("lv_pool", "edema", "scar")
        )
        == expected
    )


def test_without_an_expert_the_prediction_stands_alone(case, prediction):
    figure = draw_contours(replace(case, labels=None), prediction)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["predicted"]
    assert _outlines(figure.axes[0]) == ["predicted"]
