import numpy as np
from matplotlib.colors import same_color

from scarmap.io.illustrations import Illustration, Panel
from scarmap.report.drawing.boxes import draw_boxes, draw_run_boxes, run_colours
from scarmap.report.drawing.illustration import draw_illustration, drawn_regions


def test_undefined_cases_are_counted_but_not_drawn():
    axes = draw_boxes({"scar": [0.2, np.nan, 0.6], "mvo": [np.nan]}).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["scar\n(n = 2, 1 undefined)"]
    (points,) = axes.collections
    np.testing.assert_allclose(points.get_offsets()[:, 0], [0.2, 0.6])


def test_boxes_stand_at_the_median():
    axes = draw_boxes({"scar": [0.1, 0.4, 0.9]}).axes[0]
    assert 0.4 in [line.get_xdata()[0] for line in axes.lines]


def test_the_first_structure_stands_on_top():
    axes = draw_boxes({"scar": [0.1], "edema": [0.2]}).axes[0]
    bottom, top = axes.get_ylim()
    assert [tick.get_text()[:4] for tick in axes.get_yticklabels()] == ["scar", "edem"]
    assert top < 0 < 1 < bottom


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


def test_a_chart_of_a_structure_has_a_box_per_run():
    colours = run_colours(["one", "two"])
    assert len(set(colours.values())) == 2
    figure = draw_run_boxes(
        {"one": [0.2, np.nan], "two": [0.4, 0.6]},
        title="scar",
        colours=colours,
        label="Jaccard per case",
    )
    (axes,) = figure.axes
    assert (axes.get_title("left"), axes.get_ylabel()) == ("scar", "Jaccard per case")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["n = 1\n1 undefined", "n = 2"]
    np.testing.assert_allclose(axes.collections[1].get_offsets()[:, 1], [0.4, 0.6])
    assert [
        same_color(points.get_facecolor()[0], colours[run])
        for run, points in zip(("one", "two"), axes.collections, strict=True)
    ] == [True, True]


def test_a_run_without_a_defined_value_keeps_its_place():
    axes = draw_run_boxes(
        {"one": [0.1, 0.3], "two": [np.nan, np.nan]}, title="", colours=run_colours(["one", "two"])
    ).axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["n = 2", "n = 0\n2 undefined"]
