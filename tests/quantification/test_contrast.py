"""Square hearts whose contrast can be counted on paper."""

from dataclasses import astuple

import numpy as np
import pytest
from scipy import ndimage

from scarmap.labels import INDEX
from scarmap.quantification.contrast import Contrast, contrast, has_bright_blood, looks_wrong
from scarmap.volume import Grid, LabelMap, Volume

MIDDLE = 40
GRID = Grid((2 * MIDDLE + 1, 2 * MIDDLE + 1, 1), (1.0, 1.0, 10.0), np.eye(4))


def around_middle(half):
    return (slice(MIDDLE - half, MIDDLE + half + 1),) * 2


def square_heart(radius):
    """Wall of 50 around blood of 200, and 100 around it.

    Counted over faces, what is 3 from the wall is 80, and 4 from it 120. At the right of the wall
    lies blood of 195. The window of twice the radius ends in a frame of 0; beyond it is 5000.
    """
    labels, image = np.zeros(GRID.shape[:2], np.uint8), np.full(GRID.shape[:2], 5000.0)
    image[around_middle(2 * radius)] = 0
    image[around_middle(2 * radius - 1)] = 100
    labels[around_middle(radius)] = INDEX["normal_myocardium"]
    labels[around_middle(radius - 5)] = INDEX["lv_pool"]
    away = ndimage.distance_transform_cdt(labels == 0, metric="taxicab")
    image[away == 3], image[away == 4] = 80, 120
    right = (away > 0) & (away < 5) & (np.arange(2 * MIDDLE + 1) > MIDDLE - 5)
    labels[right], image[right] = INDEX["rv_pool"], 195
    image[labels == INDEX["normal_myocardium"]], image[labels == INDEX["lv_pool"]] = 50, 200
    return labels[..., None], image[..., None]


def seen(labels, image):
    grid = Grid(labels.shape, GRID.spacing_mm, GRID.affine)
    return contrast(Volume(image.astype(np.float32), grid), LabelMap(labels, grid))


@pytest.mark.parametrize(
    ("radius", "surroundings", "frame", "window"),
    [
        # What is 3 from the wall surrounds it. 35 % of 12 are 4, and most of 3 and 4 is 120.
        (10, 80, 4 * 40, 41**2),
        (12, 120, 4 * 48, 49**2),
    ],
)
def test_contrast_is_over_the_range_of_the_window(radius, surroundings, frame, window):
    """From 0 to 200: of each more than 2 % of the window. Only the frame is darker than wall."""
    labels, image = square_heart(radius)
    found = seen(labels, image)
    assert found.cavity_over_wall == pytest.approx((200 - 50) / 200)
    assert found.surroundings_over_wall == pytest.approx((surroundings - 50) / 200)
    assert found.wall_rank == pytest.approx(frame / window)
    assert found.bright_wall == pytest.approx(frame / window - (surroundings - 50) / 200)
    assert astuple(seen(labels, 3 * image + 700)) == pytest.approx(astuple(found))


def test_a_window_is_cut_where_the_image_ends():
    """Two of its 41 rows are beyond the end, and with them one side of the frame."""
    labels, image = (each[MIDDLE - 18 :] for each in square_heart(10))
    assert seen(labels, image).wall_rank == pytest.approx((41 + 2 * 38) / (39 * 41))


def test_slices_that_show_too_little_are_left_out_of_the_median():
    labels, image = square_heart(10)
    twice = np.concatenate([labels, labels * 0, labels], axis=2)
    images = np.concatenate([image, image, image - 60 * (labels == INDEX["lv_pool"])], axis=2)
    # The second cavity is 140, and the 195 of the right ventricle bound its range.
    cavity = (150 / 200 + 90 / 195) / 2
    assert seen(twice, images).cavity_over_wall == pytest.approx(cavity)
    assert seen(labels * 0, image) is None


@pytest.mark.parametrize(("across", "is_shown"), [(9, True), (8, False)])
def test_twenty_voxels_of_cavity_without_its_border_are_enough(across, is_shown):
    """Two voxels from its border, a cavity of 8 by 9 has 4 by 5."""
    labels, image = square_heart(10)
    labels[labels == INDEX["lv_pool"]] = INDEX["normal_myocardium"]
    labels[MIDDLE - 4 : MIDDLE + 4, MIDDLE - 4 : MIDDLE - 4 + across] = INDEX["lv_pool"]
    assert (seen(labels, image) is not None) == is_shown


@pytest.mark.parametrize(("number", "is_shown"), [(20, True), (19, False)])
def test_twenty_voxels_of_normal_wall_are_enough(number, is_shown):
    labels, image = square_heart(10)
    hurt = np.flatnonzero(labels == INDEX["normal_myocardium"])[number:]
    labels.ravel()[hurt] = INDEX["scar"]
    assert (seen(labels, image) is not None) == is_shown


def test_an_even_image_and_a_heart_in_nothing_but_the_right_ventricle_s_blood_show_nothing():
    labels, image = square_heart(10)
    assert seen(labels, np.full(image.shape, 7.0)) is None
    labels[labels == INDEX["background"]] = INDEX["rv_pool"]
    assert seen(labels, image) is None


def like(cavity=0.5, surroundings=0.0, rank=0.0):
    return Contrast(cavity, surroundings, rank)


@pytest.mark.parametrize(
    ("sequence", "seen_as", "words"),
    [
        ("LGE", like(cavity=0.05), ""),
        ("LGE", like(cavity=0.049), "dark-blood T2"),
        ("bSSFP", like(cavity=0.049), "dark-blood T2"),
        ("T2", like(cavity=0.049), ""),
        ("LGE", like(surroundings=0.25, rank=1.0), ""),
        ("LGE", like(surroundings=0.24, rank=1.0), "as in bSSFP"),
        ("bSSFP", like(surroundings=0.24, rank=1.0), ""),
        ("T2", like(surroundings=0.24, rank=1.0), ""),
    ],
)
def test_what_looks_wrong_depends_on_the_sequence_and_lies_beyond_the_limit(
    sequence, seen_as, words
):
    found = looks_wrong(sequence, seen_as)
    assert words in found
    assert bool(words) == bool(found)


def test_blood_is_bright_from_twice_the_limit_of_dark_blood_on():
    assert [has_bright_blood(like(cavity=each)) for each in (0.05, 0.1, 0.101, 0.5)] == [
        False,
        False,
        True,
        True,
    ]
