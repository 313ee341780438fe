from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from scarmap.quantification.stack.chords import Chords
from scarmap.quantification.stack.placement import _septa, place
from scarmap.quantification.stack.septum import Septum
from scarmap.quantification.stack.wall_slices import WallSlice

COARSE = {"spacing_mm": (4.0, 4.0, 10.0), "size": (31, 29)}
TAPERED = (12.0, 16.0, 20.0)


def _slice(index, *, closed=True, septum=None):
    one = np.ones(1)
    chords = Chords(one, one * closed, one, one, one)
    return WallSlice(index, (0.0, 0.0), True, chords, one, one.astype(np.uint8), septum)


def _septum(middle_deg):
    return Septum(middle_deg, middle_deg - 30.0, middle_deg + 30.0)


def test_rings_hold_their_slices_by_index_and_slices_of_no_ring_are_in_none(make_heart):
    placed = place(make_heart(inner_mm=TAPERED, **COARSE))
    assert {name: [each.index for each in slices] for name, slices in placed.rings.items()} == {
        "basal": [2],
        "mid": [1],
        "apical": [0],
    }
    two = replace(placed, names={2: "mid", 0: "mid"})
    assert {name: [each.index for each in slices] for name, slices in two.rings.items()} == {
        "mid": [0, 2]
    }


def test_the_septum_is_asked_near_the_base_and_of_other_closed_slices_where_there_is_none():
    septa = [_septum(middle_deg) for middle_deg in (10.0, 20.0, 30.0, 40.0)]
    names = {0: "basal", 1: "mid", 2: "apical"}
    slices = [_slice(index, septum=septum) for index, septum in enumerate(septa[:3])]
    opened = _slice(3, closed=False, septum=septa[3])
    assert _septa([*slices, opened], names) == septa[:2]
    assert _septa([_slice(0), *slices[1:], opened], names) == septa[1:2]
    assert _septa([_slice(0), _slice(1), slices[2], opened], names) == septa[2:3]
    assert _septa([_slice(0), opened], names) == []


@pytest.mark.parametrize("sense", [1, -1])
def test_the_anterior_insertion_is_where_numbers_begin_to_rise(make_heart, oblique, sense):
    """Numbers rise from the anterior insertion over the septum to the inferior one."""
    axes = oblique * (sense, 1, 1)
    heart = make_heart(inner_mm=TAPERED, axes=axes, septum_deg=180.0, **COARSE)
    reference = place(heart).reference
    assert (reference.source, reference.sense) == ("rv_insertion", sense)
    assert reference.septum_deg == pytest.approx(180.0)
    before = sense * (180.0 - reference.anterior_insertion_deg)
    beyond = sense * (reference.inferior_insertion_deg - 180.0)
    assert before == pytest.approx(beyond)
    assert before == pytest.approx(29.0, abs=6)  # circles of 30 and 20 mm, 40 mm apart


@pytest.mark.parametrize(("given", "septum_deg"), [(0.0, 0.0), (360.0, 0.0), (-90.0, 270.0)])
def test_a_landmark_is_taken_round_the_circle_and_leaves_the_insertions(
    make_heart, given, septum_deg
):
    labels = make_heart(inner_mm=TAPERED, **COARSE)
    found = place(labels, reference_deg=given).reference
    assert (found.source, found.septum_deg) == ("landmark", septum_deg)
    unasked = place(labels).reference
    assert found.anterior_insertion_deg == unasked.anterior_insertion_deg
    assert found.inferior_insertion_deg == unasked.inferior_insertion_deg


def test_without_a_right_ventricle_there_is_no_direction(make_heart):
    labels = make_heart(inner_mm=TAPERED, right=False, **COARSE)
    found = place(labels).reference
    assert found.source == "none"
    ends = found.anterior_insertion_deg, found.inferior_insertion_deg
    assert all(map(isnan, (found.septum_deg, *ends)))
    assert place(labels, reference_deg=10.0).reference.source == "landmark"
