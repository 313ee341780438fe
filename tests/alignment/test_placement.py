import numpy as np
import pytest

from scarmap.alignment.placement import find_partners, place, working_grid
from scarmap.errors import GeometryError
from scarmap.volume import Grid, Volume, corner_distance_mm


def ramp(grid):
    """An image whose values are a linear function of the place in the patient."""
    voxels = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    return Volume((at(grid, voxels) @ (1.0, 2.0, 3.0)).astype(np.float32), grid)


def at(grid, voxels):
    return voxels @ grid.affine[:3, :3].T + grid.affine[:3, 3]


def test_on_its_own_grid_an_image_comes_out_as_it_was(grid_of):
    grid = grid_of((20, 24, 3), (1.5, 1.2, 8.0))
    image = Volume(np.random.default_rng(0).random(grid.shape, dtype=np.float32), grid)
    placed = place(image, grid, find_partners(grid, grid))
    assert np.array_equal(placed.array, image.array)


@pytest.mark.parametrize("finer", [0.5, 1.0, 1.7])
def test_content_stays_at_its_place_in_the_patient(grid_of, finer):
    grid = grid_of((24, 20, 4), (1.5, 1.3, 8.0))
    other = grid_of((80, 70, 4), (1.4 * finer, 1.8 * finer, 8.0), (-18.0, -15.0, 0.5))
    placed = place(ramp(other), grid, find_partners(grid, other))
    inner = (slice(4, -4), slice(4, -4))
    across = 0.5 * grid.affine[:3, 2] / 8.0 @ (1.0, 2.0, 3.0)
    assert np.allclose(placed.array[inner], ramp(grid).array[inner] + across, atol=0.02)


def test_a_slice_takes_the_nearest_plane_within_half_a_spacing_and_none_beyond(grid_of):
    grid = grid_of((8, 8, 5), (2.0, 2.0, 8.0))
    other = grid_of((8, 8, 3), (2.0, 2.0, 16.0), (0.0, 0.0, 3.0))
    partners = find_partners(grid, other)
    assert [each and each.number for each in partners] == [0, None, 1, None, 2]
    assert all(each is None or abs(each.distance_mm - 3.0) < 1e-6 for each in partners)
    placed = place(Volume(np.ones(other.shape, dtype=np.float32), other), grid, partners)
    assert [bool(placed.array[..., z].any()) for z in range(5)] == [True, False, True, False, True]


def test_slices_stored_the_other_way_round_find_the_same_planes(grid_of):
    grid = grid_of((8, 8, 4), (2.0, 2.0, 8.0))
    affine = grid.affine.copy()
    affine[:3, 3] += 3 * affine[:3, 2]
    affine[:3, 2] *= -1
    turned = Grid(grid.shape, grid.spacing_mm, affine)
    assert [each.number for each in find_partners(grid, turned)] == [3, 2, 1, 0]


def test_a_move_shifts_the_content_along_the_axes_of_the_grid(grid_of):
    grid = grid_of((16, 16, 2), (2.0, 2.0, 8.0))
    image = Volume(np.zeros(grid.shape, dtype=np.float32), grid)
    image.array[5, 6, :] = 1
    moves = np.array([[4.0, -2.0], [0.0, 0.0]])
    placed = place(image, grid, find_partners(grid, grid), moves).array
    assert placed[7, 5, 0] == 1
    assert placed[5, 6, 1] == 1


def test_what_a_smaller_field_of_view_lacks_is_dark_and_never_zero_everywhere(grid_of):
    grid = grid_of((20, 20, 1), (2.0, 2.0, 8.0))
    small = grid_of((6, 6, 1), (2.0, 2.0, 8.0))
    image = Volume(np.full(small.shape, 5.0, dtype=np.float32), small)
    image.array[0, 0] = 3.0
    placed = place(image, grid, find_partners(grid, small)).array
    assert placed.min() == 3.0
    assert placed[3, 3, 0] == 5.0


def test_stacks_of_another_view_are_refused(grid_of):
    grid = grid_of((8, 8, 4), (2.0, 2.0, 8.0))
    tilted = grid_of((8, 8, 4), (2.0, 2.0, 8.0), turn_deg=65.0)
    with pytest.raises(GeometryError, match="tilted by 25 degrees"):
        find_partners(grid, tilted)


def test_a_header_without_orientation_is_refused(grid_of):
    lost = Grid((8, 8, 4), (2.0, 2.0, 8.0), np.diag([0.0, 0.0, 0.0, 1.0]))
    with pytest.raises(GeometryError, match="does not say where"):
        find_partners(grid_of((8, 8, 4), (2.0, 2.0, 8.0)), lost)


def test_the_working_grid_covers_the_same_field_of_view(grid_of):
    grid = grid_of((30, 20, 3), (0.7, 0.9, 8.0))
    coarse = working_grid(grid, 1.5)
    assert coarse.shape == (14, 12, 3)
    for corner in ((-0.5, -0.5, 0), (1, 1, 0)):
        first = at(grid, np.array(corner) if corner[0] < 0 else np.array((29.5, 19.5, 2)))
        second = at(coarse, np.array(corner) if corner[0] < 0 else np.array((13.5, 11.5, 2)))
        assert np.allclose(first, second)
    assert corner_distance_mm(grid, working_grid(grid, 0.7)) < 10
