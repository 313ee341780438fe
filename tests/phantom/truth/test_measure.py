from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from scarmap.labels import INDEX
from scarmap.phantom.heart.anatomy import heart_plane, label_stack
from scarmap.phantom.heart.population import POPULATIONS, draw_heart
from scarmap.phantom.heart.surfaces import tabulate
from scarmap.phantom.scan.geometry import draw_geometry, heart_points, sub_slices
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.truth.measure import STRUCTURES, measure

RING_MM2 = np.pi * (30**2 - 20**2)
INFARCT_MM2 = np.pi * (25**2 - 20**2) / 4


@pytest.fixture(scope="module")
def truth(plain_heart, ring, upright_stack):
    """Exact figures of the cylinder."""
    return measure(plain_heart, ring, upright_stack)


def test_a_cylinder_has_its_analytic_volumes_within_a_thousandth(truth):
    expected = {
        "lv_pool": np.pi * 20**2 / 10,
        "whole_myocardium": RING_MM2 / 10,
        "whole_infarct": INFARCT_MM2 / 10,
        "edema": np.pi * (30**2 - 25**2) / 40,
        "mvo": np.pi * (22**2 - 20**2) / 80,
    }
    for view in ("discs", "continuous"):
        for name, volume_ml in expected.items():
            assert truth[view]["volume_ml"][name] == pytest.approx(volume_ml, rel=1e-3), (
                view,
                name,
            )
        assert truth[view]["volume_ml"]["rv_pool"] == pytest.approx(0, abs=1e-6)
        assert truth[view]["mass_g"]["whole_infarct"] == pytest.approx(
            1.05 * INFARCT_MM2 / 10, rel=1e-3
        )
        assert truth[view]["percent_of_lv"]["whole_infarct"] == pytest.approx(
            100 * INFARCT_MM2 / RING_MM2, rel=1e-3
        )


def test_a_tilted_plane_cuts_a_cylinder_in_a_larger_ellipse_but_the_slab_keeps_its_volume(
    plain_heart, cylinder, upright_stack
):
    turn = Rotation.from_rotvec([0.3, 0.1, 0.0]).as_matrix()
    spacing = upright_stack.grid.spacing_mm[2] * turn[2, 2]
    grid = replace(upright_stack.grid, spacing_mm=(1.0, 1.0, spacing))
    tilted = measure(plain_heart, cylinder, replace(upright_stack, tilt=turn, grid=grid))
    assert tilted["slice_area_mm2"]["lv_pool"][4] == pytest.approx(
        np.pi * 400 / turn[2, 2], rel=2e-3
    )
    assert tilted["continuous"]["volume_ml"]["lv_pool"] == pytest.approx(np.pi * 40, rel=2e-3)
    assert tilted["slab"]["tilt_deg"] == pytest.approx(np.rad2deg(np.arccos(turn[2, 2])))


def test_every_key_is_documented(truth):
    def keys(value):
        if isinstance(value, dict):
            yield from value
        for inner in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        ):
            yield from keys(inner)

    page = (Path(__file__).parents[3] / "docs" / "phantom.md").read_text(encoding="utf-8")
    found = set(keys(truth))
    assert {"volume_ml", "infarct_extent", "anterior"} <= found
    assert {key for key in found if f"`{key}`" not in page} == set()


def test_a_normal_heart_says_so(truth):
    assert truth["pathology"] == {
        "stage": "normal",
        "territory": None,
        "lesions": 0,
        "mvo": False,
        "mid_wall": False,
    }


def test_masks_of_fine_slices_have_the_volumes_of_the_continuous_heart():
    rng = np.random.default_rng(3)
    heart = draw_heart(
        rng, replace(POPULATIONS["emidec"], mvo=1.0, chronic=0.0, infarct_spread=0.0)
    )
    table = tabulate(heart)
    stack = draw_geometry(rng, draw_style(rng, "emidec"), heart_length_mm=heart.length_mm)
    heights = np.arange(34, 58, 2, dtype=np.float32)
    grid = replace(
        stack.grid, shape=(1, 1, len(heights)), spacing_mm=(0.5, 0.5, 2.0 * stack.tilt[2, 2])
    )
    stack = replace(stack, grid=grid, heights_mm=heights, thickness_mm=2.0, pivot_mm=46.0)
    across = np.arange(-100, 50, 0.5, dtype=np.float32)[:, None, None]
    upwards = np.arange(-75, 80, 0.5, dtype=np.float32)[None, :, None]
    flat = np.zeros((across.size, upwards.size), dtype=np.float32)
    counts = np.zeros(len(INDEX))
    for thin in sub_slices(stack, heights):
        points = heart_points(stack, across, upwards, heights_mm=thin)
        plane = heart_plane(heart, table, points, pixel_mm=0.5, roughness=flat, flow=flat)
        counts += np.bincount(label_stack(plane.truth, "scarmap").ravel(), minlength=len(INDEX))
    truth = measure(heart, table, stack)["continuous"]["volume_ml"]
    for name, tissues in STRUCTURES.items():
        volume_ml = (
            sum(counts[INDEX[tissue]] for tissue in tissues) * np.prod(grid.spacing_mm) / 1000
        )
        assert volume_ml == pytest.approx(truth[name], rel=0.03), name
