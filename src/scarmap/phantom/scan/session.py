"""One scan session: what stays from slice to slice, and a slice in every sequence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from scarmap.phantom.contour import Field
from scarmap.phantom.scan.brightness import Signals, draw_signals
from scarmap.phantom.scan.canvas import bands, coil_shading, smooth_noise
from scarmap.phantom.scan.geometry import Geometry, plane_coordinates
from scarmap.phantom.scan.imaging import Plane, acquire
from scarmap.phantom.scan.motion import Motion, Pose, draw_poses
from scarmap.phantom.scan.protocol import Protocol, Style
from scarmap.phantom.signal.contrast import Balanced, LateEnhancement, fat_cosine

PATCH_MM = 14.0
"""Distance between independent values of the coarse texture that no tissue explains."""

FIELD_MM = 70.0
"""The same for the magnetic field."""

HEART_MM = 75.0
"""How far from the heart the unrest of its motion and its blood fades."""


@dataclass(frozen=True)
class Session:
    """What stays the same from slice to slice.

    Attributes:
        style: How the study is acquired.
        signals: Brightness of each tissue.
        poses: Sequence to the heart's position in each slice, from the position of the labels.
        pixel_mm: Width of a voxel.
        patches: At least (X, Y), smooth noise of unit spread that continues over its borders; each
            image shows it turned and shifted.
        offset_hz: (X, Y), distance of water from the resonance, where a sequence shows it.
        sensitivity: (X, Y), natural logarithm of the coils' sensitivity.
        near_heart: (X, Y), 1 at the heart, 0 far from it.
        centre: Voxel of the left ventricle's axis, which sequences are turned about.
    """

    style: Style
    signals: Signals
    poses: dict[str, tuple[Pose, ...]]
    pixel_mm: float
    patches: Field
    offset_hz: Field
    sensitivity: Field
    near_heart: Field
    centre: tuple[float, float]


def begin_session(
    rng: np.random.Generator,
    style: Style,
    geometry: Geometry,
    *,
    sequences: Sequence[str],
    motion: Motion,
    shift_mm: tuple[float, float] = (0.0, 0.0),
) -> Session:
    """Draw tissues, positions and the magnetic field of one study.

    Args:
        rng: Source of randomness.
        style: How the study is acquired.
        geometry: Its slices.
        sequences: Names of the sequences to image.
        motion: How far they lie from the labels.
        shift_mm: Movement of the patient, and the coils with him, along (X, Y) of the array.

    Raises:
        DataError: The style lacks a sequence.
    """
    signals = draw_signals(rng, style, sequences)
    poses = draw_poses(rng, sequences, num_slices=geometry.grid.shape[2], motion=motion)
    shape, pixel = geometry.grid.shape[:2], geometry.pixel_mm
    endless = tuple(fft.next_fast_len(length, real=True) for length in shape)
    patches = smooth_noise(rng, endless, scale=PATCH_MM / pixel)
    field = (
        smooth_noise(rng, shape, scale=FIELD_MM / pixel)
        if "bSSFP" in sequences
        else np.zeros(shape, dtype=np.float32)
    )
    u_mm, v_mm = plane_coordinates(geometry, shift_mm)
    return Session(
        style,
        signals,
        poses,
        pixel,
        patches=patches,
        offset_hz=np.float32(style.field_hz) * field,
        sensitivity=np.log(coil_shading(u_mm, v_mm, coils=style.coils)),
        near_heart=np.exp(-((u_mm + 15) ** 2 + v_mm**2) / HEART_MM**2),
        centre=(float(np.abs(u_mm[:, 0]).argmin()), float(np.abs(v_mm[0]).argmin())),
    )


def image_plane(
    session: Session, canvas: Field, *, texture: Field, index: int, rng: np.random.Generator
) -> dict[str, Field]:
    """Acquire one slice in every sequence.

    Args:
        session: The scan session.
        canvas: (S + 1, X, Y), painted tissues and the share of fat, from
            `scarmap.phantom.scan.canvas.paint`.
        texture: (X, Y), smooth noise of unit spread that all sequences show.
        index: Number of the slice.
        rng: Source of randomness.

    Returns:
        Sequence to its image, (X, Y), float32, whole numbers in scanner units.
    """
    images = {}
    for channel, sequence in enumerate(session.signals.sequences):
        protocol = session.style.protocols[sequence]
        contrast = protocol.contrast
        fat_value = float(session.signals.values["fat"][channel])
        water, fat = _shaded(session, canvas[[channel, -1]], fat_value, protocol, texture, rng)
        images[sequence] = acquire(
            Plane(water, fat, canvas[-1], session.pixel_mm, session.centre),
            protocol.quality,
            cosine=fat_cosine(contrast, session.style.tesla),
            signed=isinstance(contrast, LateEnhancement) and contrast.signed,
            pose=session.poses[sequence][index],
            rng=rng,
        )
    return images


def _shaded(
    session: Session,
    painted: Field,
    fat_value: float,
    protocol: Protocol,
    texture: Field,
    rng: np.random.Generator,
) -> tuple[Field, Field]:
    """Water and fat as the coils receive them, with texture and the bands of an uneven field."""
    quality = protocol.quality
    texture = quality.grain * texture + quality.patches * _turned(
        session.patches, painted[0].shape, rng
    )
    gain = np.exp(np.float32(quality.shading) * session.sensitivity) * np.clip(
        1 + texture, 0.3, 2.0
    )
    fat = fat_value * painted[1]
    water = painted[0] - fat
    if quality.mottle > 0:
        beating = np.clip(6 * np.abs(water) - 0.6, 0, 1) * session.near_heart
        water = water + np.float32(quality.mottle) * beating * _turned(
            session.patches, painted[0].shape, rng
        )
    water, fat = water * gain, fat * gain
    if isinstance(protocol.contrast, Balanced):
        of_water, of_fat = bands(protocol.contrast, session.offset_hz, tesla=session.style.tesla)
        water, fat = water * of_water, fat * of_fat
    return water, fat


def _turned(patches: Field, shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    """The same noise, turned over and shifted at random: as good as new, and much faster."""
    flips = rng.choice([-1, 1], 2)
    turned: Field = np.roll(
        patches[:: flips[0], :: flips[1]], rng.integers(0, patches.shape), axis=(0, 1)
    )
    return turned[: shape[0], : shape[1]]
