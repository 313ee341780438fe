import itertools

import numpy as np
import pytest

from scarmap.dicom.case_folder import pick_frames, read_volume

VENDORS = ("siemens", "siemens-xa", "ge", "philips")


def _corners(shape):
    ends = itertools.product(*[(0, size - 1) for size in shape])
    return np.array([(*end, 1) for end in ends], dtype=float).T


def _values_at(volume, points):
    voxels = np.linalg.inv(volume.grid.affine) @ points
    whole = np.rint(voxels[:3]).astype(int)
    assert np.abs(voxels[:3] - whole).max() < 1e-3
    return volume.array[tuple(whole)]


@pytest.mark.parametrize(("seed", "vendor"), [(s, VENDORS[s % 4]) for s in range(12)])
def test_every_voxel_keeps_its_place_and_value(study, chosen, tmp_path, seed, vendor):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers((9, 9, 3), (16, 16, 7)))
    spacing = tuple(float(each) for each in rng.uniform((0.8, 0.8, 6), (2.5, 2.5, 14)))
    made = study(vendor, seed=seed, shape=shape, spacing=spacing)
    made.series = [each for each in made.series if each.role in ("LGE", "LGE magnitude", "T2")]
    frames = pick_frames(chosen(made.write(tmp_path))).frames
    for role in ("LGE", "T2"):
        truth, read = made.images.stacks[role], read_volume(frames[role])
        assert sorted(read.grid.shape) == sorted(truth.grid.shape)
        points = (
            truth.grid.affine
            @ np.array([(*index, 1) for index in np.ndindex(truth.array.shape)], dtype=float).T
        )
        tolerance = 1.2 if vendor == "siemens" or vendor.endswith("xa") else 1e-3
        tolerance = 0.6 if vendor == "philips" else tolerance
        assert np.allclose(_values_at(read, points), truth.array.ravel(), atol=tolerance)
        ends = read.grid.affine @ _corners(read.grid.shape)
        true_ends = truth.grid.affine @ _corners(truth.grid.shape)
        away = np.linalg.norm(ends[:3, :, None] - true_ends[:3, None], axis=0).min(axis=0)
        assert away.max() < 1e-3
        assert read.grid.voxel_ml == pytest.approx(truth.grid.voxel_ml, rel=1e-6)


def test_the_order_of_files_changes_nothing(study, chosen, tmp_path):
    first, second = study("siemens", seed=3), study("siemens", seed=3)
    second.made()
    second.rng = np.random.default_rng(99)
    volumes = [
        {role: read_volume(frames) for role, frames in pick_frames(chosen(each)).frames.items()}
        for each in (first.write(tmp_path / "a"), second.write(tmp_path / "b"))
    ]
    for role in ("LGE", "T2", "bSSFP"):
        assert np.array_equal(volumes[0][role].array, volumes[1][role].array)
        assert np.array_equal(volumes[0][role].grid.affine, volumes[1][role].grid.affine)


@pytest.mark.parametrize("vendor", VENDORS)
def test_numbers_and_slice_locations_are_not_believed(study, chosen, tmp_path, vendor):
    made = study(vendor, seed=5)
    rng = np.random.default_rng(1)
    for header in made.made():
        header.InstanceNumber = int(rng.integers(1, 500))
        header.SliceLocation = float(rng.normal(0, 50))
    read = read_volume(pick_frames(chosen(made.write(tmp_path))).frames["LGE"])
    truth = made.images.stacks["LGE"]
    middle = truth.grid.affine @ (5, 5, 2, 1)
    assert abs(_values_at(read, middle[:, None])[0] - truth.array[5, 5, 2]) < 1.2


@pytest.mark.parametrize("vendor", VENDORS)
def test_of_a_film_the_phase_of_the_lge_is_taken_in_each_slice(study, chosen, tmp_path, vendor):
    made = study(vendor, seed=7)
    read = read_volume(pick_frames(chosen(made.write(tmp_path))).frames["bSSFP"])
    grid = made.images.stacks["bSSFP"].grid
    points = (
        grid.affine @ np.array([(*index, 1) for index in np.ndindex(grid.shape)], dtype=float).T
    )
    expected = made.images.film[..., 7].ravel()
    assert np.allclose(_values_at(read, points), expected, atol=0.6)


def test_axes_that_are_not_quite_at_right_angles_are_mended(study, chosen, tmp_path):
    made = study("ge", seed=2)
    for header in made.of("LGE"):
        values = np.array(header.ImageOrientationPatient, dtype=float)
        header.ImageOrientationPatient = [f"{v:.9f}" for v in values + 4e-7 * np.arange(6)]
    affine = read_volume(pick_frames(chosen(made.write(tmp_path))).frames["LGE"]).grid.affine
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    assert np.allclose(directions.T @ directions, np.eye(3), atol=1e-12)
