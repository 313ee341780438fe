import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.systems.linear_codec.codec import ORDER
from scarmap.systems.linear_codec.postprocess import clean, compose_classes, compose_coded

CODED = ("lv_pool", "rv_pool", "lv_epicardium", "scar_and_edema", "scar")


def disc(*, radius, centre=(12, 12), size=24):
    x, y = np.ogrid[:size, :size]
    return (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= radius**2


def answers(**masks):
    """Soft maps (5, 24, 24, 1), 0.9 inside the masks and 0.1 outside, in the problems' order."""
    empty = np.zeros((24, 24), dtype=bool)
    return np.stack([np.where(masks.get(region, empty), 0.9, 0.1) for region in CODED]).astype(
        np.float32
    )[..., None]


def island():
    return disc(radius=1, centre=(21, 2))


def hole(mask, at=(12, 12)):
    pierced = mask.copy()
    pierced[at] = False
    return pierced


@pytest.mark.parametrize(
    ("region", "keeps_islands", "keeps_holes"),
    [
        ("lv_pool", False, False),
        ("rv_pool", True, False),
        ("lv_epicardium", False, False),
        ("scar_and_edema", True, True),
        ("scar", True, True),
    ],
)
def test_what_is_cleaned_of_each_region(region, keeps_islands, keeps_holes):
    found = clean(answers(**{region: hole(disc(radius=6)) | island()}), regions=CODED)
    mask = found[CODED.index(region), ..., 0]
    assert mask[island()].any() == keeps_islands
    assert mask[12, 12] == (not keeps_holes)
    assert found.sum() == mask.sum()


def test_each_slice_is_cleaned_by_itself():
    first = answers(lv_pool=disc(radius=6))
    second = answers(lv_pool=disc(radius=2, centre=(4, 4)))
    found = clean(np.concatenate([first, second], axis=3), regions=CODED)
    np.testing.assert_array_equal(found[0, ..., 0], disc(radius=6))
    np.testing.assert_array_equal(found[0, ..., 1], disc(radius=2, centre=(4, 4)))


def test_the_right_ventricle_may_have_two_parts():
    parts = disc(radius=2, centre=(4, 4)) | disc(radius=3, centre=(18, 18))
    assert clean(answers(rv_pool=parts), regions=CODED)[1].sum() == parts.sum()


def test_a_hole_in_the_epicardium_is_filled_before_decoding():
    labels = compose_coded(
        answers(lv_pool=disc(radius=3), lv_epicardium=hole(disc(radius=8), (12, 18))), regions=CODED
    )
    assert labels[12, 18, 0] == INDEX["normal_myocardium"]
    assert labels[12, 12, 0] == INDEX["lv_pool"]


def test_pathology_outside_the_myocardium_is_cut_off():
    everywhere = np.ones((24, 24), dtype=bool)
    found = answers(
        lv_pool=disc(radius=3),
        lv_epicardium=disc(radius=8),
        scar_and_edema=everywhere,
        scar=disc(radius=5),
    )
    labels = compose_coded(found, regions=CODED)[..., 0]
    np.testing.assert_array_equal(labels == INDEX["scar"], disc(radius=5) & ~disc(radius=3))
    np.testing.assert_array_equal(labels == INDEX["edema"], disc(radius=8) & ~disc(radius=5))
    np.testing.assert_array_equal(labels == INDEX["lv_pool"], disc(radius=3))
    assert not (labels == INDEX["normal_myocardium"]).any()


def test_no_rim_is_left_between_cavity_and_myocardium_where_maps_are_soft():
    x = np.linalg.norm(np.stack(np.meshgrid(np.arange(24) - 12, np.arange(24) - 12)), axis=0)
    soft = {"lv_pool": 4, "lv_epicardium": 8}
    maps = answers()
    for region, radius in soft.items():
        maps[CODED.index(region), ..., 0] = 1 / (1 + np.exp(x - radius))
    labels = compose_coded(maps, regions=CODED)[..., 0]
    np.testing.assert_array_equal(labels > 0, x < 8)


def test_without_decoder_pathology_may_lie_anywhere_and_later_tissues_win():
    maps = np.full((5, 24, 24, 1), 0.1, dtype=np.float32)
    maps[ORDER.index("normal_myocardium"), 4:9] = 0.9
    maps[ORDER.index("edema"), 8:12] = 0.9
    maps[ORDER.index("scar"), 11:14] = 0.9
    labels = compose_classes(maps, regions=ORDER)[..., 0]
    expected = {
        4: "normal_myocardium",
        8: "edema",
        10: "edema",
        11: "scar",
        13: "scar",
        20: "background",
    }
    assert {row: labels[row, 0] for row in expected} == {
        row: INDEX[tissue] for row, tissue in expected.items()
    }


def test_without_decoder_the_myocardium_keeps_the_hole_that_is_the_cavity():
    maps = np.full((5, 24, 24, 1), 0.1, dtype=np.float32)
    ring = disc(radius=8) & ~disc(radius=4)
    maps[ORDER.index("normal_myocardium"), ring] = 0.9
    np.testing.assert_array_equal(compose_classes(maps, regions=ORDER)[..., 0] > 0, ring)
