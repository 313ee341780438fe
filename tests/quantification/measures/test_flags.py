from dataclasses import replace
from math import nan

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.dictionary import FLAGS
from scarmap.quantification.measures.flags import (
    flag,
    flags_of_figures,
    flags_of_grid,
    flags_of_reference,
    flags_of_salvage,
    flags_of_sectors,
    flags_of_stack,
    is_scar_only,
    pathology_apart,
)
from scarmap.quantification.result import Reference
from scarmap.quantification.stack.chords import Chords
from scarmap.quantification.stack.wall_slices import WallSlice
from scarmap.volume import Grid, LabelMap

LETTERS = {
    ".": "background",
    "o": "lv_pool",
    "#": "normal_myocardium",
    "e": "edema",
    "s": "scar",
    "m": "mvo",
}
HEALTHY = ("###", "#o#", "###")
KNOWN = Reference("rv_insertion", 200.0, 230.0, 170.0, 1, "affine", "last", "cavity_area")


def _plane(*rows):
    return np.array([[INDEX[LETTERS[each]] for each in row] for row in rows], dtype=np.uint8)


def _stack(*planes, spacing_mm=(1.0, 2.0, 10.0)):
    array = np.stack([_plane(*plane) for plane in planes], axis=2)
    return LabelMap(array, Grid(array.shape, spacing_mm, np.diag([*spacing_mm, 1.0])))


def _slice(index, *, closed=True, has_cavity=True):
    """A slice with two chords, one of which meets no wall unless it is closed."""
    some = np.ones(2)
    wall_mm = np.array([1.0, 0.5 if closed else 0.0])
    chords = Chords(some, wall_mm, some, some, some)
    return WallSlice(index, (1.0, 1.0), has_cavity, chords, some, some.astype(np.uint8), None)


def _codes(flags):
    return [each.code for each in flags]


def test_a_flag_has_its_usual_sentence_unless_another_is_given():
    assert flag("no_heart").message == FLAGS["no_heart"]
    assert flag("no_heart", "Nothing here.").message == "Nothing here."


def test_three_closed_slices_of_healthy_wall_have_no_flag():
    slices = [_slice(index) for index in range(3)]
    assert flags_of_stack(_stack(HEALTHY, HEALTHY, HEALTHY), slices) == []


def test_fewer_than_three_closed_slices_are_counted():
    two = flags_of_stack(_stack(HEALTHY, HEALTHY), [_slice(0), _slice(1)])
    assert _codes(two) == ["few_slices"]
    assert two[0].message.endswith(": 2 closed.")
    one = flags_of_stack(_stack(HEALTHY), [_slice(0)])
    assert _codes(one) == ["single_slice", "few_slices"]


def test_a_slice_with_a_cavity_and_a_gap_in_its_wall_is_named_and_one_beyond_the_cavity_is_not():
    beyond = _slice(0, closed=False, has_cavity=False)
    closed = [_slice(index) for index in (1, 2, 3)]
    opened = [_slice(index, closed=False) for index in (4, 6)]
    stack = _stack(*[HEALTHY] * 7)
    assert flags_of_stack(stack, [beyond, *closed]) == []
    (one,) = flags_of_stack(stack, [beyond, *closed, opened[0]])
    assert one.code == "open_ring"
    assert one.message.startswith("Slice 5 (counted from 1): the wall does not close;")
    (two,) = flags_of_stack(stack, [beyond, *closed, *opened])
    assert two.message.startswith("Slices 5, 7 (counted from 1)")


def test_no_wall_and_scar_without_wall_are_told_alone():
    assert _codes(flags_of_stack(_stack(("ooo",)), [])) == ["no_heart"]
    alone = flags_of_stack(_stack(("s.s",)), [_slice(0, closed=False, has_cavity=False)])
    assert _codes(alone) == ["scar_only"]


def test_pathology_apart_is_told_by_slice_and_volume():
    """Five voxels of 0.02 ml each in the second and fourth of four slices."""
    wall = ("####..", "#oo#..", "####..")
    apart = ("####.s", "#oo#.s", "####..")
    more = ("####.e", "#oo#.m", "####.s")
    slices = [_slice(index) for index in range(4)]
    (told,) = flags_of_stack(_stack(wall, apart, wall, more), slices)
    assert told.code == "infarct_outside_wall"
    assert told.message.startswith("Slices 2, 4 (counted from 1): ")
    assert "0.10 ml" in told.message


def test_a_mask_of_pathology_alone_is_one_without_healthy_wall_and_closed_slices():
    opened, closed = [_slice(0, closed=False)], [_slice(0, closed=False), _slice(1)]
    assert is_scar_only(_stack(("s.o",)).array, opened)
    assert not is_scar_only(_stack(("s#o",)).array, opened)
    assert not is_scar_only(_stack(("sss", "sos", "sss")).array, closed)
    assert not is_scar_only(_stack(("oo.",)).array, [])


def test_other_sectors_than_those_asked_for_are_told():
    assert flags_of_sectors("rigid", "rigid") == []
    assert _codes(flags_of_sectors("anatomical", "rigid")) == ["sectors_rigid"]


@pytest.mark.parametrize(
    ("changed", "disputed", "codes"),
    [
        ({}, False, []),
        ({"source": "landmark"}, False, []),
        ({"source": "none"}, False, ["no_rv_reference"]),
        ({"sense_source": "assumed"}, False, ["sense_assumed"]),
        ({"source": "none", "sense_source": "assumed"}, False, ["no_rv_reference"]),
        ({"base_source": "assumed"}, False, ["base_assumed"]),
        ({"base_source": "affine"}, False, []),
        ({}, True, ["base_disputed"]),
    ],
)
def test_what_was_assumed_or_disputed_about_the_stack_is_told(changed, disputed, codes):
    assert _codes(flags_of_reference(replace(KNOWN, **changed), disputed=disputed)) == codes


@pytest.mark.parametrize(
    ("infarct_ml", "edema_ml", "codes"),
    [
        (0.0, 0.0, ["no_infarct", "no_edema"]),
        (0.0, 1.0, ["no_infarct"]),
        (1.0, 0.0, ["no_edema"]),
        (2.0, 1.0, ["edema_smaller_than_infarct"]),
        (2.0, 2.0, []),
        (1.0, 2.0, []),
        (nan, 2.0, []),
    ],
)
def test_missing_infarct_or_edema_and_edema_below_infarct_are_told(infarct_ml, edema_ml, codes):
    figures = {"infarct_ml": infarct_ml, "edema_ml": edema_ml}
    assert _codes(flags_of_figures(figures, ("scar", "edema"))) == codes


def test_edema_that_the_layout_does_not_label_is_not_missed():
    assert flags_of_figures({"infarct_ml": 2.0, "edema_ml": nan}, ("scar",)) == []
    assert flags_of_figures({"infarct_ml": 2.0, "edema_ml": 0.0}, ("scar",)) == []
    assert flags_of_figures({"infarct_ml": 2.0, "edema_ml": 1.0}, ("scar",)) == []


@pytest.mark.parametrize(
    ("salvage", "more"),
    [(nan, ["salvage_undefined"]), (-0.1, ["salvage_negative"]), (0.0, []), (0.5, [])],
)
def test_salvage_below_zero_or_undefined_is_told_beside_the_caution(salvage, more):
    assert _codes(flags_of_salvage(salvage)) == ["salvage_caution", *more]


@pytest.mark.parametrize(("length_mm", "codes"), [(10.05, []), (10.2, ["spacing_disagrees"])])
def test_an_affine_that_is_off_by_more_than_a_hundredth_is_told(length_mm, codes):
    """Columns of 1, 2 and about 10 mm, the last one oblique: 6 and 8 are the sides of 10."""
    affine = np.diag([1.0, 2.0, 8.0 * length_mm / 10, 1.0])
    affine[0, 2], affine[:3, 3] = 6.0 * length_mm / 10, 100.0
    assert _codes(flags_of_grid(Grid((3, 3, 3), (1.0, 2.0, 10.0), affine))) == codes


@pytest.mark.parametrize(
    ("rows", "voxels"),
    [
        pytest.param((".....", ".###.", ".#o#.", ".###."), 0, id="healthy wall"),
        pytest.param(("#####.", "#oosss", "#####."), 0, id="in the wall"),
        pytest.param(("####...", "#oo#.se", "####..."), 2, id="beyond the wall"),
        pytest.param(("####...", "#oo#.s#", "####..."), 0, id="with healthy wall beyond the wall"),
        pytest.param(("#####", "#ooo#", "#oeo#", "#ooo#", "#####"), 1, id="in the cavity"),
        pytest.param(("#####.", "#ooo..", "#ooos.", "#ooo..", "#####."), 0, id="at the cavity"),
        pytest.param(("####.", "#ooo.", "#ooo.", "....m", "..mm."), 0, id="at a corner of it"),
        pytest.param(("ssss.#", "ssss.."), 0, id="the largest piece"),
        pytest.param(("##ss..s",), 1, id="beyond wall without a cavity"),
        pytest.param(("oss..s.",), 1, id="beyond the largest piece, all of it hurt"),
        pytest.param(("s.ee...m",), 4, id="neither wall nor cavity"),
    ],
)
def test_pathology_apart_lies_in_the_cavity_or_touches_neither_cavity_nor_wall(rows, voxels):
    assert pathology_apart(_plane(*rows)) == voxels
