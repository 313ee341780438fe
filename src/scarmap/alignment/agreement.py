"""How well a slice of one sequence agrees with that of another, for all moves in the plane.

Two kinds of cue: the outlines that a segmenter sees in each sequence alone, and the directions of
edges, which do not depend on contrast (normalised gradient fields). Each is a correlation, and so
costs a few Fourier transforms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Field = NDArray[np.float32]
Scores = NDArray[np.float64]

REACH_MM = 18.0
"""Longest move that is looked at."""
FINE_MM, COARSE_MM = 1.2, 2.25
"""Standard deviations of the Gaussians that edges are seen through."""
NEAR_MM, AROUND_MM = 12.0, 25.0
"""How far from the heart fine and coarse edges count."""
OUTLINES = 3
"""The first cues are those of outlines, the others those of edges."""
CUES = ("epicardium", "wall", "right ventricle", "fine edges", "coarse edges")

Weights = Mapping[tuple[str, str], tuple[float, ...]]
WEIGHTS: Weights = {
    ("LGE", "T2"): (3.8, 17.1, 3.5, 18.3, 15.2),
    ("LGE", "bSSFP"): (4.7, 15.0, 10.6, 15.0, 14.7),
    ("bSSFP", "T2"): (2.4, 16.9, 3.4, 15.9, 13.8),
    ("T2", "bSSFP"): (2.4, 16.9, 3.4, 15.9, 13.8),
}
"""Weight of each cue for a pair of sequences, such that the weighted sum is a log likelihood of the
move; measured, see benchmarks/alignment.md."""


@dataclass(frozen=True)
class Seen:
    """One sequence around the heart, slice by slice.

    Attributes:
        images: (Z, N, N), scanner units.
        maps: (Z, 3, N, N), probabilities of epicardium, wall and right ventricle.
    """

    images: NDArray[np.float32]
    maps: NDArray[np.float32]


@dataclass(frozen=True)
class Board:
    """The moves that are looked at.

    Attributes:
        x_mm: Along the first axis, ascending, zero in the middle.
        y_mm: Along the second axis.
    """

    x_mm: NDArray[np.float64]
    y_mm: NDArray[np.float64]

    @property
    def moves_mm(self) -> NDArray[np.float64]:
        """All moves, (A, B, 2)."""
        return np.stack(np.meshgrid(self.x_mm, self.y_mm, indexing="ij"), axis=-1)

    @property
    def within_reach(self) -> NDArray[np.bool_]:
        """Which moves are no longer than the longest, (A, B)."""
        near: NDArray[np.bool_] = np.hypot(*np.moveaxis(self.moves_mm, -1, 0)) <= REACH_MM
        return near


def board_of(pixel_mm: tuple[float, float]) -> Board:
    """The moves by whole pixels."""
    x_mm, y_mm = pixel_mm
    return Board(_steps_mm(x_mm), _steps_mm(y_mm))


def _steps_mm(pixel_mm: float) -> NDArray[np.float64]:
    reach = round(REACH_MM / pixel_mm)
    return np.arange(-reach, reach + 1, dtype=np.float64) * pixel_mm


def cues_by_move(
    fixed: Seen, moving: Seen, z: int, *, pixel_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """Each cue's agreement of two sequences in one slice, for every move of the second.

    Args:
        fixed: The sequence that stays.
        moving: The sequence that is moved.
        z: The slice.
        pixel_mm: Size of a pixel.

    Returns:
        (5, A, B) as `CUES` and `board_of` say, each from 0 to about 1.
    """
    board = board_of(pixel_mm)
    reach = (len(board.x_mm) // 2, len(board.y_mm) // 2)
    overlaps = [
        _soft_dice(first, second, reach)
        for first, second in zip(fixed.maps[z], moving.maps[z], strict=True)
    ]
    edges = [
        _edges_agree(fixed, moving, z, sigma=sigma, around=around, pixel_mm=pixel_mm, reach=reach)
        for sigma, around in ((FINE_MM, NEAR_MM), (COARSE_MM, AROUND_MM))
    ]
    return np.stack([*overlaps, *edges])


def likelihood(
    cues: NDArray[np.float64], weights: Sequence[float], *, only: slice = slice(None)
) -> Scores:
    """Log likelihood of each move, up to a constant.

    Args:
        cues: (5, A, B).
        weights: One for each cue.
        only: Which cues count.

    Returns:
        (A, B).
    """
    return np.tensordot(np.array(weights)[only], cues[only], 1)


def _soft_dice(first: Field, second: Field, reach: tuple[int, int]) -> Scores:
    total = float(first.sum() + second.sum())
    return 2 * _correlate(first, second, reach) / max(total, 1.0)


def _edges_agree(
    fixed: Seen,
    moving: Seen,
    z: int,
    *,
    sigma: float,
    around: float,
    pixel_mm: tuple[float, float],
    reach: tuple[int, int],
) -> Scores:
    """Mean squared cosine between edges, where both are strong, in and around the fixed heart."""
    ax, ay = _directions(fixed.images[z], sigma, pixel_mm)
    bx, by = _directions(moving.images[z], sigma, pixel_mm)
    weight = _near(fixed.maps[z, 0], around, pixel_mm)
    total = (
        _correlate(weight * ax * ax, bx * bx, reach)
        + 2 * _correlate(weight * ax * ay, bx * by, reach)
        + _correlate(weight * ay * ay, by * by, reach)
    )
    return total / max(float(weight.sum()), 1.0)


def _directions(
    image: Field, sigma_mm: float, pixel_mm: tuple[float, float]
) -> tuple[Field, Field]:
    """Gradient over its length, less where it is weaker than the median."""
    sigma = [sigma_mm / mm for mm in pixel_mm]
    x: Field = ndimage.gaussian_filter(image, sigma, order=(1, 0)) / pixel_mm[0]
    y: Field = ndimage.gaussian_filter(image, sigma, order=(0, 1)) / pixel_mm[1]
    weak = max(float(np.median(np.hypot(x, y))), 1e-6 * float(np.abs(image).max()) + 1e-12)
    length: Field = np.sqrt(x**2 + y**2 + weak**2)
    return x / length, y / length


def _near(heart: Field, around_mm: float, pixel_mm: tuple[float, float]) -> Field:
    size = tuple(1 + 2 * int(around_mm / mm) for mm in pixel_mm)
    widened = ndimage.grey_dilation(heart, size=size)
    soft: Field = ndimage.gaussian_filter(widened, [2.0 / mm for mm in pixel_mm])
    return np.clip(soft, 0, 1)


def _correlate(first: Field, second: Field, reach: tuple[int, int]) -> Scores:
    """Sum of products of the first with the second moved by m, for every m: (2 reach + 1, ...)."""
    size = [
        fft.next_fast_len(length + steps + 1, real=True)
        for length, steps in zip(first.shape, reach, strict=True)
    ]
    product = fft.rfft2(first, size) * np.conj(fft.rfft2(second, size))
    every = fft.irfft2(product, size)
    rows, columns = (np.arange(-steps, steps + 1) for steps in reach)
    found: Scores = every[rows[:, None], columns[None]].astype(np.float64)
    return found
