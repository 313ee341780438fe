from dataclasses import replace

import numpy as np
import pytest

from scarmap.phantom.heart.infarct import (
    TERRITORIES,
    Focus,
    Infarct,
    draw_infarct,
    extent,
    reach,
    scaled,
)

FOCUS = Focus(centre_deg=90.0, half_angle_deg=60.0, height_mm=45.0, half_height_mm=40.0, depth=0.5)
SMOOTH = Infarct(
    "LAD",
    (FOCUS,),
    risk_ratio=1.5,
    core=0.5,
    core_from=0.0,
    core_to=0.3,
    spared=0.0,
    fraying=0.0,
    swelling=0.3,
    waves=(),
)


def _ray(infarct, direction_deg, *, height_mm=45.0):
    angle = np.array([np.deg2rad(direction_deg)], dtype=np.float32)
    found = extent(infarct, angle, np.array([height_mm], dtype=np.float32))
    return {name: float(value[0]) for name, value in vars(found).items()}


def _draw(seed, **changes):
    settings = {
        "arteries": {"LAD": 0.4, "RCA": 0.3, "LCx": 0.3},
        "depth": 0.7,
        "chronic": False,
        "mvo": True,
    }
    return draw_infarct(
        np.random.default_rng(seed),
        septum_deg=190,
        length_mm=92,
        fraying=0.1,
        **{**settings, **changes},
    )


def test_the_middle_of_the_infarct_has_the_stated_depth():
    ray = _ray(SMOOTH, 90)
    assert ray["scar_to"] == pytest.approx(0.5)
    assert ray["core_to"] == pytest.approx(0.3)
    assert ray["risk_to"] == 1.5
    assert ray["scar_from"] == ray["core_from"] == -1, "from the endocardium on"


def test_half_way_to_its_side_the_wavefront_has_the_height_of_an_ellipse():
    assert _ray(SMOOTH, 120)["scar_to"] == pytest.approx(0.5 * np.sqrt(1 - 0.25))
    assert _ray(SMOOTH, 90, height_mm=65)["scar_to"] == pytest.approx(0.5 * np.sqrt(1 - 0.25))


def test_edema_reaches_further_than_the_infarct_and_remote_wall_has_neither():
    beyond, remote = _ray(SMOOTH, 165), _ray(SMOOTH, 200)
    assert beyond["scar_to"] < 0 < beyond["risk_to"]
    assert max(remote[name] for name in ("scar_to", "risk_to", "core_to")) < 0
    assert remote["injured"] == 0


def test_a_mid_wall_infarct_spares_the_endocardium():
    ray = _ray(replace(SMOOTH, spared=0.2), 90)
    assert (ray["scar_from"], ray["scar_to"]) == (pytest.approx(0.2), pytest.approx(0.5))


def test_an_old_infarct_has_neither_edema_nor_core():
    ray = _ray(replace(SMOOTH, risk_ratio=0.0, core=0.0), 90)
    assert ray["scar_to"] == pytest.approx(0.5)
    assert ray["risk_to"] == ray["core_to"] == -1
    drawn = _draw(3, chronic=True)
    assert drawn.chronic
    assert drawn.core == 0
    assert drawn.swelling < 0


def test_two_lesions_are_united():
    other = replace(FOCUS, centre_deg=270.0, depth=0.9)
    both = replace(SMOOTH, foci=(FOCUS, other))
    assert _ray(both, 90)["scar_to"] == pytest.approx(0.5)
    assert _ray(both, 270)["scar_to"] == pytest.approx(0.9)


def test_reach_is_one_on_the_border_sideways_and_along_the_axis():
    angle = np.deg2rad([90.0, 150.0, 30.0, 90.0]).astype(np.float32)
    heights = np.array([45.0, 45.0, 45.0, 85.0], dtype=np.float32)
    np.testing.assert_allclose(
        reach(SMOOTH, FOCUS, angle, heights, ratio=1.0), [0, 1, 1, 1], atol=1e-5
    )


def test_scaling_changes_width_and_height_alone():
    focus = scaled(SMOOTH, 0.5).foci[0]
    assert focus == replace(FOCUS, half_angle_deg=30.0, half_height_mm=20.0)


def test_territories_lie_around_the_septum_they_are_stated_for():
    drawn = [_draw(seed) for seed in range(60)]
    for artery, (offset_deg, _) in TERRITORIES.items():
        centres = [infarct.foci[0].centre_deg for infarct in drawn if infarct.territory == artery]
        assert abs(np.mean(centres) - 190 - offset_deg) < 12
    assert {infarct.territory for infarct in drawn} == set(TERRITORIES)


def test_arteries_are_blocked_as_often_as_asked():
    drawn = [_draw(seed, arteries={"LAD": 0.0, "RCA": 1.0, "LCx": 0.0}) for seed in range(5)]
    assert {infarct.territory for infarct in drawn} == {"RCA"}
