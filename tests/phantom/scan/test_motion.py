import numpy as np
import pytest
from scipy import ndimage

from scarmap.phantom.scan.motion import AS_ACQUIRED, CORRECTED, STILL, Pose, draw_poses, move

BLOBS = np.zeros((80, 72), dtype=np.float32)
BLOBS[40, 36], BLOBS[58, 36] = 900, 450
BLOBS = ndimage.gaussian_filter(BLOBS, 2.0)


def _centres(image):
    left, right = image.copy(), image.copy()
    left[50:], right[:50] = 0, 0
    return np.array([ndimage.center_of_mass(part) for part in (left, right)])


def test_a_shift_of_parts_of_a_voxel_is_recovered():
    moved = move(BLOBS, Pose((1.0, -2.5)), centre=(40, 36), pixel_mm=0.75)
    np.testing.assert_allclose(_centres(moved) - _centres(BLOBS), [[4 / 3, -10 / 3]] * 2, atol=0.03)


def test_a_turn_goes_about_the_heart_and_from_x_towards_y():
    moved = move(BLOBS, Pose(turn_deg=20.0), centre=(40, 36), pixel_mm=0.75)
    first, second = _centres(moved)
    np.testing.assert_allclose(first, [40, 36], atol=0.05)
    assert np.rad2deg(np.arctan2(second[1] - 36, second[0] - 40)) == pytest.approx(20, abs=0.3)


def test_no_movement_leaves_the_image_alone():
    assert move(BLOBS, Pose(), centre=(40, 36), pixel_mm=1.0) is BLOBS


def test_positions_spread_as_measured_and_the_labels_position_is_late_enhancement():
    rng = np.random.default_rng(0)
    names = ("bSSFP", "T2", "LGE")
    poses = [draw_poses(rng, names, num_slices=2, motion=AS_ACQUIRED) for _ in range(400)]
    shifts = np.array([each["T2"][0].shift_mm for each in poses])
    assert np.linalg.norm(shifts, axis=1).mean() == pytest.approx(3.3, rel=0.08)
    assert np.std([each["bSSFP"][1].turn_deg for each in poses]) == pytest.approx(2.0, rel=0.1)
    assert {pose for each in poses for pose in each["LGE"]} == {Pose()}
    slices = np.array([[pose.shift_mm[0] for pose in each["T2"]] for each in poses])
    assert np.corrcoef(slices.T)[0, 1] == pytest.approx(0.5, abs=0.12)


def test_registration_leaves_a_residual_in_every_sequence_but_a_single_one_lies_still():
    rng = np.random.default_rng(0)
    residual = [
        draw_poses(rng, ("T2", "LGE"), num_slices=1, motion=CORRECTED)["LGE"][0] for _ in range(400)
    ]
    assert np.median([np.hypot(*pose.shift_mm) for pose in residual]) == pytest.approx(
        1.6, rel=0.12
    )
    assert draw_poses(rng, ("LGE",), num_slices=2, motion=CORRECTED) == {"LGE": (Pose(), Pose())}
    assert draw_poses(rng, ("T2", "LGE"), num_slices=1, motion=STILL)["T2"] == (Pose(),)
