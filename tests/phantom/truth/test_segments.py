from dataclasses import replace

import numpy as np
import pytest

from scarmap.phantom.heart.surfaces import DIRECTIONS
from scarmap.phantom.truth.segments import follow, segment_table, thirds


def test_rays_through_a_cylinder_measure_its_wall_and_infarct(plain_heart, cylinder, upright_stack):
    chords = follow(plain_heart, cylinder, upright_stack, 90.0)
    hit = chords.fraction > 0
    np.testing.assert_allclose(chords.wall_mm, 10, atol=0.1)
    np.testing.assert_allclose(chords.extent[hit], 0.5, atol=0.02)
    assert hit.mean() == pytest.approx(0.25, abs=0.01)
    assert chords.full
    assert not chords.cap
    assert chords.cavity_mm2 == pytest.approx(np.pi * 400, rel=1e-3)


def test_segments_are_counted_from_the_middle_of_the_septum(plain_heart, cylinder, upright_stack):
    table = segment_table(plain_heart, cylinder, upright_stack)
    found = {each["segment"]: each for each in table["segments"]}
    assert sorted(found) == list(range(1, 17))
    hit = {name for name, each in found.items() if each["infarct_extent"]["max_percent"] > 0}
    assert hit == {5 + 1, 1, 11 + 1, 7, 13, 16}, (
        "0 to 90 degrees with the septum at 180: lateral to anterior"
    )
    assert found[6]["infarct_extent"]["mean_percent"] == pytest.approx(50, abs=1.5)
    assert found[1]["infarcted_rays_percent"] == pytest.approx(50, abs=2)
    assert found[1]["infarct_extent"]["mean_of_infarcted_percent"] == pytest.approx(50, abs=1.5)
    assert found[2]["infarct_extent"]["mean_of_infarcted_percent"] is None
    assert found[6]["infarct_area_percent"] == pytest.approx(
        100 * (25**2 - 20**2) / (30**2 - 20**2), abs=0.5
    )


def test_an_outer_infarct_fills_less_of_its_chord_than_it_extends_to(
    plain_heart, cylinder, upright_stack
):
    cylinder[6] = np.where(cylinder[7] > 0, 0.3, -1)
    segment = segment_table(plain_heart, cylinder, upright_stack)["segments"][5]
    assert segment["segment"] == 6
    assert segment["infarct_extent"]["max_percent"] == pytest.approx(50, abs=2.5)
    assert segment["infarct_chord"]["max_percent"] == pytest.approx(20, abs=1)


def test_slices_are_shared_among_rings_from_the_base(plain_heart, cylinder, upright_stack):
    assert segment_table(plain_heart, cylinder, upright_stack)["rings"] == {
        "basal": [9, 8, 7, 6],
        "mid": [5, 4, 3],
        "apical": [2, 1, 0],
        "apex": [],
    }
    assert thirds([1, 0]) == [[1], [0], []]


def test_a_slice_of_wall_without_cavity_is_segment_17_and_a_broken_ring_is_none(
    plain_heart, cylinder, upright_stack
):
    cylinder[0, :130] = -1
    cylinder[1, 260:, : DIRECTIONS // 3] = 19
    table = segment_table(plain_heart, cylinder, upright_stack)
    assert table["rings"]["apex"] == [1, 0]
    assert 9 not in table["rings"]["basal"]
    assert table["segments"][-1]["segment"] == 17


def test_insertions_are_the_ends_of_the_contact_in_view_and_array(
    plain_heart, cylinder, upright_stack
):
    flipped = replace(upright_stack, anterior=-1)
    (low, *_, high) = segment_table(plain_heart, cylinder, flipped)["insertions_deg"]
    assert high["anterior"]["view"] == pytest.approx(180 - 60, abs=1)
    assert high["inferior"]["view"] == pytest.approx(180 + 60, abs=1)
    assert high["anterior"]["array"] == pytest.approx(360 - high["anterior"]["view"])
    assert low["anterior"]["view"] > high["anterior"]["view"]
