"""Hearts made by hand: circles whose figures can be worked out on paper."""

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.volume import Grid, LabelMap

OBLIQUE = np.array([[-0.7, 0.2, 0.68], [-0.6, 0.3, -0.66], [0.25, 0.95, 0.32]])
"""Columns: where X, Y and Z of a short-axis stack whose last slice is basal run in the patient;
numbers rise X to Y."""


def turned(angles_deg, middle_deg):
    """Turn from a direction, -180 up to 180."""
    return (angles_deg - middle_deg + 180) % 360 - 180


@pytest.fixture(scope="session")
def make_heart():
    """Build concentric circles, cavity and wall, and a right ventricle that touches the wall.

    `hurt` is a function of (radius in mm, direction in degrees, slice) that names the tissue of a
    voxel of the wall, or gives None for normal myocardium.
    """

    def make(
        *,
        inner_mm=(20.0,) * 6,
        outer_mm=30.0,
        septum_deg=200.0,
        right=True,
        hurt=lambda radius, angle, index: {},
        spacing_mm=(1.0, 1.0, 10.0),
        size=(121, 111),
        axes=None,
    ):
        x, y = (np.arange(length) - (length - 1) / 2 for length in size)
        across, along = np.meshgrid(x * spacing_mm[0], y * spacing_mm[1], indexing="ij")
        radius, angle = np.hypot(across, along), np.rad2deg(np.arctan2(along, across)) % 360
        labels = np.zeros((*size, len(inner_mm)), dtype=np.uint8)
        septum = np.deg2rad(septum_deg)
        rv = np.hypot(across - 40 * np.cos(septum), along - 40 * np.sin(septum)) <= 20
        for index, inner in enumerate(inner_mm):
            plane = labels[..., index]
            if right:
                plane[rv] = INDEX["rv_pool"]
            plane[radius <= outer_mm] = INDEX["normal_myocardium"]
            for tissue, where in hurt(radius, angle, index).items():
                plane[where & (radius <= outer_mm)] = INDEX[tissue]
            plane[radius <= inner] = INDEX["lv_pool"]
        affine = np.eye(4)
        if axes is not None:
            affine[:3, :3] = np.asarray(axes) / np.linalg.norm(axes, axis=0) * spacing_mm
        elif spacing_mm is not None:
            affine[:3, :3] = np.diag(spacing_mm)
        return LabelMap(labels, Grid(labels.shape, spacing_mm, affine))

    return make


@pytest.fixture(scope="session")
def oblique():
    return OBLIQUE
