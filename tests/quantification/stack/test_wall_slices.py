from dataclasses import replace

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.stack.chords import Chords
from scarmap.quantification.stack.wall_slices import WallSlice, ring_names, wall_slices

TAPERED = (8.0, 12.0, 15.0, 18.0, 20.0, 21.0, 22.0)


@pytest.mark.parametrize(
    ("number", "from_base"),
    [
        (2, "basal mid"),
        (3, "basal mid apical"),
        (4, "basal basal mid apical"),
        (5, "basal basal mid mid apical"),
        (7, "basal basal basal mid mid apical apical"),
    ],
)
def test_closed_slices_are_cut_into_thirds_from_the_base(make_heart, number, from_base):
    slices = wall_slices(make_heart(inner_mm=TAPERED[:number]))
    last, first = ring_names(slices, "last"), ring_names(slices, "first")
    assert " ".join(last[index] for index in reversed(range(number))) == from_base
    assert " ".join(first[index] for index in range(number)) == from_base


def test_a_single_slice_is_called_mid(make_heart):
    assert ring_names(wall_slices(make_heart(inner_mm=(20.0,))), "last") == {0: "mid"}


def test_a_slice_whose_wall_does_not_close_belongs_to_no_ring(make_heart):
    labels = make_heart(inner_mm=TAPERED[:4])
    labels.array[60:, 50:60, 3] = INDEX["background"]
    slices = wall_slices(labels)
    assert [each.closed for each in slices] == [True, True, True, False]
    assert ring_names(slices, "last") == {2: "basal", 1: "mid", 0: "apical"}


def test_a_slice_beyond_the_cavity_is_the_apex_and_one_at_the_base_is_not(make_heart):
    slices = wall_slices(make_heart(inner_mm=(0.0, *TAPERED[:3])))
    slices_without_cavity = wall_slices(
        _without_cavity(make_heart(inner_mm=(0.0, *TAPERED[:3])), 0)
    )
    assert [each.has_cavity for each in slices_without_cavity] == [False, True, True, True]
    assert ring_names(slices_without_cavity, "last") == {
        0: "apex",
        1: "apical",
        2: "mid",
        3: "basal",
    }
    assert ring_names(slices_without_cavity, "first") == {1: "basal", 2: "mid", 3: "apical"}
    assert len(slices) == 4


def test_slices_without_wall_are_passed_over(make_heart):
    labels = make_heart(inner_mm=TAPERED[:4])
    labels.array[..., 2] = 0
    assert [each.index for each in wall_slices(labels)] == [0, 1, 3]
    assert wall_slices(_emptied(labels)) == ()


def _without_cavity(labels, index):
    plane = labels.array[..., index]
    plane[plane == INDEX["lv_pool"]] = INDEX["normal_myocardium"]
    return labels


def _emptied(labels):
    labels.array[np.isin(labels.array, [INDEX["normal_myocardium"]])] = 0
    return labels


def _slice(index, *, wall_mm=(3.0, 2.0), has_cavity=True):
    two = np.ones(2)
    chords = Chords(two, np.array(wall_mm), two, two, two)
    return WallSlice(index, (0.0, 0.0), has_cavity, chords, two, two.astype(np.uint8), None)


@pytest.mark.parametrize(
    ("wall_mm", "has_cavity", "closed"),
    [
        ((3.0, 0.5), True, True),
        ((3.0, 0.0), True, False),
        ((3.0, 0.5), False, False),
        ((0.0, 0.0), False, False),
    ],
)
def test_a_wall_is_closed_where_every_chord_meets_it_around_a_cavity(wall_mm, has_cavity, closed):
    assert _slice(0, wall_mm=wall_mm, has_cavity=has_cavity).closed is closed


def test_rings_of_slices_that_are_given_in_any_order():
    """Seven: the apex, three thirds of one or two, an open slice, and one beyond the base."""
    slices = [
        _slice(0, has_cavity=False),
        _slice(1),
        _slice(2),
        _slice(3, wall_mm=(1.0, 0.0)),
        _slice(4),
        _slice(5),
        _slice(6, has_cavity=False),
    ]
    found = {0: "apex", 1: "apical", 2: "mid", 4: "basal", 5: "basal"}
    assert ring_names(slices, "last") == ring_names(slices[::-1], "last") == found
    assert ring_names(slices, "first") == {
        1: "basal",
        2: "basal",
        4: "mid",
        5: "apical",
        6: "apex",
    }


def test_an_open_slice_at_the_apex_with_a_cavity_is_no_apex_and_all_beyond_it_without_are():
    slices = [_slice(0, has_cavity=False), _slice(1, has_cavity=False), _slice(3), _slice(4)]
    opened = _slice(2, wall_mm=(1.0, 0.0))
    assert ring_names([*slices, opened], "last") == {0: "apex", 1: "apex", 3: "mid", 4: "basal"}


def test_a_slice_without_a_cavity_between_closed_ones_is_no_apex():
    slices = [_slice(0), _slice(1, has_cavity=False), _slice(2), _slice(3)]
    assert ring_names(slices, "last") == {3: "basal", 2: "mid", 0: "apical"}
    assert ring_names(slices[2:], "first") == {2: "basal", 3: "mid"}


def test_without_a_closed_slice_there_is_no_ring():
    opened = [_slice(0, wall_mm=(1.0, 0.0)), _slice(1, has_cavity=False)]
    assert ring_names(opened, "last") == ring_names([], "last") == {}


def _coarse(make_heart, **changed):
    return make_heart(inner_mm=(12.0, 16.0), spacing_mm=(4.0, 4.0, 10.0), size=(31, 29), **changed)


def test_only_slices_that_changed_are_measured_again(make_heart):
    labels, remembered = _coarse(make_heart), {}
    first = wall_slices(labels, remembered=remembered)
    assert list(remembered.values()) == list(first)
    changed = labels.array.copy()
    changed[15, 18, 1] = INDEX["scar"]
    second = wall_slices(replace(labels, array=changed), remembered=remembered)
    assert second[0] is first[0]
    assert second[1] is not first[1]
    assert (second[1].voxel_tissue == INDEX["scar"]).sum() == 1
    assert list(remembered.values()) == list(second)
    assert wall_slices(replace(labels, array=changed), remembered=remembered)[1] is second[1]
    assert wall_slices(labels)[0] is not first[0]


def test_slices_of_other_voxels_or_another_place_are_measured_again(make_heart):
    labels, remembered = _coarse(make_heart), {}
    before = wall_slices(labels, remembered=remembered)
    wider = replace(labels, grid=replace(labels.grid, spacing_mm=(8.0, 4.0, 10.0)))
    found = wall_slices(wider, remembered=remembered)
    assert found[0].chords.wall_mm.max() > 1.5 * before[0].chords.wall_mm.max()
    thicker = replace(labels, grid=replace(labels.grid, spacing_mm=(8.0, 4.0, 12.0)))
    assert wall_slices(thicker, remembered=remembered)[0] is found[0]
    turned = replace(wider, array=wider.array[..., ::-1])
    assert [each.index for each in wall_slices(turned, remembered=remembered)] == [0, 1]
    assert len(remembered) == 2
