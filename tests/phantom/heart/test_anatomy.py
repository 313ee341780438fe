from dataclasses import replace

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.phantom.heart.anatomy import Points, above_valves, heart_plane, label_stack
from scarmap.phantom.heart.population import POPULATIONS, draw_heart
from scarmap.phantom.heart.surfaces import tabulate

PIXEL_MM = 1.0


def _points(height_mm):
    line = np.arange(-100, 100, PIXEL_MM, dtype=np.float32)
    return Points(line[:, None, None], line[None, :, None], np.array([height_mm], dtype=np.float32))


def _plane(heart, height_mm, table=None):
    flat = np.zeros((200, 200), dtype=np.float32)
    table = tabulate(heart) if table is None else table
    return heart_plane(
        heart, table, _points(height_mm), pixel_mm=PIXEL_MM, roughness=flat, flow=flat
    )


def _draw(seed, style="myops2020", **changes):
    population = replace(POPULATIONS[style], **changes)
    return draw_heart(np.random.default_rng(seed), population)


def test_a_ring_has_its_area_and_its_injury(plain_heart, cylinder):
    truth = _plane(plain_heart, 100, cylinder).truth
    assert truth["lv_pool"].sum() == pytest.approx(np.pi * 20**2, rel=0.005)
    assert truth["rv_pool"].sum() == pytest.approx(0, abs=0.1)
    assert (truth["scar"] + truth["mvo"]).sum() == pytest.approx(
        np.pi * (25**2 - 20**2) / 4, rel=0.02
    )
    assert truth["edema"].sum() == pytest.approx(np.pi * (30**2 - 25**2) / 4, rel=0.02)


def test_cavity_narrows_towards_the_apex_and_ends_before_the_muscle_does():
    heart = replace(_draw(1, "emidec"), infarct=None)
    pools = [_plane(heart, height).truth["lv_pool"].sum() for height in (3, 12, 25, 45)]
    assert pools[0] == 0
    assert pools == sorted(pools)
    assert _plane(heart, 3).truth["normal_myocardium"].sum() > 100


@pytest.mark.parametrize("height_mm", [20, 55, 92, 104])
@pytest.mark.parametrize("style", ["myops2020", "random"])
def test_shares_are_never_negative_and_never_exceed_a_voxel(style, height_mm):
    plane = _plane(_draw(height_mm, style), height_mm)
    for shares in (plane.truth, plane.tissues):
        total = sum(shares.values())
        assert min(share.min() for share in shares.values()) > -1e-5
        assert total.max() < 1 + 1e-5


def test_what_is_imaged_of_the_wall_is_what_is_labelled():
    plane = _plane(_draw(2, mvo=1.0, chronic=0.0), 50)
    for label, tissue in (("edema", "edema"), ("scar", "scar"), ("mvo", "no_reflow")):
        np.testing.assert_array_equal(plane.truth[label], plane.tissues[tissue])
    papillary = plane.truth["lv_pool"] - plane.tissues["lv_blood"] - plane.tissues["slow_blood"]
    assert papillary.sum() > 20, "papillary muscles are muscle in the image and cavity in the truth"


def test_an_old_infarct_is_old_scar_in_the_image():
    plane = _plane(_draw(4, chronic=1.0), 50)
    assert plane.tissues["chronic_scar"].sum() > 20
    assert "scar" not in plane.tissues
    assert plane.truth["edema"].max() == plane.truth["mvo"].max() == 0


def test_an_acute_infarct_thickens_the_wall_and_an_old_one_thins_it():
    heart = _draw(3, chronic=0.0, infarct_spread=0.0)
    acute, thinned = (replace(heart.infarct, swelling=share) for share in (0.4, -0.4))
    pools = [
        _plane(replace(heart, infarct=infarct), 50).truth["lv_pool"].sum()
        for infarct in (acute, None, thinned)
    ]
    assert pools == sorted(pools)
    assert pools[0] < 0.97 * pools[1] < 0.97**2 * pools[2]


def test_above_the_valves_nothing_is_labelled_and_atrium_and_aorta_are_blood():
    heart = replace(_draw(5), base_slope=0.0)
    plane = _plane(heart, heart.length_mm + 3)
    assert max(share.max() for share in plane.truth.values()) == 0
    assert plane.tissues["lv_blood"].sum() > 800
    assert above_valves(heart, _points(heart.length_mm - 20)).max() == 0


def test_the_right_ventricle_lies_on_the_septal_side_and_touches_the_left():
    heart = replace(_draw(6), septum_deg=180.0, infarct=None)
    truth = _plane(heart, 60).truth
    points = _points(60)
    right, wall = truth["rv_pool"], truth["normal_myocardium"]
    assert right.sum() > 500
    assert (right * points.u_mm[..., 0]).sum() / right.sum() < -heart.radius_mm
    assert (np.roll(right, 1, axis=0) * wall).sum() > 20


def test_labels_follow_the_majority_and_what_a_layout_does_not_know_is_merged():
    shares = {
        "rv_pool": np.array([0.9, 0, 0, 0.2], dtype=np.float32),
        "normal_myocardium": np.array([0, 0.3, 0.2, 0.3], dtype=np.float32),
        "edema": np.array([0, 0.4, 0, 0], dtype=np.float32),
        "scar": np.array([0, 0.3, 0.3, 0.1], dtype=np.float32),
        "mvo": np.array([0, 0, 0.5, 0], dtype=np.float32),
    }
    expected = {
        "myops2020": ("rv_pool", "edema", "scar", "background"),
        "emidec": ("background", "normal_myocardium", "mvo", "background"),
        "scarmap": ("rv_pool", "edema", "mvo", "background"),
    }
    for layout, names in expected.items():
        assert label_stack(shares, layout).tolist() == [INDEX[name] for name in names]


def _textured(heart, *, roughness=0.0, flow=0.0):
    noise = {
        name: np.full((200, 200), level, np.float32)
        for name, level in (("roughness", roughness), ("flow", flow))
    }
    return heart_plane(heart, tabulate(heart), _points(50), pixel_mm=PIXEL_MM, **noise)


def test_living_muscle_lies_between_the_fibres_of_a_scar_and_the_label_holds_both():
    heart = _draw(2, mvo=0.0, chronic=0.0)
    plane = _textured(heart, roughness=1.0)
    np.testing.assert_allclose(plane.tissues["scar"], 0.7 * plane.truth["scar"], atol=1e-6)
    assert plane.tissues["edema"].sum() > plane.truth["edema"].sum()
    old = _textured(_draw(4, chronic=1.0), roughness=1.0)
    np.testing.assert_allclose(old.tissues["chronic_scar"], 0.7 * old.truth["scar"], atol=1e-6)


def test_blood_stands_still_where_the_flow_is_slow():
    heart = _draw(5)
    fast, slow = (_textured(heart, flow=flow).tissues for flow in (-1.0, 1.0))
    assert slow["slow_blood"].sum() > fast["slow_blood"].sum() + 200
    both = [tissues["slow_blood"] + tissues["lv_blood"] for tissues in (fast, slow)]
    np.testing.assert_allclose(*both, atol=1e-5)


def test_there_is_fat_on_the_lateral_side_of_a_heart_with_much_of_it():
    heart = replace(
        _draw(6),
        septum_deg=180.0,
        infarct=None,
        outer=(),
        patches=(),
        outer_patches=(),
        lateral_fat=1.0,
    )
    lean, fat = (
        _textured(replace(heart, fat_mm=thickness, outer_fat_mm=thickness)).tissues["fat"]
        for thickness in (0.5, 8.0)
    )
    beside = _points(50).u_mm[..., 0] > heart.radius_mm
    assert (fat * beside).sum() > 4 * (lean * beside).sum()


def test_blood_reaches_between_trabeculae_into_what_is_outlined_as_wall():
    heart = replace(_draw(7), infarct=None, tract_mm=0.0)
    whole, recessed = (
        _textured(replace(heart, recess_mm=depth), roughness=-1.0) for depth in (0.0, 2.0)
    )
    for name, share in whole.truth.items():
        np.testing.assert_array_equal(share, recessed.truth[name])
    lost = (whole.tissues["myocardium"] - recessed.tissues["myocardium"]).sum()
    radius_mm = np.sqrt(whole.truth["lv_pool"].sum() / np.pi)
    assert lost == pytest.approx(2 * np.pi * (radius_mm + 1) * 2, rel=0.15)


def test_the_outflow_tract_opens_the_wall_below_the_aorta_and_a_reader_closes_it():
    heart = replace(_draw(8), infarct=None, recess_mm=0.0, base_slope=0.0)
    low, high = heart.length_mm - 30, heart.length_mm - 4
    for height_mm, opened in ((low, False), (high, True)):
        closed, tract = (_plane(replace(heart, tract_mm=reach), height_mm) for reach in (0.0, 15.0))
        np.testing.assert_array_equal(
            closed.truth["normal_myocardium"], tract.truth["normal_myocardium"]
        )
        lost = (closed.tissues["myocardium"] - tract.tissues["myocardium"]).sum()
        assert (lost > 50) == opened
