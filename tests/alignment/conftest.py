import numpy as np
import pytest
from scipy import ndimage

from scarmap.volume import Grid, Volume

CONTRAST = {
    "LGE": (900.0, 200.0, 500.0),
    "T2": (50.0, 400.0, 250.0),
    "bSSFP": (700.0, 300.0, 480.0),
}
"""Cavity, wall, and what is around them."""


def discs(shape, pixel_mm, moves_mm, *, cavity_mm=20.0, wall_mm=30.0):
    """Cavity, wall and right ventricle (3, X, Y, Z) around each slice's middle, moved."""
    x, y = (
        (np.arange(size) - (size - 1) / 2) * mm
        for size, mm in zip(shape[:2], pixel_mm, strict=True)
    )
    maps = []
    for move in np.asarray(moves_mm, dtype=float):
        u, v = x[:, None] - move[0], y[None] - move[1]
        inner, outer, right = (
            1 / (1 + np.exp(np.hypot(u - at, v) - radius))
            for at, radius in ((0, cavity_mm), (0, wall_mm), (38, 14))
        )
        maps.append([inner, outer - inner, right * (1 - outer)])
    return np.moveaxis(np.array(maps, dtype=np.float32), 0, -1)


@pytest.fixture
def grid_of():
    """Function of shape, spacing and origin to a grid that is turned as short axes are."""

    def make(shape, spacing_mm, origin_mm=(0.0, 0.0, 0.0), *, turn_deg=40.0):
        angle = np.deg2rad(turn_deg)
        turned = np.array(
            [
                [np.cos(angle), 0, np.sin(angle)],
                [0, 1, 0],
                [-np.sin(angle), 0, np.cos(angle)],
            ]
        )
        affine = np.eye(4)
        affine[:3, :3] = turned * np.array(spacing_mm)
        affine[:3, 3] = turned @ np.array(origin_mm, dtype=float)
        return Grid(tuple(shape), tuple(map(float, spacing_mm)), affine)

    return make


@pytest.fixture
def heart():
    """Function of grid, sequence and moves (Z, 2) to an image and what networks see."""

    def make(grid, sequence, moves_mm=None, *, seed=0):
        moves = np.zeros((grid.shape[2], 2)) if moves_mm is None else moves_mm
        cavity, wall, right = discs(grid.shape, grid.spacing_mm[:2], moves)
        bright, dark, around = CONTRAST[sequence]
        image = around + (bright - around) * (cavity + right) + (dark - around) * wall
        noise = np.random.default_rng([seed, len(sequence)]).standard_normal(image.shape)
        image = image + 8 * ndimage.gaussian_filter(noise, (1, 1, 0))
        return Volume(image.astype(np.float32), grid), np.stack([cavity + wall, wall, right])

    return make
