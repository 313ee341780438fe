from dataclasses import replace

import numpy as np
from matplotlib.colors import to_rgba

from scarmap.labels import INDEX, TISSUES
from scarmap.report.drawing.side_by_side import Strip, draw_side_by_side, fills, pathology_slices
from scarmap.volume import LabelMap


def test_columns_are_image_expert_and_runs_and_only_masks_are_filled(case, prediction):
    strips = [Strip("best", case, 0, {"one": prediction, "two": case.labels})]
    figure = draw_side_by_side([*strips, replace(strips[0], label="worst", z=1)])
    panels = np.array(figure.axes).reshape(2, 4)
    assert [axes.get_title() for axes in panels[0]] == ["LGE", "expert", "one", "two"]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["best", "worst"]
    assert [len(axes.images) for axes in panels[1]] == [1, 2, 2, 2]
    expert, one, two = (np.asarray(axes.images[1].get_array()) for axes in panels[0, 1:])
    assert np.array_equal(expert, two)
    assert not np.array_equal(expert, one)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["LV blood pool", "normal myocardium", "edema", "scar"]


def test_fills_have_the_tissues_colours_on_a_clear_ground():
    filled = fills(np.array([[0, INDEX["scar"]]], dtype=np.uint8), opacity=0.5)
    assert filled[0, 0, 3] == 0
    np.testing.assert_allclose(filled[0, 1], to_rgba(TISSUES[INDEX["scar"]].colour, 0.5), rtol=1e-6)


def test_slices_with_most_pathology_are_chosen_from_the_base_and_then_those_with_most_heart(case):
    labels = np.zeros((40, 40, 4), dtype=np.uint8)
    for z, (scar, edema, pool) in enumerate([(2, 0, 9), (0, 0, 99), (1, 4, 5), (0, 9, 1)]):
        labels[:scar, 0, z] = INDEX["scar"]
        labels[:edema, 1, z] = INDEX["edema"]
        labels[:10, 2 : 2 + pool // 10, z] = INDEX["lv_pool"]
    assert pathology_slices(replace(case, labels=LabelMap(labels, case.grid))) == [2, 3]
    flipped = LabelMap(labels[..., ::-1].copy(), case.grid)
    assert pathology_slices(replace(case, labels=flipped)) == [1, 0]
    healthy = np.where(labels == INDEX["lv_pool"], labels, 0).astype(np.uint8)
    assert pathology_slices(replace(case, labels=LabelMap(healthy, case.grid))) == [1]
