import numpy as np
import pytest

from scarmap.labels import INDEX, region_mask
from scarmap.quantification.stack.wall_slices import wall_slices
from scarmap.quantification.thresholds.remote import find_remote, remote_from


def _image(labels, brightness):
    """`brightness` of the direction in degrees, the same at every depth and in every slice."""
    x, y = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in labels.array.shape[:2]), indexing="ij")
    angle = np.rad2deg(np.arctan2(y, x)) % 360
    return np.repeat(brightness(angle)[..., None], labels.array.shape[2], axis=2).astype(np.float32)


def test_the_darkest_sector_is_found_and_its_statistics_are_those_of_its_voxels(make_heart):
    labels = make_heart(inner_mm=(20.0, 20.0), right=False)
    image = _image(
        labels, lambda angle: np.where((angle >= 30) & (angle < 90), 5 + (angle > 60), 50)
    )
    found = find_remote(image, labels, wall_slices(labels))
    angles = _image(labels, lambda angle: angle)[found.mask]
    assert 30 <= angles.min() <= angles.max() < 90
    assert found.statistics.mean == pytest.approx(5.5, abs=0.05)
    assert found.statistics.sd == pytest.approx(np.std(image[found.mask], ddof=1))
    assert found.statistics.num_voxels == found.mask.sum() > 400


def test_voxels_at_the_borders_of_the_wall_do_not_count(make_heart):
    labels = make_heart(inner_mm=(20.0,))
    found = find_remote(np.zeros(labels.array.shape, dtype=np.float32), labels, wall_slices(labels))
    grown = found.mask.copy()
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        grown |= np.roll(found.mask, step, axis)
    assert region_mask(labels.array, "whole_myocardium")[grown].all()


def test_pathology_and_insertions_are_kept_out(make_heart):
    labels = make_heart(
        inner_mm=(20.0,), hurt=lambda radius, angle, index: {"edema": (angle > 230) | (angle < 90)}
    )
    image = _image(labels, lambda angle: np.where(np.abs(angle - 171) < 16, 0, 100 - 0.1 * angle))
    found = find_remote(image, labels, wall_slices(labels))
    angles = _image(labels, lambda angle: angle)[found.mask]
    assert (labels.array[found.mask] == INDEX["normal_myocardium"]).all()
    assert (np.abs(angles - 171) > 12).all()


def test_there_is_none_where_everything_is_hurt(make_heart):
    labels = make_heart(inner_mm=(20.0,), hurt=lambda radius, angle, index: {"scar": angle >= 0})
    assert (
        find_remote(np.zeros(labels.array.shape, dtype=np.float32), labels, wall_slices(labels))
        is None
    )


def test_a_given_region_is_taken_as_it_is():
    image = np.array([1, 3, 8], dtype=np.float32).reshape(3, 1, 1)
    found = remote_from(image, image < 5, source="mine")
    assert (found.statistics.mean, found.statistics.sd) == (2.0, pytest.approx(2**0.5))
    assert remote_from(image, image > 5, source="one voxel") is None
