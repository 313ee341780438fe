from dataclasses import replace

import numpy as np
import pytest

from scarmap.quantification.stack.orientation import find_base, find_sense

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
