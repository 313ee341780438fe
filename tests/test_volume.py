from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scarmap.errors import GeometryError
from scarmap.volume import (
    Case,
    Grid,
    LabelMap,
    Volume,
    check_same_grid,
    corner_distance_mm,
    crop_or_pad,
    resample_in_plane,
    take_slices,
    take_slices_of_case,
    with_labels,
)

GRID = Grid((11, 9, 3), (1.5, 1.5, 10.0), np.diag([1.5, 1.5, 10.0, 1.0]))


def _moved(*, x_mm):
    affine = GRID.affine.copy()
    affine[0, 3] += x_mm
    return replace(GRID, affine=affine)


def test_voxel_volume_is_in_millilitres():
    assert GRID.voxel_ml == pytest.approx(1.5 * 1.5 * 10 / 1000)


def test_grids_within_the_tolerance_pass():
    check_same_grid(GRID, _moved(x_mm=0.4), what="a and b")


def test_a_shifted_grid_is_refused_with_its_distance():
    with pytest.raises(GeometryError, match=r"^a and b lie on different grids: .* 7\.0 mm apart"):
        check_same_grid(GRID, _moved(x_mm=7), what="a and b")


def test_grids_of_different_size_are_refused():
    with pytest.raises(
        GeometryError, match=r"^a and b have different sizes, \(11, 9, 3\) and \(11, 9, 2\)"
    ):
        check_same_grid(GRID, replace(GRID, shape=(11, 9, 2)), what="a and b")


def test_spacing_counts_even_where_the_affine_agrees():
    # The last of three slices lies 2 * (12 - 10) mm further away.
    assert corner_distance_mm(GRID, replace(GRID, spacing_mm=(1.5, 1.5, 12.0))) == pytest.approx(4)


def test_a_rotation_is_found_at_the_far_corner():
    affine = GRID.affine.copy()
    affine[1, 0] = 0.3
    assert corner_distance_mm(GRID, replace(GRID, affine=affine)) == pytest.approx(0.3 * 10)


def test_crop_takes_the_window_around_the_centre():
    array = np.arange(11 * 9).reshape(11, 9)
    np.testing.assert_array_equal(crop_or_pad(array, centre=(5, 4), size=(4, 2)), array[3:7, 3:5])


@pytest.mark.parametrize("centre", [(5.9, 4.2), (5.1, 4.8), (0.9, 0.3), (10.8, 8.7)])
@pytest.mark.parametrize("size", [(4, 4), (5, 3)])
def test_the_middle_of_a_window_is_within_half_a_voxel_of_the_centre_asked_for(centre, size):
    places = np.stack(np.meshgrid(np.arange(11), np.arange(9), indexing="ij"), axis=-1)
    window = crop_or_pad(places, centre=centre, size=size, fill=-1)
    seen = tuple(np.argwhere(window[..., 0] >= 0)[0])
    middle = window[seen] - seen + np.array(size) / 2
    assert np.abs(middle - centre).max() <= 0.5


def test_padding_surrounds_the_array_evenly():
    window = crop_or_pad(np.ones((2, 2, 3), dtype=np.int16), centre=(1, 1), size=(6, 4), fill=-1)
    assert window.dtype == np.int16
    assert window.shape == (6, 4, 3)
    assert (window[2:4, 1:3] == 1).all()
    assert (window == -1).sum() == (6 * 4 - 4) * 3


def test_a_window_beside_the_array_is_all_fill():
    for centre in [(-20, 4), (40, 4)]:
        assert (crop_or_pad(np.ones((11, 9)), centre=centre, size=(4, 4), fill=7) == 7).all()


def test_linear_resampling_keeps_a_ramp_in_place():
    ramp = np.repeat((np.arange(10, dtype=np.float32) + 0.5)[:, None], 4, axis=1)
    doubled = resample_in_plane(ramp, shape=(20, 4))
    # Voxel centres of the finer grid lie at (i + 0.5) / 2 in units of the coarser one.
    expected = (np.arange(20) + 0.5) / 2
    np.testing.assert_allclose(doubled[1:-1, 0], expected[1:-1], rtol=1e-5)


def test_nearest_resampling_there_and_back_changes_nothing():
    labels = np.random.default_rng(1).integers(0, 6, (9, 7, 3)).astype(np.uint8)
    there = resample_in_plane(labels, shape=(27, 21), order=0)
    assert there.dtype == np.uint8
    np.testing.assert_array_equal(resample_in_plane(there, shape=(9, 7), order=0), labels)


def test_resampling_to_the_same_shape_returns_the_array():
    array = np.zeros((5, 5, 1), dtype=np.float32)
    assert resample_in_plane(array, shape=(5, 5)) is array


def test_taken_slices_stay_where_they_lie_in_the_patient():
    affine = np.array([[0, 2.0, 1, 10], [3, 0, 0, 20], [0, 0, 7, 30], [0, 0, 0, 1]])
    grid = Grid((2, 3, 4), (3.0, 2.0, 7.1), affine, Path("a.nii.gz"))
    image = Volume(np.arange(24, dtype=np.float32).reshape(2, 3, 4), grid)
    taken = take_slices(image, 1, 3)
    np.testing.assert_array_equal(taken.array, image.array[..., 1:3])
    # One step along the slice axis is the affine's third column, (1, 0, 7) mm.
    np.testing.assert_array_equal(taken.grid.affine[:3, 3], [11, 20, 37])
    np.testing.assert_array_equal(taken.grid.affine[:, :3], affine[:, :3])
    assert (taken.grid.shape, taken.grid.spacing_mm, taken.grid.source) == (
        (2, 3, 2),
        (3.0, 2.0, 7.1),
        None,
    )
    assert affine[0, 3] == 10


def test_slices_of_a_case_are_taken_of_images_and_labels_alike():
    volume = Volume(np.zeros(GRID.shape, dtype=np.float32), GRID)
    case = Case(
        "a", "emidec", {"LGE": volume}, LabelMap(np.zeros(GRID.shape, dtype=np.uint8), GRID)
    )
    taken = take_slices_of_case(case, 0, 1)
    assert taken.grid.shape == taken.labels.grid.shape == (*GRID.shape[:2], 1)
    assert take_slices_of_case(with_labels(case, None), 0, 1).labels is None


@pytest.mark.parametrize(("start", "stop"), [(0, GRID.shape[2] + 1), (-1, 1), (1, 1)])
def test_slices_that_a_stack_does_not_have_cannot_be_taken(start, stop):
    volume = Volume(np.zeros(GRID.shape, dtype=np.float32), replace(GRID, source=Path("a.nii.gz")))
    with pytest.raises(GeometryError, match=rf"a\.nii\.gz has {GRID.shape[2]} slices"):
        take_slices(volume, start, stop)


def test_a_case_has_the_grid_of_its_images_and_takes_new_labels():
    volume = Volume(np.zeros(GRID.shape, dtype=np.float32), replace(GRID, source=Path("a.nii.gz")))
    case = Case("a", "emidec", {"LGE": volume})
    labels = LabelMap(np.zeros(GRID.shape, dtype=np.uint8), case.grid)
    assert case.grid is volume.grid
    assert with_labels(case, labels).labels is labels
    assert case.labels is None
