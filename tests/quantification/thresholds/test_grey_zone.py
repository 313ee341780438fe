"""A row of wall whose core and border can be counted on the fingers."""

from math import isnan

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.result import Remote
from scarmap.quantification.thresholds.grey_zone import GREY_ZONES, measure_grey_zones
from scarmap.volume import Grid, LabelMap, Volume

REMOTE = Remote("given", 4, 10.0, 2.0)
SPACING = (10.0, 10.0, 10.0)
"""A voxel is 1 ml, 1.05 g."""

VALUES = [10, 15, 10, 14, 15, 16, 19, 21, 3, 40, 40, 13, 90]
"""Cut-offs of 2, 3 and 5 SD are 14, 16 and 20; those of 35 and 50 % of 40 are 14 and 20."""
SCAR, MVO, POOL = range(6, 11), 8, 12


@pytest.fixture
def row():
    grid = Grid((len(VALUES), 1, 1), SPACING, np.diag([*SPACING, 1.0]))
    labels = np.full(grid.shape, INDEX["normal_myocardium"], dtype=np.uint8)
    labels[SCAR], labels[MVO], labels[POOL] = INDEX["scar"], INDEX["mvo"], INDEX["lv_pool"]
    image = np.array(VALUES, dtype=np.float32).reshape(grid.shape)
    return Volume(image, grid), LabelMap(labels, grid)


def measured(row, remote=REMOTE, *, signed=False):
    return {each.method: each for each in measure_grey_zones(*row, remote, signed=signed)}


@pytest.mark.parametrize(
    ("method", "cutoffs", "border_ml", "core_ml"),
    [
        # Joined to the infarct and above 14: 15, 16, 19, 21, 40, 40 and the no-reflow of 3. The
        # 15 further off is noise, and the blood of 90 is no wall.
        ("sd_2_3", (14, 16), 2, 5),
        ("sd_2_5", (14, 20), 3, 4),
        # At a percentage of the maximum counts, so the 14 is border, too.
        ("max_35_50", (14, 20), 4, 4),
    ],
)
def test_core_and_border_are_what_is_joined_to_the_infarct(
    row, method, cutoffs, border_ml, core_ml
):
    found = measured(row)[method]
    assert (found.border_cutoff, found.core_cutoff) == pytest.approx(cutoffs)
    assert (found.border_ml, found.core_ml) == pytest.approx((border_ml, core_ml))
    assert (found.border_g, found.core_g) == pytest.approx((1.05 * border_ml, 1.05 * core_ml))
    assert found.core_percent_lv == pytest.approx(100 * core_ml / 12)


def test_a_method_is_undefined_where_what_it_measures_from_is_not_there(row):
    def undefined(found):
        return {name for name, each in found.items() if isnan(each.core_ml)}

    image, labels = row
    healthy = LabelMap(np.full_like(labels.array, INDEX["normal_myocardium"]), labels.grid)
    assert undefined(measured(row)) == set()
    assert undefined(measured(row, None)) == {"sd_2_3", "sd_2_5"}
    assert undefined(measured(row, signed=True)) == {"max_35_50"}
    assert undefined(measured((image, healthy))) == GREY_ZONES.keys()
