import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from scarmap.labels import REGIONS, TISSUES
from scarmap.report.drawing.heart import (
    brightness,
    draw_outline,
    ink,
    region_colour,
    region_title,
    regions_in_order,
    upright,
)


def test_myops_slices_are_shown_with_the_second_axis_upwards():
    array = np.zeros((3, 2), dtype=np.uint8)
    array[0, 1] = 1
    assert upright(array, "myops2020").tolist() == [[1, 0, 0], [0, 0, 0]]


def test_emidec_slices_are_shown_with_the_second_axis_downwards():
    array = np.zeros((3, 2), dtype=np.uint8)
    array[0, 1] = 1
    assert upright(array, "emidec").tolist() == [[0, 0, 0], [1, 0, 0]]


def test_every_region_has_the_colour_of_one_of_its_tissues():
    colours = {tissue.name: tissue.colour for tissue in TISSUES}
    for region, tissues in REGIONS.items():
        assert region_colour(region) in {colours[tissue] for tissue in tissues}


def test_an_unknown_structure_is_grey_and_keeps_its_name():
    assert region_colour("average_pathology") not in {tissue.colour for tissue in TISSUES}
    assert region_title("average_pathology") == "average pathology"


def test_ink_darkens_yellow_but_leaves_dark_colours():
    yellow = region_colour("scar")
    assert np.dot(to_rgb(ink(yellow)), (0.2126, 0.7152, 0.0722)) == pytest.approx(0.45, abs=0.01)
    assert ink("#202020") == "#202020"


def test_brightness_of_a_flat_image_is_a_range():
    assert brightness(np.full((4, 4), 7.0)) == (7.0, 8.0)


def test_outline_runs_halfway_between_voxel_centres_in_millimetres():
    mask = np.zeros((4, 4), dtype=bool)
    mask[:, 2:] = True
    axes = Figure().subplots()
    draw_outline(axes, mask, colour="red", extent=(0.0, 8.0, 8.0, 0.0))
    (path,) = axes.collections[0].get_paths()
    np.testing.assert_allclose(path.vertices[:, 0], 4.0)


@pytest.mark.parametrize("fill", [False, True])
def test_a_mask_without_a_border_draws_nothing(fill):
    axes = Figure().subplots()
    draw_outline(axes, np.full((4, 4), fill), colour="red", extent=(0.0, 4.0, 4.0, 0.0))
    assert len(axes.collections) == 0


def test_regions_are_sorted_as_listed_and_unknown_ones_last():
    assert regions_in_order(["average_pathology", "scar", "lv_pool"]) == [
        "lv_pool",
        "scar",
        "average_pathology",
    ]
