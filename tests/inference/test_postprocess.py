import numpy as np
import pytest

from scarmap.inference.postprocess import (
    _box_of,
    compose_nested,
    fill_holes_per_slice,
    keep_largest,
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


def test_the_box_of_a_mask_is_the_smallest_and_that_of_nothing_is_empty():
    mask = np.zeros((5, 6), dtype=bool)
    assert _box_of(mask) == (slice(0, 0), slice(0, 0))
    mask[1, 4] = mask[3, 2] = True
    assert _box_of(mask) == (slice(1, 4), slice(2, 5))


def test_of_parts_of_one_pixel_each_the_first_is_kept():
    mask = slice_of("..#..", ".....", "#...#")
    np.testing.assert_array_equal(largest_component(mask), slice_of("..#..", ".....", "....."))


NESTED = {"whole_myocardium": "normal_myocardium", "whole_infarct": "scar", "mvo": "mvo"}


def composed(*voxels, **keywords):
    """Tissues of voxels, each given as (lv_pool, whole_myocardium, whole_infarct, mvo)."""
    names = ("lv_pool", *NESTED)
    maps = np.array(voxels, dtype=np.float32).T.reshape(4, -1, 1, 1)
    labels = compose_nested(
        dict(zip(names, maps, strict=True)), pools=("lv_pool",), nested=NESTED, **keywords
    )
    tissue = {index: name for name, index in INDEX.items()}
    return [tissue[int(index)] for index in labels.ravel()]


def test_labels_are_decided_from_the_outside_in():
    assert composed((0.25, 0.25, 0.2, 0.2), (0.25, 0.5, 0.25, 0.25), (0.0, 0.0, 0.0, 0.0)) == [
        "background",  # a half
        "normal_myocardium",  # half of the wall is infarct, and more is needed
        "background",
    ]
    # The likelier side wins though neither has a half, even where no other voxel shows anything.
    assert composed((0.375, 0.3125, 0.3, 0.3), (0, 0, 0, 0)) == ["lv_pool", "background"]
    # No-reflow in what is more likely healthy is not seen.
    assert composed((0, 0.75, 0.5, 0.25), (0, 0.75, 0.5, 0.375), (0, 0.75, 0.25, 0.25)) == [
        "scar",
        "mvo",
        "normal_myocardium",
    ]


def test_a_share_can_be_set_for_each_inner_region():
    voxel = (0.0, 0.75, 0.25, 0.0625)
    assert composed(voxel) == ["normal_myocardium"]
    assert composed(voxel, threshold=0.3) == ["scar"]
    assert composed(voxel, threshold={"whole_infarct": 0.3, "mvo": 0.2}) == ["mvo"]


def test_only_the_largest_part_of_a_region_is_kept():
    labels = np.zeros((4, 5, 2), dtype=np.uint8)
    labels[0, 0] = INDEX["scar"]
    labels[2:, 2:] = INDEX["normal_myocardium"]
    labels[0, 4, 0] = INDEX["rv_pool"]
    expected = labels.copy()
    expected[0, 0] = INDEX["background"]
    kept = keep_largest(labels)
    np.testing.assert_array_equal(kept, expected)
    assert kept.dtype == np.uint8


def test_an_infarct_below_a_volume_is_left_out_and_told():
    labels, grid = wall_with_small_infarcts()
    for smallest_ml in (1.5, 0.1):
        kept, told = leave_out_small(labels, grid, smallest_ml=smallest_ml, **SETTINGS)
        assert (kept is labels, told) == (True, ())
    gone, told = leave_out_small(labels, grid, smallest_ml=1.75, **SETTINGS)
    assert (gone == INDEX["normal_myocardium"]).all()
    assert told == (
        "An infarct of 1.50 ml, 6.2 % of the wall, was left out, as one below 1.75 ml is taken "
        "for noise.",
    )
    assert leave_out_small(gone, grid, smallest_ml=1.75, **SETTINGS)[1] == ()
    labels[1:] = INDEX["normal_myocardium"]  # half a millilitre is left
    assert leave_out_small(labels, grid, smallest_ml=0.75, **SETTINGS)[1] != ()


def test_a_part_of_exactly_the_smallest_share_stays_and_as_much_in_smaller_parts_is_told():
    labels = np.full((10, 5, 2), INDEX["normal_myocardium"], dtype=np.uint8)
    labels[0, :4, 0] = INDEX["scar"]  # 4 of 100
    labels[4, 0] = labels[8, 0] = INDEX["scar"]  # 2 and 2
    grid = Grid(labels.shape, (5.0, 5.0, 10.0), np.eye(4))
    kept, told = leave_out_small_parts(labels, grid, smallest_percent=4, **SETTINGS)
    assert (kept[0, :4, 0] == INDEX["scar"]).all()
    assert (kept[4:] == INDEX["normal_myocardium"]).all()
    assert told == (
        "Of the infarct 1.00 ml, 4.0 % of the wall, were left out, as parts below 4 % are taken "
        "for noise.",
    )
    labels[2, :] = labels[:3, 4] = INDEX["scar"]  # now the first part is large
    kept, told = leave_out_small_parts(labels, grid, smallest_percent=4.02, **SETTINGS)
    assert told == ()
    assert not (kept[4:] == INDEX["scar"]).any()
    labels[:] = INDEX["normal_myocardium"]
    labels[0, :4, 0] = labels[3:, :, 0] = INDEX["scar"]
    kept, _ = leave_out_small_parts(labels, grid, smallest_percent=4.02, **SETTINGS)
    assert (kept[0] == INDEX["normal_myocardium"]).all()


def test_what_is_left_out_takes_the_tissue_that_it_lies_in():
    labels = np.full((7, 7, 1), INDEX["scar"], dtype=np.uint8)
    labels[3, 3] = INDEX["mvo"]
    grid = Grid(labels.shape, (5.0, 5.0, 10.0), np.eye(4))
    kept, told = leave_out_small_parts(
        labels, grid, region="mvo", around="scar", smallest_percent=5
    )
    assert (kept == INDEX["scar"]).all()
    assert told[0].startswith("No-reflow of 0.25 ml, 2.0 % of the wall, was left out")


@pytest.mark.parametrize(("edema", "becomes"), [(4, "normal_myocardium"), (5, "edema")])
def test_edema_must_be_more_than_half_of_what_touches_a_part(edema, becomes):
    labels = np.full((5, 5, 1), INDEX["normal_myocardium"], dtype=np.uint8)
    ring = [(1, 1), (1, 2), (1, 3), (2, 3), (3, 3), (3, 2), (3, 1), (2, 1)]
    for x, y in ring[:edema]:
        labels[x, y] = INDEX["edema"]
    labels[2, 2] = INDEX["scar"]
    grid = Grid(labels.shape, (5.0, 5.0, 10.0), np.eye(4))
    kept, _ = leave_out_small_parts(labels, grid, smallest_percent=50, **SETTINGS)
    assert kept[2, 2, 0] == INDEX[becomes]
