from math import isnan, nan

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.measures.slices import measure_slices
from scarmap.quantification.result import Reference
from scarmap.quantification.stack.chords import Chords
from scarmap.quantification.stack.placement import Placement
from scarmap.quantification.stack.septum import Septum
from scarmap.quantification.stack.wall_slices import WallSlice
from scarmap.volume import Grid, LabelMap

ALL = tuple(INDEX)
WINDOW = (slice(10, 30), slice(5, 25))
"""The heart lies 10 voxels along X and 5 along Y into the plane."""

HELD = {"lv_pool": 1, "normal_myocardium": 2, "edema": 3, "scar": 4, "mvo": 5}
"""Voxels of 0.1 ml."""


def _slice(index, *, closed=True, septum=None):
    one = np.ones(1)
    chords = Chords(one, one * closed, one, one, one)
    return WallSlice(index, (2.5, 4.0), True, chords, one, one.astype(np.uint8), septum)


@pytest.fixture
def heart():
    """Three slices; the last holds each tissue, the one before it wall, the first nothing."""
    array = np.zeros((20, 20, 3), dtype=np.uint8)
    values = [INDEX[name] for name, number in HELD.items() for _ in range(number)]
    array[0, : len(values), 2] = values
    array[3, 3, 1] = INDEX["normal_myocardium"]
    return LabelMap(array, Grid(array.shape, (2.0, 5.0, 10.0), np.eye(4)))


@pytest.fixture
def placement():
    slices = (_slice(1, closed=False), _slice(2, septum=Septum(200.0, 170.0, 230.0)))
    reference = Reference("none", nan, nan, nan, 1, "assumed", "last", "assumed")
    return Placement(slices, {2: "mid"}, reference, disputed=False)


def test_every_slice_has_its_volumes_and_its_place_in_the_whole_plane(heart, placement):
    empty, opened, closed = measure_slices(heart, WINDOW, placement, ALL)
    assert [each.index for each in (empty, opened, closed)] == [0, 1, 2]
    assert (closed.ring, closed.closed, closed.septum_deg) == ("mid", True, 200.0)
    assert closed.centre_voxels == opened.centre_voxels == (12.5, 9.0)
    assert closed.lv_pool_ml == pytest.approx(0.1)
    assert closed.myocardium_ml == pytest.approx(0.1 * (2 + 3 + 4 + 5))
    assert closed.infarct_ml == pytest.approx(0.1 * (4 + 5))
    assert closed.edema_ml == pytest.approx(0.1 * 3)
    assert closed.mvo_ml == pytest.approx(0.1 * 5)


def test_a_slice_that_does_not_close_has_no_ring_and_one_without_a_septum_no_direction(
    heart, placement
):
    opened = measure_slices(heart, WINDOW, placement, ALL)[1]
    assert (opened.ring, opened.closed, opened.myocardium_ml) == ("", False, 0.1)
    assert isnan(opened.septum_deg)


def test_a_slice_without_wall_has_no_centre_and_nothing_in_it(heart, placement):
    empty = measure_slices(heart, WINDOW, placement, ALL)[0]
    assert (empty.ring, empty.closed) == ("", False)
    assert all(map(isnan, (*empty.centre_voxels, empty.septum_deg)))
    assert empty.lv_pool_ml == empty.myocardium_ml == empty.infarct_ml == 0
    assert empty.edema_ml == empty.mvo_ml == 0


@pytest.mark.parametrize(
    ("tissue", "undefined"),
    [("scar", "infarct_ml"), ("edema", "edema_ml"), ("mvo", "mvo_ml")],
)
def test_what_was_not_assessed_is_undefined_and_the_rest_is_not(
    heart, placement, tissue, undefined
):
    assessed = [name for name in ALL if name != tissue]
    found = vars(measure_slices(heart, WINDOW, placement, assessed)[2])
    volumes = [name for name in found if name.endswith("_ml")]
    assert [name for name in volumes if isnan(found[name])] == [undefined]
