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


def wall_with_small_infarcts():
    """A wall of 96 voxels of 0.25 ml, with an infarct of 0.5 ml and one of 1 ml."""
    labels = np.full((12, 4, 2), INDEX["normal_myocardium"], dtype=np.uint8)
    labels[0, 0] = INDEX["scar"]
    labels[5:8, 0, 0] = INDEX["mvo"]
    labels[8, 1, 1] = INDEX["scar"]  # touches the no-reflow by a corner
    return labels, Grid(labels.shape, (5.0, 5.0, 10.0), np.eye(4))


SETTINGS = {"region": "whole_infarct", "around": "edema"}


def test_small_parts_of_an_infarct_are_left_out_and_told_where_nothing_remains():
    labels, grid = wall_with_small_infarcts()
    kept, told = leave_out_small_parts(labels, grid, smallest_percent=4, **SETTINGS)
    assert told == ()
    assert (kept[0, 0] == INDEX["normal_myocardium"]).all()
    assert np.array_equal(kept[1:], labels[1:])
    gone, told = leave_out_small_parts(labels, grid, smallest_percent=4.2, **SETTINGS)
    assert not np.isin(gone, [INDEX["scar"], INDEX["mvo"]]).any()
    assert told[0].startswith("An infarct of 1.50 ml, 6.2 % of the wall, was left out")
    assert np.array_equal(leave_out_small(labels, grid, smallest_ml=1.2, **SETTINGS)[0], labels)


def test_parts_that_are_small_each_and_large_together_are_told_though_an_infarct_remains():
    labels, grid = wall_with_small_infarcts()
    labels[2, 3, 0] = labels[4, 3, 0] = labels[10, 3, 0] = INDEX["scar"]
    kept, told = leave_out_small_parts(labels, grid, smallest_percent=4, **SETTINGS)
    assert np.count_nonzero(np.isin(kept, [INDEX["scar"], INDEX["mvo"]])) == 4
    assert told == (
        "Of the infarct 1.25 ml, 5.2 % of the wall, were left out, as parts below 4 % are taken "
        "for noise.",
    )


def test_what_is_left_out_becomes_edema_only_where_edema_was_seen_around_it():
    labels, grid = wall_with_small_infarcts()
    labels[1, :2] = labels[0, 1] = INDEX["edema"]
    cleared, _ = leave_out_small_parts(labels, grid, smallest_percent=50, **SETTINGS)
    assert (cleared[0, 0] == INDEX["edema"]).all()
    assert (cleared[5:] == INDEX["normal_myocardium"]).all()
