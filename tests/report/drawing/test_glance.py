from dataclasses import replace

import numpy as np
from matplotlib.contour import QuadContourSet

from scarmap.labels import INDEX
from scarmap.report.drawing.glance import draw_glance, glance_slice
from scarmap.volume import LabelMap


def _outlines(axes):
    return [each for each in axes.collections if isinstance(each, QuadContourSet)]


def test_a_slice_is_shown_plain_and_with_the_infarct_of_both_readers(case, prediction):
    plain, outlined = draw_glance(case, prediction, 0).axes
    assert _outlines(plain) == []
    assert len(_outlines(outlined)) == 2
    np.testing.assert_array_equal(plain.images[0].get_array(), outlined.images[0].get_array())


def test_without_an_infarct_the_borders_of_the_wall_stand_in(case):
    healthy = np.where(case.labels.array == INDEX["scar"], INDEX["edema"], case.labels.array)
    labels = LabelMap(healthy.astype(np.uint8), case.grid)
    _, outlined = draw_glance(replace(case, labels=labels), labels, 0).axes
    assert len(_outlines(outlined)) == 2 * 2


def test_the_slice_with_most_pathology_is_chosen(case):
    array = case.labels.array.copy()
    array[..., 0][array[..., 0] == INDEX["scar"]] = INDEX["normal_myocardium"]
    assert glance_slice(replace(case, labels=LabelMap(array, case.grid))) == 1
    nothing = LabelMap(np.zeros_like(array), case.grid)
    assert glance_slice(replace(case, labels=nothing)) == 1
