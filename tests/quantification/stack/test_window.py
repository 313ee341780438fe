import numpy as np
import pytest

from scarmap.quantification.stack.window import cropped, heart_window
from scarmap.volume import Grid, LabelMap, Volume


def _labels(*places, shape=(20, 30, 4)):
    array = np.zeros(shape, dtype=np.uint8)
    for place in places:
        array[place] = 1
    return array


@pytest.mark.parametrize(
    ("places", "window"),
    [
        ([(8, 12, 0)], (slice(5, 12), slice(9, 16))),
        ([(8, 12, 0), (10, 20, 3)], (slice(5, 14), slice(9, 24))),
        ([(4, 4, 0)], (slice(1, 8), slice(1, 8))),
        ([(0, 2, 1), (17, 27, 2)], (slice(0, 20), slice(0, 30))),
        ([(3, 3, 1), (15, 25, 2)], (slice(0, 19), slice(0, 29))),
        ([(19, 29, 3)], (slice(16, 20), slice(26, 30))),
    ],
)
def test_the_window_holds_all_labels_with_three_voxels_around_and_ends_with_the_plane(
    places, window
):
    assert heart_window(_labels(*places)) == window


def test_the_window_of_no_labels_is_the_whole_plane():
    assert heart_window(_labels()) == (slice(0, 20), slice(0, 30))


@pytest.mark.parametrize("kind", [Volume, LabelMap])
def test_what_is_cut_out_lies_where_it_lay_in_the_patient(kind, tmp_path):
    """Voxel (5, 9, 0) becomes the first: 5 and 9 steps along X and Y further on."""
    array = np.arange(20 * 30 * 4, dtype=np.uint16).reshape(20, 30, 4)
    affine = np.array(
        [[0.0, 2.0, 0.0, 10.0], [-1.0, 0.0, 3.0, 20.0], [0.5, 0.0, 6.0, 30.0], [0, 0, 0, 1.0]]
    )
    before = affine.copy()
    grid = Grid(array.shape, (1.0, 2.0, 7.0), affine, source=tmp_path)
    found = cropped(kind(array, grid), (slice(5, 12), slice(9, 17)))
    assert isinstance(found, kind)
    assert np.array_equal(found.array, array[5:12, 9:17, :])
    assert found.grid.shape == (7, 8, 4)
    assert found.grid.affine[:, 3].tolist() == [10 + 2 * 9, 20 - 5, 30 + 0.5 * 5, 1]
    assert np.array_equal(found.grid.affine[:, :3], before[:, :3])
    assert np.array_equal(affine, before)
    assert (found.grid.spacing_mm, found.grid.source) == (grid.spacing_mm, tmp_path)
