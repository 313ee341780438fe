"""Breath-holds: where the heart lies in each sequence and slice, beside where the labels say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scarmap.phantom.contour import Field


@dataclass(frozen=True)
class Pose:
    """A rigid movement in the plane: a turn about the heart, then a shift.

    Attributes:
        shift_mm: Along (X, Y) of the array.
        turn_deg: From X towards Y.
    """

    shift_mm: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0


@dataclass(frozen=True)
class Motion:
    """How far sequences lie from each other.

    Attributes:
        shift_mm: Standard deviation of the shift per axis, half of its variance shared by all
            slices of a sequence.
        turn_deg: Standard deviation of the turn.
    """

    shift_mm: float
    turn_deg: float


CORRECTED = Motion(1.4, 0.8)
"""What registration leaves: MyoPS 2020 measures a median of 1.5 mm between image and label."""

AS_ACQUIRED = Motion(2.7, 2.0)
"""Separate breath-holds: a mean distance of 3.3 mm between ventricles in cine and late enhancement
(PMC8285264)."""

STILL = Motion(0.0, 0.0)


def draw_poses(
    rng: np.random.Generator, sequences: Sequence[str], *, num_slices: int, motion: Motion
) -> dict[str, tuple[Pose, ...]]:
    """Draw where the heart lies in each sequence.

    The labels belong to the position in late enhancement, so with one sequence alone nothing moves;
    with several and `CORRECTED`, late enhancement keeps a residual, too, as the labels of MyoPS
    were drawn on all three.

    Args:
        rng: Source of randomness.
        sequences: Names of the sequences.
        num_slices: Slices of the stack, each its own breath-hold.
        motion: How far they move.

    Returns:
        Sequence to the pose of each slice.
    """
    poses = {}
    for sequence in sequences:
        drift, own = rng.standard_normal(3), rng.standard_normal((num_slices, 3))
        still = len(sequences) == 1 or (sequence == "LGE" and motion is not CORRECTED)
        spread = np.array([motion.shift_mm, motion.shift_mm, motion.turn_deg]) * (
            0.0 if still else 0.5**0.5
        )
        poses[sequence] = tuple(
            Pose((float(first), float(second)), float(turn))
            for first, second, turn in spread * (drift + own)
        )
    return poses


def move(image: Field, pose: Pose, *, centre: tuple[float, float], pixel_mm: float) -> Field:
    """Move the content of an image, with linear interpolation; what enters repeats the edge.

    Args:
        image: (X, Y).
        pose: The movement.
        centre: Voxel that is turned about.
        pixel_mm: Width of a voxel.

    Returns:
        (X, Y), float32.
    """
    if pose == Pose():
        return image
    angle = np.deg2rad(pose.turn_deg)
    back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    offset = np.array(centre) - back @ (np.array(centre) + np.array(pose.shift_mm) / pixel_mm)
    moved: Field = ndimage.affine_transform(
        image, back, offset, order=1, mode="nearest", output=np.float32
    )
    return moved
