import nibabel
import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.phantom.scan.geometry import (
    axis_crossing,
    draw_geometry,
    heart_points,
    plane_coordinates,
)
from scarmap.phantom.scan.style import draw_style


def _draw(seed, style, **sizes):
    rng = np.random.default_rng(seed)
    return draw_geometry(rng, draw_style(rng, style), heart_length_mm=92.0, **sizes)


@pytest.mark.parametrize("seed", range(8))
def test_myops_stacks_are_oblique_apical_first_and_sized_like_the_data(seed):
    geometry = _draw(seed, "myops2020")
    x, y, slices = geometry.grid.shape
    assert 380 <= min(x, y) <= max(x, y) <= 512
    assert 2 <= slices <= 6
    assert 12 <= geometry.grid.spacing_mm[2] <= 23
    assert 0.729 <= geometry.pixel_mm <= 0.762
    assert nibabel.aff2axcodes(geometry.grid.affine) in {("L", "S", "P"), ("P", "S", "R")}
    assert (np.diff(geometry.heights_mm) > 0).all()
    assert geometry.heights_mm[0] >= 14


@pytest.mark.parametrize("style", ["myops2020", "emidec", "random"])
@pytest.mark.parametrize("seed", range(3))
def test_affine_axes_are_at_right_angles_and_as_long_as_the_spacing(style, seed):
    geometry = _draw(seed, style)
    axes = geometry.grid.affine[:3, :3]
    np.testing.assert_allclose(
        axes.T @ axes, np.diag(np.square(geometry.grid.spacing_mm)), atol=1e-9
    )
    apart = np.abs(np.diff(geometry.heights_mm)) * geometry.tilt[2, 2]
    np.testing.assert_allclose(apart, geometry.grid.spacing_mm[2], rtol=1e-4)


def test_fewer_voxels_cover_the_same_field_of_view():
    native, coarse = (_draw(5, "emidec", num_slices=4, in_plane=size) for size in (None, 64))
    assert coarse.grid.shape == (64, 64, 4)
    field = np.mean(native.grid.shape[:2]) * native.pixel_mm
    assert 64 * coarse.pixel_mm == pytest.approx(field, rel=0.01)


def test_coordinates_are_zero_at_the_heart_and_move_with_it():
    geometry = _draw(6, "myops2020", num_slices=3, in_plane=100)
    (u_mm, v_mm), (moved, _) = (
        plane_coordinates(geometry, shift) for shift in ((0.0, 0.0), (25.0, 0.0))
    )
    assert np.abs(u_mm).min() <= geometry.pixel_mm / 2
    assert np.abs(v_mm).min() <= geometry.pixel_mm / 2
    np.testing.assert_allclose(moved, u_mm - 25, atol=1e-4)


def test_stacks_are_tilted_by_a_few_degrees_and_keep_distances():
    geometry = _draw(7, "emidec")
    assert 0 < np.rad2deg(np.arccos(geometry.tilt[2, 2])) < 13
    line = np.array([0, 30], dtype=np.float32)
    points = heart_points(geometry, line, 0 * line, heights_mm=np.float32(geometry.pivot_mm))
    moved = [np.diff(getattr(points, name))[0] for name in ("u_mm", "v_mm", "heights_mm")]
    assert np.linalg.norm(moved) == pytest.approx(30, rel=1e-5)


def test_the_axis_crosses_each_plane_where_it_is_said_to():
    geometry = _draw(8, "random")
    heights = geometry.heights_mm
    points = heart_points(geometry, *axis_crossing(geometry, heights), heights_mm=heights)
    np.testing.assert_allclose(np.hypot(points.u_mm, points.v_mm), 0, atol=1e-4)
    np.testing.assert_allclose(points.heights_mm, heights, atol=1e-3)


@pytest.mark.parametrize(("slices", "size"), [(0, None), (None, 8)])
def test_impossible_sizes_are_refused(slices, size):
    with pytest.raises(DataError, match="at least 1 slice and 16 voxels"):
        _draw(0, "emidec", num_slices=slices, in_plane=size)
