import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.systems.mfunet.postprocess import (
    compose_challenge,
    compose_cross_validation,
    cut_to_column,
    refill_pool,
    write,
)

REGIONS = ("whole_myocardium", "lv_pool", "rv_pool", "scar", "edema")
WALL, POOL, RV, EDEMA, SCAR, MVO = (
    INDEX[name] for name in ("normal_myocardium", "lv_pool", "rv_pool", "edema", "scar", "mvo")
)


def empty(*, depth=1):
    return np.zeros((24, 24, depth), dtype=bool)


def ring(*, depth=1):
    """A wall of 16 x 16 pixels around a cavity of 10 x 10."""
    mask = empty(depth=depth)
    mask[4:20, 4:20] = True
    mask[7:17, 7:17] = False
    return mask


def pool(size, *, depth=1):
    """The first `size` pixels of the cavity."""
    mask = empty(depth=depth)
    for pixel in range(size):
        mask[7 + pixel // 10, 7 + pixel % 10] = True
    return mask


def stack(*, depth=1, regions=REGIONS, **masks):
    """Probabilities of 0.51 in the masks and 0.49 elsewhere."""
    nothing = empty(depth=depth)
    return np.stack(
        [np.where(masks.get(region, nothing), 0.51, 0.49) for region in regions]
    ).astype(np.float32)


@pytest.mark.parametrize(("found", "kept"), [(100, 100), (50, 50), (49, 100), (0, 100)])
def test_a_cavity_below_50_pixels_is_replaced_by_the_hole_of_its_wall(found, kept):
    labels = compose_cross_validation(
        stack(whole_myocardium=ring(), lv_pool=pool(found)), regions=REGIONS
    )
    assert (labels == POOL).sum() == kept
    assert (labels == WALL).sum() == 16 * 16 - 10 * 10


def test_each_slice_is_refilled_by_itself():
    masks = {"whole_myocardium": ring(depth=3), "lv_pool": pool(60, depth=3)}
    masks["lv_pool"][..., 1] = False
    masks["whole_myocardium"][..., 2] = masks["lv_pool"][..., 2] = False
    assert refill_pool(masks)["lv_pool"].sum((0, 1)).tolist() == [60, 100, 0]
    assert masks["lv_pool"].sum((0, 1)).tolist() == [60, 0, 0]


def test_an_open_wall_leaves_a_vanished_cavity_empty():
    wall = ring()
    wall[4:7, 10:12] = False
    assert not refill_pool({"whole_myocardium": wall, "lv_pool": pool(10)})["lv_pool"].any()


@pytest.mark.parametrize("compose", [compose_cross_validation, compose_challenge])
def test_scar_is_written_over_edema_and_both_over_wall_and_cavity(compose):
    edema, scar = empty(), empty()
    edema[4:7, 4:14] = True
    scar[4:7, 10:20] = True
    probabilities = stack(whole_myocardium=ring(), lv_pool=pool(100), edema=edema, scar=scar)
    labels = compose(probabilities, regions=REGIONS)
    assert (labels[4:7, 4:10] == EDEMA).all()
    assert (labels[4:7, 10:20] == SCAR).all()
    assert (labels == WALL).sum() == 156 - 3 * 16


def test_regions_are_written_in_their_order_whatever_the_order_of_the_maps():
    where = np.ones((2, 2, 1), dtype=bool)
    assert (write({"mvo": where, "whole_infarct": where, "whole_myocardium": where}) == MVO).all()
    assert (write({"whole_infarct": where, "whole_myocardium": where}) == SCAR).all()
    assert (write({"rv_pool": where, "lv_pool": where}) == RV).all()


def test_pathology_outside_the_wall_stays_in_the_cross_validation_and_goes_in_the_challenge():
    scar = empty()
    scar[0:8, 5:9] = True
    probabilities = stack(whole_myocardium=ring(), lv_pool=pool(100), scar=scar)
    outside = scar & ~ring()
    assert (compose_cross_validation(probabilities, regions=REGIONS)[outside] == SCAR).all()
    challenge = compose_challenge(probabilities, regions=REGIONS)
    np.testing.assert_array_equal(challenge == SCAR, scar & ring())
    assert (challenge[outside] != SCAR).all()


def test_the_column_is_the_union_of_each_slices_largest_part():
    mask = empty(depth=3)
    mask[2:6, 2:6, 0] = True
    mask[2:4, 2:4, 1] = True
    mask[15:20, 15:20, 1] = True
    mask[3, 3, 2] = mask[10, 10, 2] = mask[16, 16, 2] = mask[16, 17, 2] = True
    cut = cut_to_column(mask)
    np.testing.assert_array_equal(cut[..., :2], mask[..., :2])
    assert [index.tolist() for index in np.nonzero(cut[..., 2])] == [[3, 16, 16], [3, 16, 17]]


def test_a_stray_part_goes_where_no_slice_has_its_largest_part():
    rv = empty(depth=2)
    rv[2:8, 0:3] = True
    rv[20:22, 20:22, 1] = True
    labels = compose_challenge(
        stack(depth=2, whole_myocardium=ring(depth=2), rv_pool=rv), regions=REGIONS
    )
    assert (labels == RV).sum((0, 1)).tolist() == [18, 18]
    labels = compose_cross_validation(
        stack(depth=2, whole_myocardium=ring(depth=2), rv_pool=rv), regions=REGIONS
    )
    assert (labels == RV).sum((0, 1)).tolist() == [18, 22]


def test_emidec_writes_no_reflow_over_the_infarct():
    infarct, mvo = empty(), empty()
    infarct[4:7, 4:14] = True
    mvo[5:7, 6:9] = True
    regions = ("whole_myocardium", "lv_pool", "whole_infarct", "mvo")
    probabilities = stack(
        regions=regions, whole_myocardium=ring(), lv_pool=pool(100), whole_infarct=infarct, mvo=mvo
    )
    labels = compose_challenge(probabilities, regions=regions)
    assert {value: int((labels == value).sum()) for value in (SCAR, MVO, POOL)} == {
        SCAR: 24,
        MVO: 6,
        POOL: 100,
    }


def test_no_probability_above_one_half_is_background():
    nothing = np.full((5, 24, 24, 2), 0.5, dtype=np.float32)
    for compose in (compose_cross_validation, compose_challenge):
        assert not compose(nothing, regions=REGIONS).any()
