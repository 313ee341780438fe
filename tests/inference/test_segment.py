from dataclasses import replace

import numpy as np
import pytest

from scarmap.evaluation.overlap import dice
from scarmap.inference.segment import run, segment
from scarmap.labels import INDEX, MIXED, region_mask
from scarmap.volume import Case, Grid, Volume


def epicardium_dice(case, segmentation):
    return dice(
        *(
            region_mask(labels.array, "lv_epicardium")
            for labels in (segmentation.labels, case.labels)
        )
    )


def test_a_heart_in_the_centre_window_is_seen_in_one_pass_over_the_stack(heart, segmenter):
    case, (model, shows) = heart(num_slices=9), segmenter()
    found = segment(case, model)
    assert epicardium_dice(case, found) == 1
    assert shows.sizes == [8, 1]
    assert found.labels.grid is case.grid
    assert found.probabilities.shape == (3, *case.grid.shape)


@pytest.mark.parametrize("shift_share", [(1 / 3, 0), (-1 / 3, 0), (0, 1 / 3), (-1 / 3, -1 / 3)])
def test_a_heart_a_third_of_the_field_of_view_away_is_found_without_every_window(
    heart, segmenter, shift_share
):
    here = heart(num_slices=9)
    shift_mm = tuple(share * 128 * here.grid.spacing_mm[0] for share in shift_share)
    case, (model, shows) = heart(num_slices=9, shift_mm=shift_mm), segmenter()
    assert epicardium_dice(case, segment(case, model)) > 0.95
    every_window_of_every_slice = 9 * 9
    assert shows.num_slices == 9 + 9 + 9
    assert shows.num_slices < every_window_of_every_slice / 2


def test_a_heart_cut_by_the_window_is_centred(heart, segmenter):
    here = heart()
    case, (model, shows) = heart(shift_mm=(26 * here.grid.spacing_mm[0], 0)), segmenter()
    assert epicardium_dice(case, segment(case, model)) == 1
    assert shows.num_slices == 3 + 9 + 3


def test_the_heart_is_searched_for_at_a_glance(heart, segmenter):
    here = heart()
    case = heart(shift_mm=(26 * here.grid.spacing_mm[0], 0))
    (model, shows), (other, glanced) = segmenter(), segmenter()
    found = segment(case, replace(model, glance=other.probabilities))
    assert epicardium_dice(case, found) == 1
    assert (shows.num_slices, glanced.num_slices) == (3 + 3, 9)


def test_without_a_heart_three_slices_are_searched_and_nothing_is_found(heart, segmenter):
    case, (model, shows) = heart(num_slices=9), segmenter()
    empty = Case("a", "emidec", {"LGE": Volume(np.zeros(case.grid.shape, np.float32), case.grid)})
    assert not segment(empty, model).labels.array.any()
    assert shows.num_slices == 9 + 3 * 9


@pytest.mark.parametrize(
    ("num_slices", "in_plane", "size"), [(3, 80, 128), (1, 128, 64), (1, 96, 128)]
)
def test_small_images_and_single_slices_come_back_on_their_own_grid(
    heart, segmenter, num_slices, in_plane, size
):
    case, (model, shows) = heart(num_slices=num_slices, in_plane=in_plane), segmenter(size=size)
    found = segment(case, model)
    assert found.labels.array.shape == case.grid.shape == (in_plane, in_plane, num_slices)
    np.testing.assert_array_equal(found.labels.array > 0, case.labels.array > 0)
    assert shows.num_slices == num_slices


@pytest.mark.parametrize(("factor", "size"), [(0.6, 144), (1.5, 48)])
def test_images_at_another_pixel_size_are_resampled_and_return(heart, segmenter, factor, size):
    case = heart()
    model, shows = segmenter(size=size, spacing_mm=case.grid.spacing_mm[0] * factor)
    found = segment(case, model)
    assert found.labels.array.shape == case.grid.shape
    assert epicardium_dice(case, found) > 0.9
    assert shows.num_slices == 3


@pytest.mark.parametrize(
    ("spacing_mm", "working_mm", "side_mm", "is_heart"),
    [(2, 1, 16, False), (2, 1, 24, True), (1, 2, 24, True)],
)
def test_400_square_millimetres_are_a_heart_at_any_working_pixel_size(
    segmenter, spacing_mm, working_mm, side_mm, is_heart
):
    middle, half = 96 // spacing_mm, side_mm // 2 // spacing_mm
    image = np.zeros((2 * middle, 2 * middle, 2), np.float32)
    image[middle - half : middle + half, middle - half : middle + half] = 2
    grid = Grid(image.shape, (spacing_mm, spacing_mm, 8.0), np.eye(4))
    model, shows = segmenter(spacing_mm=working_mm)
    segment(Case("a", "emidec", {"LGE": Volume(image, grid)}), model)
    searched = shows.num_slices > 2
    assert searched is not is_heart


def test_a_moved_heart_is_found_at_another_pixel_size(heart, segmenter):
    spacing_mm = heart().grid.spacing_mm[0]
    case = heart(shift_mm=(-43 * spacing_mm, 30 * spacing_mm))
    model, _ = segmenter(size=96, spacing_mm=spacing_mm / 1.5)
    assert epicardium_dice(case, segment(case, model)) > 0.95


def test_pixels_within_a_tenth_of_the_working_size_are_left_as_they_are(heart, segmenter):
    case = heart()
    model, _ = segmenter(spacing_mm=case.grid.spacing_mm[0] * 1.08)
    assert epicardium_dice(case, segment(case, model)) == 1


def test_probabilities_not_labels_are_resampled(heart, segmenter):
    case = heart()
    model, _ = segmenter(size=48, spacing_mm=case.grid.spacing_mm[0] * 1.5)
    probabilities = segment(case, model).probabilities
    between = (probabilities > 0.05) & (probabilities < 0.95)
    assert between.any(axis=(1, 2, 3)).all()
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1


def test_composed_labels_follow_the_returned_probabilities(heart, segmenter):
    case, (model, _) = heart(), segmenter()
    found = segment(case, model)
    np.testing.assert_array_equal(found.labels.array, model.compose(found.probabilities))


@pytest.mark.parametrize(
    ("layout", "given"),
    [
        ("emidec", ("normal_myocardium", "scar", "mvo")),
        ("myops2020", ("edema", "scar", "scar")),
        (MIXED, ("edema", "scar", "mvo")),
    ],
)
def test_tissues_that_the_system_never_learned_get_the_label_of_its_experts(
    heart, segmenter, layout, given
):
    def every_pathology(probabilities):
        labels = np.zeros(probabilities.shape[1:], dtype=np.uint8)
        labels[0, 0] = [INDEX[tissue] for tissue in ("edema", "scar", "mvo")]
        return labels

    model, _ = segmenter()
    found = segment(heart(num_slices=3), replace(model, layout=layout, compose=every_pathology))
    assert found.labels.array[0, 0].tolist() == [INDEX[tissue] for tissue in given]


def test_a_system_without_heart_regions_uses_the_centre_window(heart, segmenter):
    case, (model, shows) = heart(), segmenter(size=16, regions=("scar", "mvo", "edema"))
    segment(case, model)
    assert shows.num_slices == 3


def test_slices_are_run_a_few_at_a_time(segmenter):
    model, shows = segmenter()
    found = run(np.ones((19, 1, 8, 8), np.float32), model.probabilities)
    assert shows.sizes == [8, 8, 3]
    assert found.shape == (19, 3, 8, 8)


def test_the_window_is_square_in_pixels_of_an_image_that_is_not(segmenter):
    image = np.zeros((40, 200, 2), np.float32)
    image[12:28, 150:170] = 2
    grid = Grid(image.shape, (2.0, 2.0, 8.0), np.eye(4))
    model, shows = segmenter()
    found = segment(Case("a", "emidec", {"LGE": Volume(image, grid)}), model)
    np.testing.assert_array_equal(found.labels.array > 0, image > 0)
    assert shows.num_slices == 2 + 6 + 2


@pytest.mark.parametrize("turned", [False, True])
def test_a_heart_at_the_border_of_a_narrow_image_is_not_searched_for(segmenter, turned):
    image = np.zeros((64, 200, 2), np.float32)
    image[:16, 92:108] = 2
    image = image.swapaxes(0, 1) if turned else image
    model, shows = segmenter()
    found = segment(
        Case("a", "emidec", {"LGE": Volume(image, Grid(image.shape, (2.0, 2.0, 8.0), np.eye(4)))}),
        model,
    )
    np.testing.assert_array_equal(found.labels.array > 0, image > 0)
    assert shows.num_slices == 2


def test_maps_are_refined_where_the_heart_is_seen_and_with_one_view(heart, segmenter):
    case, (model, _) = heart(), segmenter()
    asked = []

    def refine(maps, slices, predict):
        asked.append((maps.shape, slices.shape[0]))
        return np.zeros_like(maps) + predict(slices).max()

    one_view = replace(model, glance=lambda slices: model.probabilities(slices) * 0 + 0.25)
    found = segment(case, replace(one_view, refine=refine))
    assert asked == [((3, 3, 64, 64), 3)]
    inside = found.probabilities[found.probabilities > 0]
    np.testing.assert_allclose(inside, 0.25, rtol=1e-5)


def test_the_last_decision_knows_the_voxels_size_and_is_told_after_the_check(heart, segmenter):
    case, (model, _) = heart(), segmenter()
    seen = []

    def finish(labels, grid):
        seen.append((labels.max(), grid))
        return np.zeros_like(labels), ("All removed.",)

    found = segment(
        case, replace(model, finish=finish, check=lambda labels: (f"{labels.max()} left.",))
    )
    assert seen[0][0] > 0
    assert seen[0][1] is case.grid
    assert not found.labels.array.any()
    assert found.flags == ("0 left.", "All removed.")


def test_what_the_check_has_to_say_comes_with_the_mask(heart, segmenter):
    case, (model, _) = heart(), segmenter()
    doubt = segment(case, model).flags
    assert len(doubt) == 1
    assert "cavity is not brighter than the wall" in doubt[0]  # the fixture's pool is darker
    checked = replace(model, check=lambda labels: (f"{(labels > 0).sum()} voxels.",))
    found = segment(case, checked)
    assert found.flags == (f"{(found.labels.array > 0).sum()} voxels.", *doubt)


@pytest.mark.parametrize("spacing_mm", [(3.0, 1.0), (1.0, 3.0)])
def test_the_area_of_pixels_that_are_not_square_is_width_times_height(segmenter, spacing_mm):
    image = np.zeros((120, 80, 2), np.float32)
    image[54:66, 34:46] = 2  # 144 pixels of 3 mm2
    model, shows = segmenter()
    grid = Grid(image.shape, (*spacing_mm, 8.0), np.eye(4))
    segment(Case("a", "emidec", {"LGE": Volume(image, grid)}), model)
    assert shows.num_slices == 2
    image[54:66, 34] = 0  # 132 of them
    segment(Case("a", "emidec", {"LGE": Volume(image, grid)}), model)
    assert shows.num_slices > 4
