from dataclasses import replace
from math import isnan, nan

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.measures.segments import (
    NAMES,
    TERRITORIES,
    measure_segments,
    ring_of,
    sectors,
    territory_of,
)
from scarmap.quantification.result import Reference
from scarmap.quantification.stack.chords import Chords
from scarmap.quantification.stack.placement import place
from scarmap.quantification.stack.wall_slices import WallSlice
from scarmap.quantification.study import Choices, quantify
from scarmap.volume import Grid, LabelMap

TAPERED = (12.0, 14.0, 16.0, 18.0, 20.0, 22.0)
REFERENCE = Reference("landmark", 200.0, 260.0, 140.0, -1, "assumed", "last", "cavity_area")


def _sector(low, high):
    return lambda radius, angle, index: {"scar": (angle - low) % 360 < (high - low) % 360}


def _infarcted(study, *, above=50):
    return [segment.number for segment in study.segments if segment.figures.infarct_percent > above]


def _middle(sector):
    return (200.0 - sector.start_deg - sector.width_deg / 2) % 360


def test_rigid_sectors_lie_where_the_usual_display_shows_them():
    """Septum on the left (200 degrees, X to the right, Y down): anterior is up, at 290 degrees."""
    found = sectors(REFERENCE)
    middles = {number: _middle(sector) for number, sector in found.items()}
    assert [middles[number] for number in range(1, 7)] == [290, 230, 170, 110, 50, 350]
    assert [middles[number] for number in range(7, 13)] == [290, 230, 170, 110, 50, 350]
    assert [middles[number] for number in range(13, 17)] == [290, 200, 110, 20]
    assert {sector.width_deg for number, sector in found.items() if number > 12} == {90.0}


def test_anatomical_sectors_halve_the_septum_and_quarter_the_rest():
    reference = replace(REFERENCE, anterior_insertion_deg=250.0, inferior_insertion_deg=160.0)
    found = sectors(reference, "anatomical")
    assert [found[number].width_deg for number in range(1, 7)] == [
        67.5,
        45.0,
        45.0,
        67.5,
        67.5,
        67.5,
    ]
    assert (200 - found[2].start_deg) % 360 == 250.0
    assert (200 - found[4].start_deg) % 360 == 160.0
    assert found[13] == sectors(reference)[13]


def test_anatomical_sectors_close_the_circle_wherever_the_septum_is_said_to_be():
    for septum_deg in (20.0, 110.0, 290.0):
        found = sectors(replace(REFERENCE, septum_deg=septum_deg), "anatomical")
        widths = [found[number].width_deg for number in range(1, 7)]
        assert sum(widths) == pytest.approx(360.0)
        assert widths[1] == widths[2] == pytest.approx(60.0)


def test_sectors_from_the_insertion_begin_segment_two_there():
    reference = replace(REFERENCE, anterior_insertion_deg=250.0)
    assert (200 - sectors(reference, "rigid_from_insertion")[2].start_deg) % 360 == 250.0


def test_every_segment_has_a_name_and_one_nominal_artery():
    assert sorted(NAMES) == list(range(1, 18))
    assert sorted(number for numbers in TERRITORIES.values() for number in numbers) == list(
        range(1, 18)
    )


@pytest.mark.parametrize("septum_deg", [200.0, 20.0, 275.0, 359.0])
def test_a_turned_heart_has_the_same_segments(make_heart, septum_deg):
    labels = make_heart(
        inner_mm=TAPERED, septum_deg=septum_deg, hurt=_sector(septum_deg + 60, septum_deg + 120)
    )
    study = quantify(labels)
    assert _infarcted(study) == [1, 7, 13]
    inner = {number: study.segments[number - 1].figures for number in (1, 7)}
    assert all(figures.infarct_percent == pytest.approx(100, abs=4) for figures in inner.values())
    assert all(
        figures.transmurality.extent_mean_percent == pytest.approx(100, abs=5)
        for figures in inner.values()
    )
    assert study.reference.septum_deg == pytest.approx(septum_deg, abs=2)


@pytest.mark.parametrize("mirrored", [(), (0,), (1,), (2,), (0, 1), (0, 1, 2)])
def test_mirrored_arrays_with_their_affine_have_the_same_segments(make_heart, oblique, mirrored):
    labels = make_heart(
        inner_mm=TAPERED, axes=oblique, hurt=_sector(80, 140)
    )  # numbers rise X to Y: anterior at 110
    study = quantify(_mirror(labels, mirrored))
    assert study.reference.sense_source == "affine"
    assert _infarcted(study) == [1, 7, 13]


def test_swapped_axes_with_their_affine_have_the_same_segments(make_heart, oblique):
    labels = make_heart(inner_mm=TAPERED, axes=oblique, hurt=_sector(80, 140))
    swapped = LabelMap(
        labels.array.swapaxes(0, 1),
        replace(
            labels.grid,
            shape=labels.array.swapaxes(0, 1).shape,
            affine=labels.grid.affine[:, [1, 0, 2, 3]],
        ),
    )
    assert _infarcted(quantify(swapped)) == [1, 7, 13]


def test_basal_and_apical_are_told_apart_whatever_the_order_of_slices(make_heart):
    def hurt(radius, angle, index):
        return {"scar": angle < 360} if index >= 4 else {}

    labels = make_heart(inner_mm=TAPERED, hurt=hurt)
    assert _infarcted(quantify(labels)) == [1, 2, 3, 4, 5, 6]
    backwards = LabelMap(labels.array[..., ::-1], labels.grid)
    assert _infarcted(quantify(backwards)) == [1, 2, 3, 4, 5, 6]


def test_segment_seventeen_needs_a_slice_without_cavity(make_heart):
    labels = make_heart(inner_mm=TAPERED)
    assert len(quantify(labels).segments) == 16
    plane = labels.array[..., 0]
    plane[plane == INDEX["lv_pool"]] = INDEX["scar"]
    study = quantify(labels)
    assert [segment.number for segment in study.segments] == list(range(1, 18))
    apex = study.segments[-1]
    assert apex.figures.infarct_percent == pytest.approx(100 * (12 / 30) ** 2, abs=2)
    assert isnan(apex.figures.transmurality.extent_mean_percent)
    assert study.rings[-1].name == "apex"


def test_a_landmark_serves_where_there_is_no_right_ventricle(make_heart):
    labels = make_heart(inner_mm=TAPERED, right=False, hurt=_sector(260, 320))
    assert quantify(labels).segments == ()
    study = quantify(labels, reference_deg=200.0 - 360.0)
    assert study.reference.source == "landmark"
    assert study.reference.septum_deg == 200.0
    assert _infarcted(study) == [1, 7, 13]


def test_the_insertions_decide_where_anatomical_segments_begin(make_heart):
    labels = make_heart(inner_mm=TAPERED)
    reference = place(labels).reference
    assert reference.anterior_insertion_deg == pytest.approx(229, abs=3)
    assert reference.inferior_insertion_deg == pytest.approx(171, abs=3)
    study = quantify(labels, choices=Choices(sectors="anatomical"))
    assert study.segments[1].start_deg == pytest.approx(reference.anterior_insertion_deg)
    assert study.segments[1].width_deg == pytest.approx(29, abs=3)
    assert sum(segment.width_deg for segment in study.segments[:6]) == pytest.approx(360)


def test_masses_of_segments_sum_to_that_of_the_closed_slices(make_heart):
    study = quantify(make_heart(inner_mm=TAPERED))
    total = sum(segment.figures.myocardium_g for segment in study.segments)
    assert total == pytest.approx(study.figures["myocardium_g"])
    assert total == pytest.approx(sum(ring.figures.myocardium_g for ring in study.rings))


def test_segments_of_a_ring_that_was_not_imaged_hold_nothing(make_heart):
    study = quantify(make_heart(inner_mm=(20.0,)))
    assert study.segments[6].figures.myocardium_g > 0
    assert study.segments[0].figures.myocardium_g == 0
    assert isnan(study.segments[0].figures.infarct_percent)
    assert study.segments[0].figures.transmurality.grade == ""
    assert study.figures["num_segments"] == 6


def _mirror(labels, axes):
    affine = labels.grid.affine.copy()
    for axis in axes:
        affine[:, 3] += affine[:, axis] * (labels.array.shape[axis] - 1)
        affine[:, axis] *= -1
    return LabelMap(
        np.flip(labels.array, axes), Grid(labels.grid.shape, labels.grid.spacing_mm, affine)
    )


def test_unknown_insertions_leave_no_directions():
    assert np.isnan(
        sectors(replace(REFERENCE, anterior_insertion_deg=nan), "anatomical")[2].start_deg
    )


def test_arteries_feed_the_walls_that_the_heart_association_gives_them():
    """By the wall, as in the figure of Cerqueira 2002: lateral walls are the circumflex's."""
    fed_by = {
        "LAD": {"anterior", "anteroseptal", "apical anterior", "apical septal", "apex"},
        "RCA": {"inferoseptal", "inferior", "apical inferior"},
        "LCX": {"inferolateral", "anterolateral", "apical lateral"},
    }
    for number, name in NAMES.items():
        wall = name.removeprefix("basal ").removeprefix("mid ")
        assert [artery for artery, walls in fed_by.items() if wall in walls] == [
            territory_of(number)
        ], name


@pytest.mark.parametrize("septum_deg", [0.0, 45.0, 90.0])
def test_a_voxel_on_the_border_of_two_segments_belongs_to_one_of_them(make_heart, septum_deg):
    """Rows, columns and diagonals of voxels through the centre lie on borders of segments."""
    labels = make_heart(inner_mm=TAPERED, right=False)
    study = quantify(labels, reference_deg=septum_deg)
    for ring in study.rings:
        parts = [segment.figures for segment in study.segments if segment.ring == ring.name]
        assert sum(part.myocardium_g for part in parts) == pytest.approx(
            ring.figures.myocardium_g, rel=1e-9
        )
        chords = sum(part.transmurality.num_chords for part in parts)
        assert chords == ring.figures.transmurality.num_chords


@pytest.mark.parametrize(
    ("septum_deg", "sense", "around", "apical"),
    [
        (200.0, -1, [320, 260, 200, 140, 80, 20], [335, 245, 155, 65]),
        (300.0, 1, [180, 240, 300, 0, 60, 120], [165, 255, 345, 75]),
    ],
)
def test_a_segment_begins_at_its_border_with_the_lower_number(septum_deg, sense, around, apical):
    found = _measured({}, replace(REFERENCE, septum_deg=septum_deg, sense=sense))
    assert [each.number for each in found] == list(range(1, 17))
    assert [each.start_deg for each in found] == [*around, *around, *apical]
    assert [each.width_deg for each in found] == [60.0] * 12 + [90.0] * 4
    assert [each.ring for each in found] == ["basal"] * 6 + ["mid"] * 6 + ["apical"] * 4


def test_the_apex_is_one_segment_all_around():
    voxels = np.array([10.0, 100.0, 300.0])
    tissues = np.array([INDEX["scar"], INDEX["normal_myocardium"], INDEX["normal_myocardium"]])
    none = np.zeros(0)
    chords = Chords(none, none, none, none, none)
    slices = (WallSlice(0, (0.0, 0.0), False, chords, voxels, tissues.astype(np.uint8), None),)
    *others, apex = _measured({"apex": slices}, REFERENCE)
    assert len(others) == 16
    assert (apex.number, apex.name, apex.ring, apex.territory) == (17, "apex", "apex", "LAD")
    assert isnan(apex.start_deg)
    assert apex.width_deg == 360.0
    assert apex.figures.myocardium_g == pytest.approx(3 * 0.1 * 1.05)
    assert apex.figures.infarct_percent == pytest.approx(100 / 3)


def test_a_voxel_on_the_border_belongs_to_the_higher_number_of_rising_ones():
    """Segment 2 reaches from 240 up to 300 degrees, segment 3 from there up to 360."""
    angles = np.array([239.9, 240.0, 299.9, 300.0, 359.9, 0.0])
    none = np.zeros(0)
    tissues = np.full(len(angles), INDEX["normal_myocardium"], dtype=np.uint8)
    chords = Chords(none, none, none, none, none)
    slices = (WallSlice(0, (0.0, 0.0), True, chords, angles, tissues, None),)
    found = _measured({"basal": slices}, replace(REFERENCE, septum_deg=300.0, sense=1))
    grams = [each.figures.myocardium_g for each in found[:6]]
    assert grams == pytest.approx([0.105, 0.21, 0.21, 0.105, 0.0, 0.0])


def test_the_rings_are_those_of_the_numbers():
    rings = {number: ring_of(number) for number in (1, 6, 7, 12, 13, 16, 17)}
    assert rings == {
        1: "basal", 6: "basal", 7: "mid", 12: "mid", 13: "apical", 16: "apical", 17: "apex",
    }  # fmt: skip


def _measured(slices, reference):
    return measure_segments(
        slices, reference, convention="rigid", voxel_ml=0.1, tissues=("scar",), variant="extent"
    )
