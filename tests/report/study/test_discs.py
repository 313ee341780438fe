from dataclasses import replace
from xml.etree import ElementTree

import pytest

from scarmap.report.study.discs import discs, insertions_deg


def test_a_study_with_a_direction_has_a_bullseye_of_depth_infarct_and_edema(study):
    drawn = discs(study)
    assert [disc.title for disc in drawn] == ["Transmurality", "Infarct", "Edema"]
    depths = _values(drawn[0].drawing)
    assert depths == {str(number): str(5 * (number - 1)) for number in range(1, 16)} | {"16": "–"}
    assert _values(drawn[1].drawing)["11"] == "25"
    assert _values(drawn[2].drawing)["11"] == "12"


def test_edema_has_no_disc_where_the_mask_does_not_label_it(study):
    titles = [disc.title for disc in discs(replace(study, tissues=("scar", "mvo")))]
    assert titles == ["Transmurality", "Infarct"]


def test_the_convention_of_the_study_decides_which_transmurality_is_shown(study):
    fraction = discs(
        replace(study, conventions={**study.conventions, "transmurality": "fraction"})
    )[0]
    assert _values(fraction.drawing)["11"] == "25"
    assert "Infarcted share of each chord" in fraction.caption
    area = discs(replace(study, conventions={**study.conventions, "transmurality": "area"}))[0]
    assert "Infarct voxels over wall voxels" in area.caption


def test_no_reflow_is_a_dot_on_the_infarct_only(study):
    marked = replace(study.segments[3], figures=replace(study.segments[3].figures, mvo=True))
    drawn = discs(replace(study, segments=(*study.segments[:3], marked, *study.segments[4:])))
    assert [str(disc.drawing).count("<circle") for disc in drawn] == [0, 1, 0]
    assert "A dot marks no-reflow." in drawn[1].caption


def test_without_a_direction_rings_stand_for_segments(study_without_direction):
    assert _values(discs(study_without_direction)[0].drawing) == {
        "basal": "0",
        "mid": "40",
        "apical": "80",
    }


def test_the_cap_of_the_rings_is_drawn_where_it_was_imaged(study_without_direction):
    apex = replace(study_without_direction.rings[2], name="apex")
    drawn = discs(replace(study_without_direction, rings=(*study_without_direction.rings, apex)))
    assert _values(drawn[0].drawing) == {"basal": "0", "mid": "40", "apical": "80", "17": "80"}


def test_insertions_are_turned_with_the_septum_and_follow_the_sense(study):
    reference = replace(
        study.reference,
        septum_deg=200.0,
        anterior_insertion_deg=140.0,
        inferior_insertion_deg=250.0,
    )
    assert insertions_deg(reference, sectors="rigid") == pytest.approx((120.0, 230.0))
    backwards = replace(
        reference, sense=-1, anterior_insertion_deg=260.0, inferior_insertion_deg=150.0
    )
    assert insertions_deg(backwards, sectors="rigid") == pytest.approx((120.0, 230.0))
    assert insertions_deg(reference, sectors="anatomical") == (120.0, 240.0)
    assert insertions_deg(reference, sectors="rigid_from_insertion") == (120.0, 230.0)
    assert insertions_deg(backwards, sectors="rigid_from_insertion") == (120.0, 230.0)


def test_insertions_that_the_mask_does_not_show_are_not_drawn(study, study_without_direction):
    assert insertions_deg(study_without_direction.reference, sectors="rigid") == ()
    assert str(discs(study)[0].drawing).count("<line") == 2


def _values(drawing):
    root = ElementTree.fromstring(str(drawing))
    return {
        tile.get("data-segment"): tile.find("text[@class='value']").text
        for tile in root.findall("g")
    }
