import numpy as np
import pytest

from scarmap.inference.locate import find_heart, looks_whole, stitch


def bright(windows):
    return windows[:, 0]


def square(shape, *, at, side=12):
    image = np.zeros(shape, dtype=np.float32)
    image[..., at[0] : at[0] + side, at[1] : at[1] + side] = 1
    return image


@pytest.mark.parametrize(("pixel_mm2", "whole"), [(400 / 144, True), (399 / 144, False)])
def test_a_heart_is_whole_from_400_square_millimetres_on(pixel_mm2, whole):
    heart = square((3, 40, 40), at=(10, 10))
    assert looks_whole(heart, pixel_mm2=pixel_mm2, inner_borders=(True, True)) is whole


@pytest.mark.parametrize(
    ("at", "rows_go_on", "columns_go_on"),
    [
        ((0, 10), False, True),
        ((28, 10), False, True),
        ((10, 0), True, False),
        ((10, 28), True, False),
    ],
)
def test_a_heart_may_touch_the_border_of_the_image_but_not_that_of_the_window(
    at, rows_go_on, columns_go_on
):
    heart = square((1, 40, 40), at=at)
    assert looks_whole(heart, pixel_mm2=9, inner_borders=(rows_go_on, columns_go_on))
    assert not looks_whole(heart, pixel_mm2=9, inner_borders=(True, True))


def test_the_slice_that_shows_most_is_judged_and_specks_beside_the_heart_do_not_count():
    heart = np.concatenate(
        [square((1, 40, 40), at=(0, 0), side=5), square((1, 40, 40), at=(10, 10))]
    )
    heart[1, 0, 30] = 1
    assert looks_whole(heart, pixel_mm2=9, inner_borders=(True, True))


def test_nothing_is_not_a_heart():
    assert not looks_whole(
        np.full((2, 40, 40), 0.5, np.float32), pixel_mm2=9, inner_borders=(True, True)
    )


@pytest.mark.parametrize("shape", [(48, 48), (50, 71), (20, 90), (33, 31), (20, 25)])
def test_stitched_windows_cover_the_slice_and_lie_where_they_were_cut(shape):
    image = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    np.testing.assert_array_equal(stitch(image, bright, 32), image[0])


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((0.1, 0.2, 0.3), [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3]),
        ((0.3, 0.2, 0.1), [0.3, 0.3, 0.3, 0.3, 0.2, 0.2, 0.1, 0.1]),
        ((0.1, 0.3, 0.2), [0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.2, 0.2]),
    ],
)
def test_the_higher_probability_wins_where_windows_overlap_whichever_comes_first(levels, expected):
    calls = []

    def level(windows):
        calls.append(windows.shape)
        return np.full((1, 32, 32), levels[len(calls) - 1], np.float32)

    stitched = stitch(np.zeros((1, 32, 64), np.float32), level, 32)
    assert calls == [(1, 1, 32, 32)] * 3
    np.testing.assert_allclose(stitched[0, [0, 15, 16, 31, 32, 47, 48, 63]], expected, rtol=1e-6)


@pytest.mark.parametrize("at", [(50, 70), (0, 0), (76, 83)])
def test_the_centre_of_the_heart_is_found(at):
    images = square((3, 1, 88, 95), at=at)
    found = find_heart(images, bright, size=32, pixel_mm2=9)
    assert found == (at[0] + 6, at[1] + 6)


def test_other_slices_are_searched_only_when_the_middle_one_shows_nothing():
    images = square((8, 1, 64, 64), at=(40, 8))
    images[4] = 0
    seen = []

    def watch(windows):
        seen.append(float(windows.max()))
        return bright(windows)

    assert find_heart(images, watch, size=32, pixel_mm2=9) == (46, 14)
    assert len(seen) == 2 * 9
    assert max(seen[:9]) == 0


def test_the_largest_part_is_taken_and_a_heartless_stack_has_none():
    images = square((1, 1, 64, 64), at=(40, 8)) + square((1, 1, 64, 64), at=(4, 50), side=8)
    assert find_heart(images, bright, size=32, pixel_mm2=9) == (46, 14)
    assert find_heart(images * 0.5, bright, size=32, pixel_mm2=9) is None


@pytest.mark.parametrize("at", [(1, 1), (1, 27), (27, 1), (27, 27)])
def test_one_pixel_between_heart_and_border_is_enough(at):
    heart = square((1, 40, 40), at=at)
    assert looks_whole(heart, pixel_mm2=9, inner_borders=(True, True))


def test_the_middle_the_first_and_the_last_quarter_are_searched_in_this_order():
    searched = []

    def watch(windows):
        searched.append(round(float(windows.max()) * 100))
        return bright(windows)

    levels = np.arange(16, dtype=np.float32).reshape(16, 1, 1, 1) / 100
    images = np.broadcast_to(levels, (16, 1, 32, 32))
    assert find_heart(images, watch, size=32, pixel_mm2=9) is None
    assert searched == [8, 4, 12]


@pytest.mark.parametrize(("pixel_mm2", "found"), [(400 / 144, (26, 16)), (399 / 144, None)])
def test_a_heart_is_found_from_400_square_millimetres_on(pixel_mm2, found):
    images = square((1, 1, 40, 48), at=(20, 10))
    assert find_heart(images, bright, size=32, pixel_mm2=pixel_mm2) == found


def test_a_map_that_is_undecided_everywhere_shows_no_heart():
    assert not looks_whole(np.full((1, 40, 40), 0.5), pixel_mm2=4.0, inner_borders=(False, False))
