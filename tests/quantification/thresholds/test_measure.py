"""Ten voxels of wall, 1 ml each, and what thresholds find in them."""

from math import isnan

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.result import Remote
from scarmap.quantification.thresholds.measure import measure_thresholds
from scarmap.quantification.thresholds.remote import RemoteRegion
from scarmap.quantification.thresholds.seen import SeenOnLge, seen_on_lge
from scarmap.volume import Grid, LabelMap, Volume

VALUES = [9, 11, 9, 11, 10, 10, 10, 30, 30, 40]
GRID = Grid((len(VALUES), 1, 1), (10.0, 10.0, 10.0), np.diag([10.0, 10.0, 10.0, 1.0]))
REMOTE = RemoteRegion(np.ones(GRID.shape, dtype=bool), Remote("given", 4, 10.0, 2.0))


def image(offset=0.0):
    return Volume(np.array(VALUES, dtype=np.float32).reshape(GRID.shape) + offset, GRID)


def mask(num_scar=2):
    labels = np.full(GRID.shape, INDEX["normal_myocardium"], dtype=np.uint8)
    labels[len(VALUES) - num_scar :] = INDEX["scar"]
    return LabelMap(labels, GRID)


def codes(flags):
    return [flag.code for flag in flags]


def test_sizes_and_overlap_of_three_voxels_of_which_two_are_drawn():
    (found,), flags = measure_thresholds(image(), mask(), REMOTE, methods=("5sd",))
    assert (found.cutoff, found.infarct_ml, found.infarct_percent_lv) == (20, 3, 30)
    assert found.infarct_g == pytest.approx(3.15)
    assert found.dice_with_mask == pytest.approx(2 * 2 / (3 + 2))
    assert found.remote == REMOTE.statistics
    assert flags == []


def test_without_an_infarct_in_the_mask_overlap_is_undefined():
    (found,), _ = measure_thresholds(image(), mask(0), REMOTE, methods=("5sd",))
    assert found.infarct_ml == 3
    assert isnan(found.dice_with_mask)


def test_only_methods_that_need_it_state_the_remote():
    found, _ = measure_thresholds(image(), mask(), REMOTE, methods=("otsu", "fwhm_max", "2sd"))
    assert [each.remote is None for each in found] == [True, True, False]


@pytest.mark.parametrize(
    ("reference", "offset", "signed", "methods", "flags"),
    [
        (None, 0, None, ("otsu", "fwhm_max"), []),
        (None, 0, None, ("otsu", "6sd"), ["no_remote"]),
        (REMOTE, -10, None, ("fwhm_remote", "otsu"), []),
        (REMOTE, -10, None, ("fwhm_amado",), ["signed_image"]),
        (REMOTE, -10, False, ("fwhm_amado",), []),
        (REMOTE, 0, True, ("fwhm_amado",), ["signed_image"]),
        (None, 0, True, ("fwhm_max", "2sd"), ["signed_image", "no_remote"]),
    ],
)
def test_only_what_a_wanted_method_lacks_is_flagged(reference, offset, signed, methods, flags):
    found, told = measure_thresholds(
        image(offset), mask(), reference, methods=methods, signed=signed
    )
    assert codes(told) == flags
    missing = [each.method for each in found if isnan(each.cutoff)]
    assert len(missing) == len(flags)
    assert all(isnan(each.infarct_ml) for each in found if each.method in missing)


def test_nothing_is_seen_without_an_image_or_a_method():
    assert seen_on_lge(None, mask(), (), methods=("otsu",)) == SeenOnLge()
    assert seen_on_lge(image(), mask(), (), methods=()) == SeenOnLge()


@pytest.mark.parametrize(
    ("offset", "signed", "is_seen"),
    [(0, None, True), (-10, None, False), (0, True, False), (-10, False, True)],
)
def test_core_and_border_by_percents_need_a_magnitude_image(offset, signed, is_seen):
    seen = seen_on_lge(
        image(offset), mask(), (), methods=("otsu",), remote=REMOTE.mask, signed=signed
    )
    zones = {each.method: each.core_cutoff for each in seen.grey_zones}
    assert not isnan(zones["sd_2_3"])
    assert isnan(zones["max_35_50"]) != is_seen


def test_a_given_remote_is_used_and_none_is_found_in_a_mask_without_a_ring():
    drawn = np.arange(len(VALUES)).reshape(GRID.shape) < 4
    seen = seen_on_lge(image(), mask(), (), methods=("2sd",), remote=drawn)
    remote = seen.thresholds[0].remote
    assert (remote.source, remote.num_voxels, remote.mean) == ("given", 4, 10)
    assert remote.sd == pytest.approx((4 / 3) ** 0.5)
    assert codes(seen_on_lge(image(), mask(), (), methods=("2sd",)).flags) == ["no_remote"]
