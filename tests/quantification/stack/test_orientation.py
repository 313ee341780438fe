from dataclasses import replace

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.stack.orientation import find_base, find_sense
from scarmap.volume import Grid, LabelMap

TAPERED = (10.0, 16.0, 20.0, 22.0)
EVEN = (20.0,) * 4


def test_the_narrow_end_of_the_cavity_is_the_apex(make_heart):
    assert find_base(make_heart(inner_mm=TAPERED)) == ("last", "cavity_area", False)
    assert find_base(make_heart(inner_mm=TAPERED[::-1])) == ("first", "cavity_area", False)


def test_an_oblique_affine_tells_the_base_where_the_cavity_does_not(make_heart, oblique):
    assert find_base(make_heart(inner_mm=EVEN, axes=oblique)) == ("last", "affine", False)
    assert find_base(make_heart(inner_mm=EVEN, axes=oblique * (1, 1, -1))) == (
        "first",
        "affine",
        False,
    )
    assert find_base(make_heart(inner_mm=EVEN)) == ("last", "assumed", False)


def test_the_cavity_wins_over_the_affine_and_the_dispute_is_told(make_heart, oblique):
    assert find_base(make_heart(inner_mm=TAPERED[::-1], axes=oblique)) == (
        "first",
        "cavity_area",
        True,
    )
    assert find_base(make_heart(inner_mm=TAPERED, axes=oblique)) == ("last", "cavity_area", False)


def test_a_single_slice_has_no_cavity_that_narrows(make_heart):
    assert find_base(make_heart(inner_mm=(20.0,))) == ("last", "assumed", False)


@pytest.mark.parametrize(
    ("signs", "sense"),
    [((1, 1, 1), 1), ((-1, 1, 1), -1), ((1, -1, 1), -1), ((-1, -1, 1), 1), ((1, 1, -1), 1)],
)
def test_mirroring_an_axis_in_the_plane_turns_the_sense_and_mirroring_the_slices_does_not(
    make_heart, oblique, signs, sense
):
    assert find_sense(make_heart(axes=oblique * signs).grid) == (sense, "affine")


def test_the_sense_is_that_of_the_anatomy(make_heart, oblique):
    """From the septum, to the patient's right, numbers turn to the anterior wall, upwards."""
    grid = make_heart(axes=oblique).grid
    towards = np.linalg.inv(grid.affine[:3, :3])
    right, up = towards @ (0.85, 0.5, 0.0), towards @ (0.0, 0.3, 0.95)
    turn = np.rad2deg(np.arctan2(right[1], right[0]) - np.arctan2(up[1], up[0])) % 360
    assert turn < 180  # from anterior to septum the direction grows from X to Y
    assert find_sense(grid)[0] == 1


def test_an_affine_that_is_not_of_a_short_axis_stack_tells_nothing(make_heart):
    grid = make_heart().grid
    assert find_sense(grid) == (-1, "assumed")
    assert find_sense(replace(grid, affine=np.diag([-1.0, -1.0, 1.0, 1.0]))) == (-1, "assumed")
    assert find_sense(replace(grid, affine=np.diag([0.0, 0.0, 0.0, 1.0]))) == (-1, "assumed")


def _stack(areas, *, walls=None, axis=(1.0, 0.0, 0.0)):
    """Cavities of so many voxels, each with one voxel of wall, along an axis in the patient."""
    labels = np.zeros((20, 2, len(areas)), dtype=np.uint8)
    for index, area in enumerate(areas):
        labels[:area, 0, index] = INDEX["lv_pool"]
        labels[0, 1, index] = INDEX["normal_myocardium"]
    for index in () if walls is None else walls:
        labels[..., index] = 0
    affine = np.eye(4)
    affine[:3, 2] = axis
    return LabelMap(labels, Grid(labels.shape, (1.0, 1.0, 1.0), affine))


@pytest.mark.parametrize(
    ("areas", "found"),
    [
        ((8, 10), ("last", "assumed", False)),  # just four fifths
        ((10, 8), ("last", "assumed", False)),
        ((7, 10), ("last", "cavity_area", False)),
        ((10, 7), ("first", "cavity_area", False)),
        ((2, 12, 10, 10), ("last", "cavity_area", False)),  # 7 and 10
        ((10, 10, 12, 2), ("first", "cavity_area", False)),
        ((9, 0, 10), ("last", "assumed", False)),  # the middle one of three counts for no half
        ((7, 20, 10), ("last", "cavity_area", False)),
        ((0, 0, 0, 1), ("last", "cavity_area", False)),
        ((0, 0), ("last", "assumed", False)),
        ((10,), ("last", "assumed", False)),
        ((), ("last", "assumed", False)),
    ],
)
def test_the_cavity_tells_where_one_half_is_below_four_fifths_of_the_other(areas, found):
    assert find_base(_stack(areas)) == found


def test_slices_without_a_left_ventricle_belong_to_no_half():
    assert find_base(_stack((10, 10, 9, 9), walls=(0, 1)))[1] == "assumed"
    assert find_base(_stack((9, 9, 10, 7), walls=(0, 1)))[0] == "first"


@pytest.mark.parametrize(
    ("axis", "base"),
    [
        ((1, 0, 0), None),
        ((0, -1, 0), None),
        ((0, 0, 1), None),
        ((0, 0, 0), None),
        ((1, 1, 1), None),
        ((5, -5, 0), "last"),
        ((-5, 5, 0), "first"),
        ((0, -6, 6), None),  # 1.05 / root 2 is below three quarters
        ((1, 0, 1), None),  # 1.01 / root 2
        ((0, -2, 1), "last"),  # 1.72 / root 5
        ((2, 0, 1), None),  # 1.64 / root 5
        ((1, -1, 1), "last"),
    ],
)
def test_an_axis_tells_the_base_where_it_runs_as_that_of_most_hearts(axis, base):
    """Towards right, back and head: products with 0.63, -0.67 and 0.38 over the axis' length."""
    told = ("last", "assumed", False) if base is None else (base, "affine", False)
    assert find_base(_stack((10, 10), axis=axis)) == told


def test_rows_and_columns_across_the_usual_axis_tell_the_sense():
    grid = _stack((10, 10)).grid
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = (0.67, 0.63, 0.0), (0.0, 0.0, 1.0)
    assert find_sense(replace(grid, affine=affine)) == (-1, "affine")
    assert find_sense(replace(grid, affine=affine[:, [1, 0, 2, 3]])) == (1, "affine")
