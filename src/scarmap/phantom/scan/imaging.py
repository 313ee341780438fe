"""The scanner: fat against water, a limited k-space, a breathing patient, noise, units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from scarmap.phantom.contour import Field
from scarmap.phantom.scan.motion import Pose, move

Complex = NDArray[np.complex64]

APODIZATION = 0.2
"""How far the filter against ringing lowers the edge of k-space, below half; 0 would not."""


@dataclass(frozen=True)
class Quality:
    """What a scanner makes of one sequence, relative to the brightest tissue of the heart.

    Attributes:
        pixel_mm: True pixel, before the scanner interpolates.
        noise: Standard deviation of the noise in each channel, at the heart.
        air_noise: Noise far from the heart over noise at the heart; below 1 where the scanner evens
            out its coils.
        grain: Standard deviation of fine texture, which the anatomy shares with other sequences; a
            share of the signal.
        patches: Standard deviation of coarse texture, a share of the signal.
        mottle: Standard deviation of coarse texture near the heart that does not grow with the
            signal.
        shading: Exponent of the coils' sensitivity: 1 leaves it, 0 corrects it.
        ghost: Strength of each of the two ghosts of a breathing patient.
        ghost_mm: How far from the patient they lie, along the phase-encoding direction, the array's
            second axis.
        fat_shift_mm: How far fat lies from water along the frequency-encoding direction, the
            array's first axis: a dark line on one side of an organ, a bright one on the other.
        unrest: Standard deviation of the change from one line of k-space to the next, which smears
            streaks along it.
        units: Scanner units of the brightest tissue of the heart.
        offset: Scanner units of no signal.
    """

    pixel_mm: float
    noise: float = 0.0
    air_noise: float = 1.0
    grain: float = 0.0
    patches: float = 0.0
    mottle: float = 0.0
    shading: float = 1.0
    ghost: float = 0.0
    ghost_mm: float = 60.0
    fat_shift_mm: float = 0.0
    unrest: float = 0.0
    units: float = 400.0
    offset: float = 0.0


@dataclass(frozen=True)
class Plane:
    """What lies in one plane while one sequence is acquired; all fields (X, Y), float32.

    Attributes:
        water: Signal of everything but fat, shaded by the coils; negative before the null of late
            enhancement.
        fat: Signal of fat as if it were alone, shaded likewise.
        share: Share of fat in each voxel.
        pixel_mm: Width of a voxel.
        centre: Voxel of the left ventricle's axis.
    """

    water: Field
    fat: Field
    share: Field
    pixel_mm: float
    centre: tuple[float, float]


@dataclass(frozen=True)
class KSpace:
    """The part of k-space that a scan acquires.

    Attributes:
        shape: Voxels along (X, Y) of the image.
        sizes: Length of the transform along each axis, at least `shape`.
        kept: Indices of the acquired frequencies along each axis.
        filters: Their weights along each axis.
        cycles_per_mm: The frequencies along Y.
        pixel_mm: Width of a voxel.
    """

    shape: tuple[int, int]
    sizes: tuple[int, int]
    kept: tuple[NDArray[np.intp], NDArray[np.intp]]
    filters: tuple[Field, Field]
    cycles_per_mm: Field
    pixel_mm: float


def acquire(
    plane: Plane,
    quality: Quality,
    *,
    cosine: float,
    signed: bool,
    pose: Pose,
    rng: np.random.Generator,
) -> Field:
    """Image one plane.

    Water and fat add up as complex signals, so they cancel in voxels that hold both where the echo
    finds them opposed; k-space ends at the true pixel; then the patient's position, noise (Gaussian
    in two channels, so that magnitudes are Rician) and scanner units. A phase-sensitive image takes
    its phase from a reference of the same geometry, so pure fat is bright in it.

    Args:
        plane: What is imaged.
        quality: How well.
        cosine: Of the phase between fat and water, from
            `scarmap.phantom.signal.contrast.fat_cosine`.
        signed: Whether the image keeps the sign.
        pose: Position of the patient.
        rng: Source of ghosts and noise.

    Returns:
        (X, Y), float32, whole numbers in scanner units; not negative.
    """
    space = acquired(plane.water.shape, pixel_mm=plane.pixel_mm, true_pixel_mm=quality.pixel_mm)
    sine = float(np.sqrt(max(0.0, 1 - cosine**2)))
    fat, share = (
        _shifted(each, quality.fat_shift_mm / plane.pixel_mm) for each in (plane.fat, plane.share)
    )
    frequencies = k_space_of(_add(plane.water, fat, cosine, sine), space)
    image = image_of(frequencies * _breathing(rng, space, quality), space)
    if signed:
        reference = image_of(k_space_of(_add(1 - plane.share, share, cosine, sine), space), space)
        image *= np.conj(reference) / np.maximum(np.abs(reference), np.float32(1e-3))
    bright = move(
        image.real if signed else np.abs(image), pose, centre=plane.centre, pixel_mm=plane.pixel_mm
    )
    if quality.noise > 0:
        noise = quality.noise * thermal_noise(rng, space)
        if quality.air_noise < 1:
            noise *= _noise_map(plane, quality.air_noise)
        bright = bright + noise.real if signed else np.hypot(bright + noise.real, noise.imag)
    units: Field = np.clip(np.rint(quality.offset + quality.units * bright), 0, None).astype(
        np.float32
    )
    return units


def acquired(shape: tuple[int, ...], *, pixel_mm: float, true_pixel_mm: float) -> KSpace:
    """Lay out the k-space of a scan.

    Args:
        shape: Voxels along (X, Y) of the image that the scanner interpolates to.
        pixel_mm: Their width.
        true_pixel_mm: Width of the true pixel; frequencies up to half a cycle per true pixel are
            acquired.
    """
    sizes = tuple(fft.next_fast_len(length) for length in shape)
    kept, filters, cycles = [], [], np.zeros(0, dtype=np.float32)
    for size in sizes:
        half = min(size // 2 - 1, round(0.5 * size * pixel_mm / true_pixel_mm))
        index = np.r_[0 : half + 1, size - half : size]
        cycles = (np.fft.fftfreq(size, pixel_mm)[index]).astype(np.float32)
        filters.append(
            (1 - APODIZATION + APODIZATION * np.cos(2 * np.pi * cycles * true_pixel_mm)).astype(
                np.float32
            )
        )
        kept.append(index)
    return KSpace(
        (shape[0], shape[1]),
        (sizes[0], sizes[1]),
        (kept[0], kept[1]),
        (filters[0], filters[1]),
        cycles,
        pixel_mm,
    )


def k_space_of(image: Complex, space: KSpace) -> Complex:
    """Acquired and filtered frequencies of an image, (kept along X, kept along Y)."""
    columns = fft.fft(image, space.sizes[1], axis=1)[:, space.kept[1]]
    frequencies: Complex = fft.fft(columns, space.sizes[0], axis=0)[space.kept[0]]
    return frequencies * space.filters[0][:, None] * space.filters[1]


def image_of(frequencies: Complex, space: KSpace) -> Complex:
    """Image of acquired frequencies, interpolated by zero filling, (X, Y)."""
    columns = np.zeros((space.sizes[0], frequencies.shape[1]), dtype=np.complex64)
    columns[space.kept[0]] = frequencies
    rows = np.zeros((space.shape[0], space.sizes[1]), dtype=np.complex64)
    rows[:, space.kept[1]] = fft.ifft(columns, axis=0)[: space.shape[0]]
    image: Complex = fft.ifft(rows, axis=1)[:, : space.shape[1]]
    return image


def thermal_noise(rng: np.random.Generator, space: KSpace) -> Complex:
    """Noise of the receiver, (X, Y), complex, unit spread, as smooth as the scan."""
    shape = (space.kept[0].size, space.kept[1].size)
    drawn = rng.standard_normal((*shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
    drawn *= space.filters[0][:, None] * space.filters[1]
    power = float(np.square(space.filters[0]).sum() * np.square(space.filters[1]).sum())
    return image_of(drawn, space) * np.float32(space.sizes[0] * space.sizes[1] / np.sqrt(power))


def _add(water: Field, fat: Field, cosine: float, sine: float) -> Complex:
    total = np.empty(water.shape, dtype=np.complex64)
    total.real = water + np.float32(cosine) * fat
    total.imag = np.float32(sine) * fat
    return total


def _shifted(field: Field, voxels: float) -> Field:
    if voxels == 0:
        return field
    whole = int(np.floor(voxels))
    part = np.float32(voxels - whole)
    shifted: Field = (1 - part) * np.roll(field, whole, axis=0) + part * np.roll(
        field, whole + 1, axis=0
    )
    return shifted


def _breathing(rng: np.random.Generator, space: KSpace, quality: Quality) -> Complex:
    """Weight of each line of k-space: regular changes make ghosts, irregular ones streaks."""
    phase = rng.uniform(0, 2 * np.pi)
    regular = 2 * quality.ghost * np.cos(2 * np.pi * quality.ghost_mm * space.cycles_per_mm + phase)
    irregular = rng.standard_normal((space.kept[1].size, 2)).view(np.complex128)[:, 0]
    irregular[np.abs(space.cycles_per_mm) < 2 / (space.sizes[1] * space.pixel_mm)] = 0
    weights: Complex = (1 + regular + quality.unrest * irregular).astype(np.complex64)
    return weights


def _noise_map(plane: Plane, air_noise: float) -> Field:
    away = [
        np.exp(-np.square((np.arange(length) - middle) * plane.pixel_mm / 130)).astype(np.float32)
        for length, middle in zip(plane.water.shape, plane.centre, strict=True)
    ]
    return np.float32(air_noise) + np.float32(1 - air_noise) * away[0][:, None] * away[1]
