import nibabel
import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.phantom.geometry import draw_geometry, plane_coordinates


@pytest.mark.parametrize("seed", range(8))
def test_myops_stacks_are_oblique_apical_first_and_sized_like_the_data(seed):
    geometry = draw_geometry(np.random.default_rng(seed), "myops2020", num_slices=None, in_plane=None)
    x, y, slices = geometry.grid.shape
    assert 380 <= min(x, y) <= max(x, y) <= 512
    assert 3 <= slices <= 6
    assert 12 <= geometry.grid.spacing_mm[2] <= 23
    assert 0.729 <= geometry.pixel_mm <= 0.762
    assert nibabel.aff2axcodes(geometry.grid.affine) in {("L", "S", "P"), ("P", "S", "R")}
    assert (np.diff(geometry.heights_mm) > 0).all()


@pytest.mark.parametrize("layout", ["myops2020", "emidec"])
def test_affine_axes_are_at_right_angles_and_as_long_as_the_spacing(layout):
    geometry = draw_geometry(np.random.default_rng(3), layout, num_slices=None, in_plane=None)
    axes = geometry.grid.affine[:3, :3]
    np.testing.assert_allclose(axes.T @ axes, np.diag(np.square(geometry.grid.spacing_mm)), atol=1e-9)


def test_fewer_voxels_cover_the_same_field_of_view():
    native, coarse = (
        draw_geometry(np.random.default_rng(5), "emidec", num_slices=4, in_plane=size) for size in (None, 64)
    )
    assert coarse.grid.shape == (64, 64, 4)
    field = np.mean(native.grid.shape[:2]) * native.pixel_mm
    assert 64 * coarse.pixel_mm == pytest.approx(field, rel=0.01)


def test_coordinates_are_zero_at_the_heart_and_move_with_it():
    geometry = draw_geometry(np.random.default_rng(6), "myops2020", num_slices=3, in_plane=100)
    (u_mm, v_mm), (moved, _) = (plane_coordinates(geometry, shift) for shift in ((0.0, 0.0), (25.0, 0.0)))
    assert np.abs(u_mm).min() <= geometry.pixel_mm / 2
    assert np.abs(v_mm).min() <= geometry.pixel_mm / 2
    np.testing.assert_allclose(moved, u_mm - 25, atol=1e-4)


@pytest.mark.parametrize(("slices", "size"), [(0, None), (None, 8)])
def test_impossible_sizes_are_refused(slices, size):
    with pytest.raises(DataError, match="at least 1 slice and 16 voxels"):
        draw_geometry(np.random.default_rng(0), "emidec", num_slices=slices, in_plane=size)
