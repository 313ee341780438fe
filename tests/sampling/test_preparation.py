import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.labels import INDEX
from scarmap.sampling.preparation import (
    Preparation,
    WayBack,
    check_nothing_lost,
    heart_centre,
    prepare,
    restore,
    whole_slices,
    working_shape,
)
from scarmap.volume import Case, Grid, LabelMap, Volume, resample_in_plane


def unchanged(volume, sequence):
    return volume


def preparation(size=32, **keywords):
    return Preparation(("LGE",), size, unchanged, **keywords)


def grid(shape, spacing_mm=(1.0, 1.0, 8.0)):
    return Grid(shape, spacing_mm, np.diag([*spacing_mm, 1.0]))


def case_of(array, *, labels=None, spacing_mm=(1.0, 1.0, 8.0)):
    place = grid(array.shape, spacing_mm)
    truth = None if labels is None else LabelMap(labels, place)
    return Case("a", "emidec", {"LGE": Volume(array.astype(np.float32), place)}, truth)


def noise(shape):
    return np.random.default_rng(0).normal(5, 1, shape).astype(np.float32)


def square(shape, *, at, side=6):
    labels = np.zeros(shape, dtype=np.uint8)
    labels[at[0] : at[0] + side, at[1] : at[1] + side] = INDEX["scar"]
    return labels


def test_rows_are_y_and_channels_follow_the_order_of_the_sequences():
    place = grid((32, 32, 2))
    images = {
        name: Volume(np.zeros(place.shape, np.float32), place) for name in ("bSSFP", "LGE", "T2")
    }
    images["T2"].array[3, 20, 1] = 7
    slices = prepare(
        Case("a", "myops2020", images), Preparation(("LGE", "T2", "bSSFP"), 32, unchanged)
    )
    assert slices.images.shape == (2, 3, 32, 32)
    assert np.argwhere(slices.images).tolist() == [[1, 1, 20, 3]]


def test_each_volume_is_normalised_by_its_own_sequence_before_the_window_is_cut():
    seen = []

    def record(volume, sequence):
        seen.append((volume.shape, sequence))
        return volume * 2

    slices = prepare(case_of(np.ones((40, 50, 3))), Preparation(("LGE",), 16, record))
    assert seen == [((40, 50, 3), "LGE")]
    assert np.unique(slices.images).tolist() == [2]


@pytest.mark.parametrize("shape", [(40, 50, 3), (41, 47, 2), (32, 32, 1)])
def test_a_window_goes_back_exactly_where_it_was_cut(shape):
    image = noise(shape)
    slices = prepare(case_of(image), preparation())
    back = restore(slices.images, slices.way_back)
    assert back.shape == (1, *shape)
    kept = back[0] > 0
    np.testing.assert_array_equal(back[0][kept], image[kept])
    for axis, side in enumerate(shape[:2]):
        inside = np.flatnonzero(kept.any(axis=tuple({0, 1, 2} - {axis})))
        assert len(inside) == 32
        assert abs(inside.mean() - (side - 1) / 2) <= 0.5
    assert kept.sum() == 32 * 32 * shape[2]


@pytest.mark.parametrize("shape", [(20, 24, 3), (20, 31, 1), (17, 48, 2)])
def test_an_image_smaller_than_the_window_is_filled_with_its_minimum_and_goes_back_whole(shape):
    image = noise(shape)
    slices = prepare(case_of(image), preparation(size=48))
    assert slices.images.shape == (shape[2], 1, 48, 48)
    assert slices.images[0, 0, 0, 0] == image.min()
    np.testing.assert_array_equal(restore(slices.images, slices.way_back)[0], image)


def test_the_centre_share_moves_the_window_and_its_way_back():
    image = noise((100, 80, 2))
    slices = prepare(case_of(image), preparation(), centre_share=(0.2, 0.75))
    np.testing.assert_array_equal(slices.images[1, 0], image[4:36, 44:76, 1].T)
    back = restore(slices.images, slices.way_back)[0]
    np.testing.assert_array_equal(back[4:36, 44:76], image[4:36, 44:76])
    assert np.count_nonzero(back) == 32 * 32 * 2


def test_a_margin_adds_pixels_around_the_same_centre():
    case = case_of(noise((60, 70, 2)), labels=square((60, 70, 2), at=(30, 30)))
    narrow, wide = prepare(case, preparation()), prepare(case, preparation(), margin=5)
    assert wide.images.shape[-2:] == wide.labels.shape[-2:] == (42, 42)
    np.testing.assert_array_equal(wide.images[..., 5:-5, 5:-5], narrow.images)
    np.testing.assert_array_equal(wide.labels[..., 5:-5, 5:-5], narrow.labels)


@pytest.mark.parametrize(
    ("spacing_mm", "wanted", "expected"),
    [
        ((1.09, 0.91, 8.0), 1.0, (40, 50)),
        ((1.12, 1.12, 8.0), 1.0, (45, 56)),
        ((1.0, 1.2, 8.0), 1.0, (40, 60)),
        ((0.8, 0.8, 8.0), 1.6, (20, 25)),
        ((3.0, 3.0, 8.0), None, (40, 50)),
    ],
)
def test_images_are_resampled_only_when_their_pixels_differ_by_more_than_a_tenth(
    spacing_mm, wanted, expected
):
    assert working_shape(grid((40, 50, 3), spacing_mm), preparation(spacing_mm=wanted)) == expected


def test_resampled_labels_hold_only_labels_of_the_truth_and_lie_on_the_image():
    labels = square((40, 40, 1), at=(12, 20), side=10)
    slices = prepare(
        case_of(labels * 10.0, labels=labels, spacing_mm=(1.5, 1.5, 8)),
        preparation(64, spacing_mm=1.0),
    )
    assert set(np.unique(slices.labels).tolist()) == {0, INDEX["scar"]}
    bright = slices.images[:, 0] > 5 * INDEX["scar"]
    assert (bright != (slices.labels > 0)).sum() <= 4 * 15
    assert np.count_nonzero(slices.labels) == pytest.approx(15 * 15, rel=0.1)


@pytest.mark.parametrize("wanted", [0.7, 1.4])
def test_restoring_to_another_pixel_size_moves_nothing_and_keeps_probabilities(wanted):
    x, y = np.meshgrid(np.arange(50.0), np.arange(60.0), indexing="ij")
    blob = np.exp(-((x - 22.3) ** 2 + (y - 31.8) ** 2) / 50)[..., None]
    slices = prepare(case_of(blob), preparation(112, spacing_mm=wanted))
    back = restore(slices.images, slices.way_back)[0]
    assert back.shape == blob.shape
    assert (back * x[..., None]).sum() / back.sum() == pytest.approx(22.3, abs=0.05)
    assert (back * y[..., None]).sum() / back.sum() == pytest.approx(31.8, abs=0.05)
    assert np.abs(back - blob).max() < 0.03


def test_every_probability_map_returns_in_its_own_place():
    slices = prepare(case_of(noise((40, 50, 3))), preparation(size=16))
    maps = np.zeros((3, 2, 16, 16), np.float32)
    maps[2, 1, 4, 9] = 0.25
    back = restore(maps, slices.way_back)
    assert back.shape == (2, 40, 50, 3)
    assert [index.tolist() for index in np.nonzero(back)] == [[1], [12 + 9], [17 + 4], [2]]


def test_whole_slices_show_the_field_of_view_at_the_working_pixel_size():
    image = noise((40, 50, 2))
    whole = whole_slices(case_of(image), preparation())
    np.testing.assert_array_equal(whole.images[:, 0], image.transpose(2, 1, 0))
    coarse = case_of(image, spacing_mm=(2.0, 2.0, 8.0))
    assert whole_slices(coarse, preparation(spacing_mm=1.0)).images.shape == (2, 1, 100, 80)


def test_a_case_without_truth_has_no_labels():
    slices = prepare(case_of(noise((40, 50, 3))), preparation())
    assert slices.labels is None
    check_nothing_lost(case_of(noise((40, 50, 3))), slices, 32)


def test_labels_outside_the_window_are_an_error_that_counts_them():
    inside = case_of(noise((60, 60, 2)), labels=square((60, 60, 2), at=(40, 30)))
    check_nothing_lost(inside, prepare(inside, preparation()), 32)
    beyond = case_of(noise((60, 60, 2)), labels=square((60, 60, 2), at=(44, 30)))
    with pytest.raises(
        DataError, match=r"Case a: the centre window of 32 pixels cuts off 48 of 72 labelled"
    ):
        check_nothing_lost(beyond, prepare(beyond, preparation()), 32)


def test_an_optional_sequence_that_is_missing_is_zero():
    case = case_of(noise((40, 40, 2)))
    slices = prepare(case, Preparation(("T2", "LGE"), 32, unchanged, optional=True))
    assert slices.images.shape == (2, 2, 32, 32)
    assert (slices.images[:, 0] == 0).all()
    assert (slices.images[:, 1] != 0).all()
    assert whole_slices(
        case, Preparation(("T2", "LGE"), 32, unchanged, 2.0, optional=True)
    ).images.shape[2:] == (
        20,
        20,
    )
    with pytest.raises(KeyError):
        prepare(case, Preparation(("T2", "LGE"), 32, unchanged))


def test_the_heart_lies_in_the_middle_of_all_that_is_labelled():
    labels = np.zeros((40, 20, 3), dtype=np.uint8)
    labels[4:8, 3, 0] = 1
    labels[11, 6, 2] = 3
    assert heart_centre(LabelMap(labels, grid(labels.shape))) == (8 / 40, 5 / 20)
    assert heart_centre(LabelMap(np.zeros_like(labels), grid(labels.shape))) == (0.5, 0.5)


def test_restoring_the_window_alone_is_resampling_the_whole_image_with_nothing_around_it():
    rng = np.random.default_rng(0)
    for _ in range(40):
        shape, size = (
            (*(int(side) for side in rng.integers(20, 90, 2)), 2),
            int(rng.choice([16, 48])),
        )
        resampled = (int(rng.integers(18, 100)), int(rng.integers(18, 100)))
        centre = (float(rng.uniform(0, resampled[0])), float(rng.uniform(0, resampled[1])))
        maps = rng.random((2, 3, size, size), dtype=np.float32)
        whole = np.zeros((*resampled, 3, 2), dtype=np.float32)
        for x, y in np.ndindex(size, size):
            column = x + round(centre[0] - size / 2), y + round(centre[1] - size / 2)
            if 0 <= column[0] < resampled[0] and 0 <= column[1] < resampled[1]:
                whole[column] = maps[:, :, y, x].T
        expected = resample_in_plane(whole, shape=shape[:2]).transpose(2, 0, 1, 3)
        found = restore(maps, WayBack(grid(shape, (1, 1, 8)), resampled, centre))
        np.testing.assert_allclose(found, expected, atol=1e-6)
