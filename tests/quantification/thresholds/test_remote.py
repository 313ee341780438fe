import numpy as np
import pytest

from scarmap.labels import INDEX, region_mask
from scarmap.quantification.stack.chords import Chords
from scarmap.quantification.stack.septum import Septum
from scarmap.quantification.stack.wall_slices import WallSlice, wall_slices
from scarmap.quantification.thresholds.remote import find_remote, remote_from
from scarmap.volume import Grid, LabelMap


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


def _remote_directions(*voxels, insertions=None):
    """Directions that are taken for remote, of voxels given as (direction, brightness, tissue).

    They lie in the middle row of a wall three voxels thick, where no other voxel counts.
    """
    directions, brightness, tissues = zip(*voxels, strict=True)
    shape = (3, len(voxels) + 2, 1)
    row = (1, slice(1, -1), 0)
    angles, image = np.zeros(shape), np.zeros(shape)
    labels = np.full(shape, INDEX["normal_myocardium"], dtype=np.uint8)
    angles[row], image[row] = directions, brightness
    labels[row] = [INDEX[tissue] for tissue in tissues]
    septum = insertions and Septum(180.0, *insertions)
    chords = Chords(*[np.ones(1)] * 5)
    piece = WallSlice(0, (0.0, 0.0), True, chords, angles.ravel(), labels.ravel(), septum)
    found = find_remote(image, LabelMap(labels, Grid(shape, (1.0, 1.0, 10.0), np.eye(4))), [piece])
    return None if found is None else sorted(set(angles[found.mask].tolist()))


def _many(direction, number=20):
    return [(direction, 5.0, "normal_myocardium")] * number


def _one(direction, brightness=1.0):
    return (direction, brightness, "normal_myocardium")


def test_a_sector_of_twenty_voxels_is_enough_and_one_of_nineteen_is_not():
    assert _remote_directions(*_many(25.0)) == [25]
    assert _remote_directions(*_many(25.0, 19)) is None


@pytest.mark.parametrize(
    ("most", "darker", "found"),
    [
        (0, 59.9, [0, 59.9]),
        (0, 60, [0]),
        (10, 69.9, [10, 69.9]),
        (350, 49.9, [49.9, 350]),
        (350, 50, [350]),
    ],
)
def test_sectors_begin_every_ten_degrees_and_end_before_sixty_more(most, darker, found):
    """A darker voxel would be taken with the twenty if any sector held them all."""
    assert _remote_directions(*_many(most), _one(darker)) == found


def test_of_sectors_that_are_equally_dark_the_first_from_zero_on_is_taken():
    """Sectors from 30 on to 80 degrees hold the twenty; only the last two hold the other, too."""
    assert _remote_directions(*_many(80.0), _one(125.0, 5.0)) == [80]


def test_up_to_fifteen_degrees_from_either_insertion_nothing_is_remote():
    """Insertions at 100 and 160 degrees."""
    dark = map(_one, (114.5, 115.0, 115.5, 144.5, 145.0))
    found = _remote_directions(*_many(130.0), *dark, insertions=(100.0, 160.0))
    assert found == [115.5, 130, 144.5]


def test_pathology_beside_an_insertion_spoils_its_sector_too():
    """Only sectors from 310 on to 350 degrees hold the twenty and not the edema."""
    edema = (50.0, 1.0, "edema")
    found = _remote_directions(*_many(5.0), _one(30.0), edema, insertions=(50.0, 200.0))
    assert found == [5, 30]
    assert _remote_directions(*_many(50.0), edema) is None
