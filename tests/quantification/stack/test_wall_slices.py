import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.stack.wall_slices import ring_names, wall_slices

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
