from dataclasses import replace

import numpy as np
import pytest

from scarmap.report.drawing.heart import upright
from scarmap.report.study.view import AS_STORED, View, standard_view, turned


def _heart(septum_deg, sense):
    """A picture (X, Y) with 1 at the septum and 2 at the anterior wall."""
    array = np.zeros((41, 41), dtype=np.uint8)
    for value, direction in ((1, septum_deg), (2, septum_deg - 90 * sense)):
        x, y = 15 * np.cos(np.radians(direction)), 15 * np.sin(np.radians(direction))
        array[20 + round(x), 20 + round(y)] = value
    return array


@pytest.mark.parametrize("layout", ["myops2020", "emidec"])
@pytest.mark.parametrize("sense", [1, -1])
@pytest.mark.parametrize("septum_deg", [0, 90, 160, 180, 200, 270])
def test_the_septum_comes_to_the_left_and_the_anterior_wall_to_the_top(
    study, layout, sense, septum_deg
):
    reference = replace(study.reference, septum_deg=float(septum_deg), sense=sense)
    shown = turned(upright(_heart(septum_deg, sense), layout), standard_view(reference, layout))
    ((_, septum_column),) = np.argwhere(shown == 1)
    ((anterior_row, _),) = np.argwhere(shown == 2)
    assert septum_column < 10
    assert anterior_row < 10


def test_a_heart_that_lies_as_usual_is_left_alone(study):
    for septum_deg in (125.0, 180.0, 235.0):
        assert (
            standard_view(replace(study.reference, septum_deg=septum_deg, sense=1), "myops2020")
            == AS_STORED
        )


def test_without_a_direction_nothing_is_turned(study_without_direction):
    assert standard_view(study_without_direction.reference, "myops2020") == AS_STORED


def test_a_picture_is_mirrored_before_it_is_turned():
    assert turned(np.array([[1, 2], [3, 4]]), View(mirrored=True, quarter_turns=1)).tolist() == [
        [1, 3],
        [2, 4],
    ]


@pytest.mark.parametrize("layout", ["scarmap", "emidec"])
def test_without_a_septum_a_stack_as_scanners_store_it_is_shown_as_they_show_it(study, layout):
    stored = np.zeros((5, 7), dtype=np.uint8)  # X runs to the right and Y downwards
    stored[1, 0] = 1
    reference = replace(study.reference, source="none", sense=-1, sense_source="affine")
    shown = turned(upright(stored, layout), standard_view(reference, layout))
    assert np.argwhere(shown).tolist() == [[0, 1]]
    assumed = replace(reference, sense_source="assumed")
    assert standard_view(assumed, layout) == AS_STORED
