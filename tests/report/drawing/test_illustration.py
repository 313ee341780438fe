import numpy as np

from scarmap.io.illustrations import Illustration, Panel
from scarmap.report.drawing.boxes import draw_boxes, draw_run_boxes
from scarmap.report.drawing.illustration import draw_illustration, drawn_regions


def test_undefined_cases_are_counted_but_not_drawn():
    axes = draw_boxes({"scar": [0.2, np.nan, 0.6], "mvo": [np.nan]}).axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["scar\n(n = 2, 1 undefined)"]
    (points,) = axes.collections
    np.testing.assert_allclose(points.get_offsets()[:, 1], [0.2, 0.6])


def test_boxes_stand_at_the_median():
    axes = draw_boxes({"scar": [0.1, 0.4, 0.9]}).axes[0]
    assert 0.4 in [line.get_ydata()[0] for line in axes.lines]


def test_illustration_rows_may_differ_in_length_and_heat_maps_are_coloured():
    image, mask = np.arange(16.0).reshape(4, 4), np.eye(4, dtype=bool)
    rows = (
        (Panel("LGE", image, {"scar": mask, "edema": ~mask & False}),),
        (Panel("a", image, heat=True),) * 3,
    )
    illustration = Illustration("name", "title", "caption", rows)
    axes = draw_illustration(illustration, "myops2020").axes
    assert [bool(a.images) for a in axes] == [True, False, False, True, True, True]
    assert [axes[i].images[0].get_cmap().name for i in (0, 3)] == ["gray", "magma"]
    assert drawn_regions(illustration) == ["scar"]


def test_there_is_a_chart_per_structure_with_a_box_per_run():
    values = {
        "scar": {"one": [0.2, np.nan], "two": [0.4, 0.6]},
        "edema": {"one": [0.1, 0.3], "two": [np.nan, np.nan]},
        "lv_pool": {"one": [np.nan], "two": [np.nan]},
    }
    figure = draw_run_boxes(values, label="Jaccard per case")
    scar, edema = figure.axes
    assert [axes.get_title("left") for axes in (scar, edema)] == ["scar", "edema"]
    assert [tick.get_text() for tick in scar.get_xticklabels()] == ["n = 1\n1 undefined", "n = 2"]
    assert [tick.get_text() for tick in edema.get_xticklabels()] == ["n = 2", "n = 0\n2 undefined"]
    np.testing.assert_allclose(scar.collections[1].get_offsets()[:, 1], [0.4, 0.6])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    colours = {tuple(points.get_facecolor()[0]) for points in scar.collections}
    assert len(colours) == 2
