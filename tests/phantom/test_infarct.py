from dataclasses import replace

import numpy as np
import pytest

from scarmap.phantom.infarct import TERRITORIES, Infarct, draw_infarct, injury, reach

SMOOTH = Infarct("LAD", 90.0, 60.0, 45.0, 40.0, 0.5, 1.5, 0.5, ())


def _ray(infarct, direction_deg, *, height_mm=45.0):
    """Shares along one ray through a wall of 10 mm, every 0.1 mm from the endocardium."""
    depth = np.arange(0.05, 10, 0.1, dtype=np.float32).reshape(-1, 1, 1)
    angle = np.full(depth.shape, np.deg2rad(direction_deg), dtype=np.float32)
    shares = injury(
        infarct,
        angle,
        depth,
        thickness_mm=np.full(depth.shape, 10, dtype=np.float32),
        heights_mm=np.array([height_mm], dtype=np.float32),
        pixel_mm=0.1,
    )
    return {name: float(share.mean()) for name, share in shares.items()}


def test_the_middle_of_the_infarct_has_the_stated_transmurality():
    ray = _ray(SMOOTH, 90)
    assert ray["scar"] + ray["mvo"] == pytest.approx(0.5, abs=0.01)
    assert ray["mvo"] == pytest.approx(0.5, abs=0.01)
    assert ray["edema"] == pytest.approx(0.5, abs=0.01)


def test_scar_grows_shallow_to_the_side_and_edema_reaches_further():
    middle, side, beyond, remote = (_ray(replace(SMOOTH, core=0.0), direction) for direction in (90, 130, 165, 200))
    assert middle["scar"] > side["scar"] > 0
    assert beyond["scar"] == 0
    assert beyond["edema"] > 0.2
    assert sum(remote.values()) == 0


def test_reach_is_one_on_the_border_sideways_and_along_the_axis():
    angle = np.deg2rad([90.0, 150.0, 30.0, 90.0]).astype(np.float32)
    heights = np.array([45.0, 45.0, 45.0, 85.0], dtype=np.float32)
    np.testing.assert_allclose(reach(SMOOTH, angle, heights, ratio=1.0), [0, 1, 1, 1], atol=1e-5)


def test_territories_lie_around_the_septum_they_are_stated_for():
    drawn = [draw_infarct(np.random.default_rng(seed), septum_deg=190, heights_mm=(30, 60)) for seed in range(60)]
    for artery, (offset_deg, _) in TERRITORIES.items():
        centres = [infarct.centre_deg for infarct in drawn if infarct.territory == artery]
        assert abs(np.mean(centres) - 190 - offset_deg) < 12
    assert {infarct.territory for infarct in drawn} == set(TERRITORIES)
