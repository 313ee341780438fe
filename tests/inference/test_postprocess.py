import numpy as np

from scarmap.inference.postprocess import (
    fill_holes_per_slice,
    largest_component,
    largest_component_per_slice,
    leave_out_small,
    leave_out_small_parts,
    slices_without_heart,
)
from scarmap.labels import INDEX
from scarmap.volume import Grid


def slice_of(*rows):
    return np.array([[mark == "#" for mark in row] for row in rows])


def test_the_largest_part_counts_diagonal_neighbours_as_connected():
    mask = slice_of("#...#", ".#..#", "..#..", ".....", "...##")
    kept = slice_of("#....", ".#...", "..#..", ".....", ".....")
    np.testing.assert_array_equal(largest_component(mask), kept)


def test_slices_are_cleaned_by_themselves():
    mask = np.stack(
        [slice_of("##.#", "...."), slice_of("...#", ".#.#"), slice_of("....", "....")], axis=2
    )
    kept = np.stack(
        [slice_of("##..", "...."), slice_of("...#", "...#"), slice_of("....", "....")], axis=2
    )
    np.testing.assert_array_equal(largest_component_per_slice(mask), kept)


def test_a_volume_has_one_largest_part():
    mask = np.zeros((4, 4, 3), dtype=bool)
    mask[0, 0] = True
    mask[2:, 3, 0] = True
    kept = largest_component(mask)
    assert kept.sum() == 3
    assert kept[0, 0].all()


def test_empty_and_single_parts_stay():
    for mask in (slice_of("...", "..."), slice_of(".#.", "##.")):
        np.testing.assert_array_equal(largest_component(mask), mask)


def test_holes_are_filled_in_each_slice_even_when_the_next_slice_opens_them():
    ring, opened = slice_of("###.", "#.#.", "###."), slice_of("##..", "#.#.", "###.")
    filled = fill_holes_per_slice(np.stack([ring, opened, np.zeros_like(ring)], axis=2))
    np.testing.assert_array_equal(filled[..., 0], slice_of("###.", "###.", "###."))
    assert filled[1, 1, 1]
    np.testing.assert_array_equal(filled[..., 2], np.zeros_like(ring))
    assert not fill_holes_per_slice(slice_of("#.#", "#.#", "###")[..., None])[0, 1, 0]


def test_slices_without_a_left_ventricle_are_told():
    labels = np.zeros((4, 4, 3), dtype=np.uint8)
    labels[1, 1, [0, 2]] = INDEX["scar"]
    labels[2, 2] = INDEX["rv_pool"]
    assert slices_without_heart(labels) == (
        "No left ventricle was found in slice 2 of 3, so it holds no pathology.",
    )
    assert slices_without_heart(labels[..., [0, 2]]) == ()


def test_small_parts_of_an_infarct_are_left_out_and_told_only_where_nothing_remains():
    grid = Grid((12, 4, 2), (5.0, 5.0, 10.0), np.eye(4))  # 0.25 ml a voxel
    labels = np.full(grid.shape, INDEX["normal_myocardium"], dtype=np.uint8)
    labels[0, 0] = INDEX["scar"]  # 0.5 ml, over two slices
    labels[5:8, 0, 0] = INDEX["mvo"]
    labels[8, 1, 1] = INDEX["scar"]  # 1 ml with what touches it
    settings = {"region": "whole_infarct", "around": "edema"}
    kept, told = leave_out_small_parts(
        labels, grid, smallest_percent=4, **settings
    )  # of a wall of 96 voxels
    assert told == ()
    assert (kept[0, 0] == INDEX["edema"]).all()
    assert np.array_equal(kept[1:], labels[1:])
    gone, told = leave_out_small_parts(labels, grid, smallest_percent=4.2, **settings)
    assert not np.isin(gone, [INDEX["scar"], INDEX["mvo"]]).any()
    assert told[0].startswith("An infarct of 1.50 ml, 6.2 % of the wall, was left out")
    assert np.array_equal(leave_out_small(labels, grid, smallest_ml=1.2, **settings)[0], labels)
