import os
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import DataError
from scarmap.evaluation.overlap import dice
from scarmap.labels import region_mask
from scarmap.quantification.result import Remote
from scarmap.quantification.thresholds.methods import (
    METHODS,
    NEEDS_REMOTE,
    grown,
    is_signed,
    otsu_cutoff,
    threshold,
)
from scarmap.quantification.thresholds.remote import remote_from

MYOPS = os.environ.get("SCARMAP_MYOPS2020")
REMOTE = Remote("given", 4, 10.0, 2.0)


@pytest.fixture
def row():
    """One row of wall between bright blood: remote around 10, scar from 21 on."""
    values = [90, 8, 10, 12, 14, 16, 16.1, 18, 21, 30, 40, 90]
    image = np.array(values, dtype=np.float32).reshape(-1, 1, 1)
    wall = (image != 90) & True
    return image, wall


def _found(row, method, **keywords):
    result = threshold(*row, method, **keywords)
    return result.cutoff, row[0][result.mask].tolist()


@pytest.mark.parametrize(
    ("method", "cutoff", "number"),
    [("2sd", 14, 6), ("3sd", 16, 5), ("4sd", 18, 3), ("5sd", 20, 3), ("6sd", 22, 2)],
)
def test_n_sd_is_strictly_above_the_mean_of_remote_plus_n_sd(row, method, cutoff, number):
    found = _found(row, method, remote=REMOTE)
    assert found[0] == cutoff
    assert len(found[1]) == number
    assert min(found[1]) > cutoff


def test_half_maxima_of_a_small_array(row):
    top = 30 + 0.955 * 10  # the 99.5th percentile of ten values lies 8.955 steps after the smallest
    assert _found(row, "fwhm_max") == (pytest.approx(top / 2), [21, 30, 40])
    assert _found(row, "fwhm_remote", remote=REMOTE) == (pytest.approx((10 + top) / 2), [30, 40])
    assert _found(row, "fwhm_amado") == (20, [21, 30, 40])


def test_half_of_the_maximum_itself_counts():
    image = np.array([10.0, 5.0, 4.9, 10.0], dtype=np.float32).reshape(-1, 1, 1)
    assert threshold(image, image > 0, "fwhm_max").mask.ravel().tolist() == [
        True,
        True,
        False,
        True,
    ]


def test_the_grown_region_decides_the_maximum_of_amado():
    """The brightest voxel stands alone among the 201; the seed and its region are dimmer."""
    values = np.full(401, 10.0, dtype=np.float32)
    values[100:104], values[300] = (60, 70, 80, 40), 200
    image = values.reshape(-1, 1, 1)
    assert threshold(image, image > 0, "fwhm_amado").cutoff == 40.0


def test_the_region_of_amado_does_not_grow_over_half_of_its_seed():
    """Of 201 voxels the second brightest is the 99.5th percentile, and so the seed."""
    values = np.full(201, 5.0, dtype=np.float32)
    values[100:103] = 20, 10, 24
    image = values.reshape(-1, 1, 1)
    assert threshold(image, image > 0, "fwhm_amado").cutoff == 20 / 2
    image[101] = 10.1
    assert threshold(image, image > 0, "fwhm_amado").cutoff == 24 / 2


def test_otsu_agrees_with_a_search_over_all_cuts():
    generator = np.random.default_rng(1)
    values = np.concatenate([generator.normal(10, 2, 60), generator.normal(30, 5, 25)])

    def within(cut):
        low, high = values[values <= cut], values[values > cut]
        return low.var() * len(low) + high.var() * len(high)

    best = min(np.sort(values)[:-1], key=within)
    assert best < otsu_cutoff(values) < np.min(values[values > best])
    assert isnan(otsu_cutoff(np.ones(5)))
    assert otsu_cutoff(np.array([10.0, 2.0, 1.0, 9.0])) == (2 + 9) / 2


def test_region_growing_keeps_what_touches_a_seed():
    values = [10, 17, 21, 17, 10, 17, 17, 10]
    image = np.array(values, dtype=np.float32).reshape(-1, 1, 1)
    found = threshold(image, np.ones_like(image, dtype=bool), "region_growing", remote=REMOTE)
    assert found.cutoff == 16
    assert np.flatnonzero(found.mask.ravel()).tolist() == [1, 2, 3]


def test_growing_crosses_faces_and_not_corners():
    candidates = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=bool)[..., None]
    seeds = np.zeros_like(candidates)
    seeds[0, 0] = True
    assert grown(seeds, candidates)[..., 0].tolist() == [
        [True, False, False],
        [True, True, False],
        [False] * 3,
    ]


def test_a_signed_image_has_no_half_of_its_maximum_but_one_from_remote(row):
    signed = (row[0] - 30, row[1])
    for method in ("fwhm_max", "fwhm_amado"):
        assert isnan(threshold(*signed, method).cutoff)
        assert not threshold(*signed, method).mask.any()
        assert isnan(threshold(*row, method, signed=True).cutoff)
    magnitude = threshold(*row, "fwhm_remote", remote=REMOTE)
    shifted = threshold(*signed, "fwhm_remote", remote=Remote("given", 4, -20.0, 2.0))
    assert shifted.cutoff == pytest.approx(magnitude.cutoff - 30)
    assert (shifted.mask == magnitude.mask).all()


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_found_outside_the_wall_nor_without_one(row, method):
    image, wall = row
    assert not (threshold(image, wall, method, remote=REMOTE).mask & ~wall).any()
    nothing = threshold(image, wall & False, method, remote=REMOTE)
    assert isnan(nothing.cutoff)
    assert not nothing.mask.any()


def test_methods_that_need_remote_myocardium_are_undefined_without(row):
    undefined = [method for method in METHODS if isnan(threshold(*row, method).cutoff)]
    assert undefined == ["2sd", "3sd", "4sd", "5sd", "6sd", "fwhm_remote", "region_growing"]
    assert frozenset(undefined) == NEEDS_REMOTE


def test_an_image_is_signed_where_a_voxel_is_below_zero():
    assert [is_signed(np.array([least, 0.5, 7])) for least in (0.25, 0, -0.25)] == [0, 0, 1]


def test_an_unknown_method_is_an_error_that_names_close_ones(row):
    with pytest.raises(DataError, match="Did you mean '5sd'"):
        threshold(*row, "5-sd")


@pytest.mark.skipif(MYOPS is None, reason="SCARMAP_MYOPS2020 is not set")
def test_overlap_with_the_experts_is_what_a_quick_check_found():
    expected = {
        "otsu": 0.60,
        "fwhm_max": 0.59,
        "2sd": 0.57,
        "fwhm_remote": 0.51,
        "3sd": 0.47,
        "5sd": 0.18,
    }
    scores = {method: [] for method in expected}
    for files in find_cases(Path(MYOPS), labelled=True):
        case = load_case(files, sequences=("LGE",), labelled=True)
        image, labels = case.images["LGE"].array, case.labels.array
        wall, scar = region_mask(labels, "whole_myocardium"), region_mask(labels, "scar")
        remote = remote_from(
            image, region_mask(labels, "normal_myocardium"), source="experts"
        ).statistics
        for method, values in scores.items():
            values.append(dice(threshold(image, wall, method, remote=remote).mask, scar))
    assert {method: np.nanmean(values) for method, values in scores.items()} == pytest.approx(
        expected, abs=0.01
    )


@pytest.mark.parametrize(("brightest", "found"), [(19.9, []), (20.0, []), (20.1, [1, 2, 3])])
def test_only_what_is_above_five_sd_of_remote_grows(brightest, found):
    """Mean 10 and SD 2: the neighbours are above 3 SD, 16, and a seed has to be above 5 SD, 20."""
    image = np.array([10, 17, brightest, 17, 10], dtype=np.float32).reshape(-1, 1, 1)
    grown_from = threshold(image, np.ones_like(image, dtype=bool), "region_growing", remote=REMOTE)
    assert grown_from.cutoff == 16
    assert np.flatnonzero(grown_from.mask.ravel()).tolist() == found
