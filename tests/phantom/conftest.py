import numpy as np
import pytest

from scarmap.phantom.heart.surfaces import DIRECTIONS, Heart
from scarmap.phantom.scan.geometry import Geometry
from scarmap.volume import Grid


@pytest.fixture(scope="session")
def plain_heart():
    """A heart whose valve plane lies far above anything that is imaged; tests bring their own
    surfaces."""
    return Heart(
        radius_mm=30.0,
        wall_mm=10.0,
        length_mm=200.0,
        widest_mm=100.0,
        base_taper=0.0,
        base_slope=0.0,
        septum_deg=180.0,
        septal_bulk=0.0,
        apical_loss=0.0,
        contact_deg=60.0,
        rv_depth_mm=30.0,
        outflow=0.0,
        acute_margin=0.0,
        rv_wall_mm=3.0,
        fat_mm=2.0,
        lateral_fat=0.35,
        outer_fat_mm=0.0,
        trabecula_mm=0.0,
        recess_mm=0.0,
        tract_mm=0.0,
        papillary_mm=0.0,
        papillary_deg=(),
        outer=(),
        inner=(),
        right=(),
        crests=(),
        patches=(),
        outer_patches=(),
        infarct=None,
    )


@pytest.fixture(scope="session")
def ring():
    """Surfaces of a cylinder of 20 mm inside and 30 mm outside; the infarct fills the inner half of
    one quarter.

    Edema fills the rest of that quarter, from 0 to 90 degrees; no-reflow the inner fifth of its
    first half.
    """
    table = np.full((12, 500, DIRECTIONS), -1, dtype=np.float32)
    for surface, distance_mm in enumerate((20, 30, 21, 21, 32, 0)):
        table[surface] = distance_mm
    quarter, eighth = DIRECTIONS // 4, DIRECTIONS // 8
    table[7, :, :quarter], table[8, :, :quarter], table[10, :, :eighth] = 0.5, 1.5, 0.2
    return table


@pytest.fixture
def cylinder(ring):
    """The same to be changed."""
    return ring.copy()


@pytest.fixture(scope="session")
def upright_stack():
    """Ten slices of 8 mm, 10 mm apart, at right angles to the axis."""
    grid = Grid((10, 10, 10), (1.0, 1.0, 10.0), np.diag([1.0, 1.0, 10.0, 1.0]))
    heights = np.arange(50, 150, 10, dtype=np.float32)
    return Geometry(grid, 1.0, 8.0, heights, 95.0, np.eye(3), (0.0, 0.0), 1)
