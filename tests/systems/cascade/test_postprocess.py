import numpy as np
import pytest

from scarmap.labels import INDEX, region_mask
from scarmap.systems.cascade.postprocess import compose

MAIN = ("lv_epicardium", "whole_myocardium", "scar_and_edema", "scar")


def one_row(regions, *pixels):
    """Labels of a row of pixels, each given by its probabilities."""
    maps = np.array(pixels, dtype=np.float32).T[:, :, None, None]
    return compose(maps, regions=regions)[:, 0, 0].tolist()


def tissues(*names):
    return [INDEX[name] for name in names]


def test_from_the_outside_in():
    found = one_row(
        MAIN,
        (0.2, 0.9, 0.9, 0.9),
        (0.9, 0.1, 0.1, 0.1),
        (0.9, 0.9, 0.3, 0.2),
        (0.9, 0.9, 0.8, 0.3),
        (0.9, 0.9, 0.8, 0.5),
    )
    assert found == tissues("background", "lv_pool", "normal_myocardium", "edema", "scar")


def test_the_likelier_side_decides_and_not_one_half():
    assert one_row(MAIN, (1, 0.6, 0.35, 0.2)) == tissues("scar")
    assert one_row(MAIN, (1, 0.6, 0.25, 0.2)) == tissues("normal_myocardium")


@pytest.mark.parametrize(
    ("regions", "tissue"),
    [
        (("lv_epicardium", "whole_myocardium", "scar_and_edema"), "edema"),
        (("lv_epicardium", "whole_myocardium", "scar"), "scar"),
    ],
)
def test_side_outputs_write_their_own_pathology(regions, tissue):
    assert one_row(regions, (1, 0.9, 0.8), (1, 0.9, 0.1)) == tissues(tissue, "normal_myocardium")


def test_without_a_pathology_network_the_region_is_what_was_found():
    maps = np.random.default_rng(0).random((1, 6, 6, 2), dtype=np.float32)
    labels = compose(maps, regions=("lv_epicardium",))
    np.testing.assert_array_equal(region_mask(labels, "lv_epicardium"), maps[0] > 0.5)


def test_the_cavity_is_the_largest_part_that_is_not_wall_and_the_rest_is_wall():
    maps = np.zeros((4, 9, 9, 1), dtype=np.float32)
    maps[0, 1:8, 1:8] = 1
    maps[1, 1:8, 1:8] = 1
    maps[1, 3:6, 3:6] = 0
    maps[1, 1, 1] = 0
    labels = compose(maps, regions=MAIN)[..., 0]
    assert (labels == INDEX["lv_pool"]).sum() == 9
    assert labels[1, 1] == INDEX["normal_myocardium"]
    np.testing.assert_array_equal(region_mask(labels, "lv_epicardium"), maps[0, ..., 0] > 0.5)


def test_an_empty_slice_stays_empty():
    maps = np.ones((4, 3, 3, 2), dtype=np.float32)
    maps[0, ..., 1] = 0
    labels = compose(maps, regions=MAIN)
    assert labels[..., 0].all()
    assert not labels[..., 1].any()
