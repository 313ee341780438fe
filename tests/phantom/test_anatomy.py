from dataclasses import replace

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.phantom.anatomy import heart_plane, label_stack, left_ventricle
from scarmap.phantom.study import draw_heart

PIXEL_MM = 1.0


@pytest.fixture
def coordinates():
    line = np.arange(-90, 90, PIXEL_MM, dtype=np.float32)
    return line[:, None], line[None, :]


def _plane(heart, coordinates, height_mm):
    flat = np.zeros((180, 180), dtype=np.float32)
    heights = np.array([height_mm], dtype=np.float32)
    return heart_plane(heart, *coordinates, heights_mm=heights, pixel_mm=PIXEL_MM, roughness=flat)


def test_a_smooth_normal_heart_has_the_area_of_its_rings(coordinates):
    heart = replace(draw_heart(np.random.default_rng(0), layout="myops2020", infarcted=False), outer=(), inner=())
    truth = _plane(heart, coordinates, heart.widest_mm).truth
    pool_mm = heart.radius_mm - heart.wall_mm
    assert truth["lv_pool"].sum() == pytest.approx(np.pi * pool_mm**2, rel=0.01)
    assert truth["normal_myocardium"].sum() == pytest.approx(np.pi * (heart.radius_mm**2 - pool_mm**2), rel=0.01)


def test_cavity_narrows_towards_the_apex_and_ends_before_the_muscle_does(coordinates):
    heart = draw_heart(np.random.default_rng(1), layout="emidec", infarcted=False)
    pools = [_plane(heart, coordinates, height).truth["lv_pool"].sum() for height in (3, 12, 25, 45)]
    assert pools[0] == 0
    assert pools == sorted(pools)
    assert _plane(heart, coordinates, 3).truth["normal_myocardium"].sum() > 100


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("layout", ["myops2020", "emidec"])
def test_shares_are_never_negative_and_never_exceed_a_voxel(coordinates, layout, seed):
    plane = _plane(draw_heart(np.random.default_rng(seed), layout=layout), coordinates, 45)
    for shares in (plane.truth, plane.tissues):
        total = sum(shares.values())
        assert min(share.min() for share in shares.values()) > -1e-6
        assert total.max() < 1 + 1e-5


def test_the_wall_is_thicker_where_it_is_infarcted(coordinates):
    heart = draw_heart(np.random.default_rng(3), layout="myops2020")
    heights = np.array([heart.infarct.height_mm], dtype=np.float32)
    u_mm, v_mm = (axis[..., None] for axis in coordinates)
    inner = [
        (left_ventricle(shape, u_mm, v_mm, heights_mm=heights).endocardium_mm < 0).sum()
        for shape in (heart, replace(heart, infarct=None))
    ]
    assert inner[0] < 0.97 * inner[1]


def test_labels_follow_the_majority_and_what_a_layout_does_not_know_is_merged():
    shares = {
        "rv_pool": np.array([0.9, 0, 0, 0.2], dtype=np.float32),
        "normal_myocardium": np.array([0, 0.3, 0.2, 0.3], dtype=np.float32),
        "edema": np.array([0, 0.4, 0, 0], dtype=np.float32),
        "scar": np.array([0, 0.3, 0.3, 0.1], dtype=np.float32),
        "mvo": np.array([0, 0, 0.5, 0], dtype=np.float32),
    }
    myops = [INDEX[name] for name in ("rv_pool", "edema", "scar", "background")]
    emidec = [INDEX[name] for name in ("background", "normal_myocardium", "mvo", "background")]
    assert label_stack(shares, "myops2020").tolist() == myops
    assert label_stack(shares, "emidec").tolist() == emidec
