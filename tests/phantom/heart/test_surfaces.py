from dataclasses import replace

import numpy as np
import pytest

from scarmap.phantom.heart.population import POPULATIONS, draw_heart
from scarmap.phantom.heart.surfaces import contact_half_angle, look_up, tabulate, trace


@pytest.fixture
def heart():
    return draw_heart(np.random.default_rng(11), POPULATIONS["myops2020"])


def test_the_table_gives_what_was_traced(heart):
    rng = np.random.default_rng(0)
    angle = rng.uniform(-np.pi, 2 * np.pi, 400).astype(np.float32)
    heights = rng.uniform(20, heart.length_mm, 400).astype(np.float32)
    traced, found = trace(heart, angle, heights), look_up(tabulate(heart), angle, heights)
    for name in ("endocardium_mm", "epicardium_mm"):
        np.testing.assert_allclose(getattr(found, name), getattr(traced, name), atol=1.0)
        assert np.abs(getattr(found, name) - getattr(traced, name)).mean() < 0.15


def test_a_smooth_ventricle_is_widest_where_it_is_said_to_be(plain_heart):
    heights = np.array([plain_heart.widest_mm], dtype=np.float32)
    rays = trace(plain_heart, np.linspace(0, 6, 20, dtype=np.float32), heights)
    np.testing.assert_allclose(rays.epicardium_mm, 30, rtol=1e-5)
    np.testing.assert_allclose(rays.endocardium_mm, 20, rtol=1e-3)


def test_every_wall_has_a_thickness_and_every_surface_its_order(heart):
    rays = trace(heart, np.linspace(0, 6.28, 90)[None], np.arange(5, heart.length_mm, 5)[:, None])
    assert (rays.epicardium_mm - rays.endocardium_mm).min() >= 0.39 * heart.wall_mm
    assert (rays.pericardium_mm >= np.maximum(rays.epicardium_mm, rays.right_mm)).all()
    assert (rays.fat_rim_mm >= rays.pericardium_mm).all()


def test_the_septum_is_thicker_and_the_apex_thinner_where_asked(plain_heart):
    heart = replace(plain_heart, septal_bulk=0.1, apical_loss=0.3)
    angle = np.deg2rad([180.0, 0.0]).astype(np.float32)
    high, low = (trace(heart, angle, np.array([height], dtype=np.float32)) for height in (100, 50))
    septum, lateral = high.epicardium_mm - high.endocardium_mm
    assert (septum, lateral) == (pytest.approx(11, rel=0.01), pytest.approx(9, rel=0.01))
    even = trace(plain_heart, angle, np.array([50], dtype=np.float32))
    assert (low.endocardium_mm[1] - even.endocardium_mm[1]) == pytest.approx(
        1 + 0.3 * 0.5 * 10, rel=0.02
    )


def test_the_right_ventricle_begins_and_ends_at_its_insertions(heart):
    height = np.array([60], dtype=np.float32)
    half = float(contact_half_angle(heart, height)[0])
    septum = np.deg2rad(heart.septum_deg)
    turns = np.array([-half - 0.02, -half + 0.05, 0, half - 0.05, half + 0.02])
    rays = trace(heart, septum + turns, height)
    assert (rays.right_mm > rays.epicardium_mm).tolist() == [False, True, True, True, False]


def test_the_contact_widens_towards_the_base(plain_heart):
    arcs = np.rad2deg(
        2 * contact_half_angle(plain_heart, np.array([26, 60, 100, 180], dtype=np.float32))
    )
    assert (np.diff(arcs) > 0).all()
    assert arcs[0] == pytest.approx(66)
    assert arcs[-1] == pytest.approx(120)


def test_fat_lies_all_around_the_heart_in_places_thick_and_in_places_thin():
    angle, height = np.linspace(0, 6.28, 180, dtype=np.float32), np.array([50], dtype=np.float32)
    lateral = np.cos(angle - np.pi) < -0.5
    thickest, thinnest = [], []
    for seed in range(20):
        heart = draw_heart(np.random.default_rng(seed), POPULATIONS["random"], infarcted=False)
        rays = trace(replace(heart, septum_deg=180.0), angle, height)
        fat = (rays.fat_rim_mm - rays.epicardium_mm)[lateral]
        thickest.append(fat.max())
        thinnest.append(fat.min())
    assert np.median(thickest) > 6
    assert np.median(thinnest) < 3
