from dataclasses import astuple

import numpy as np
import pytest
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance
from scipy import ndimage

from scarmap.evaluation.surface import hausdorff_mm, surface_errors


def _blob(seed, shape):
    noise = np.random.default_rng(seed).normal(size=shape)
    return ndimage.gaussian_filter(noise, (2, 2, 0.5)) > 0.05


def _monai(prediction, truth, spacing):
    pair = [torch.from_numpy(mask)[None, None] for mask in (prediction, truth)]
    options = {"include_background": True, "spacing": spacing}
    return (
        compute_hausdorff_distance(*pair, **options).item(),
        compute_hausdorff_distance(*pair, percentile=95, **options).item(),
        compute_average_surface_distance(*pair, symmetric=True, **options).item(),
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("shape", "spacing"), [((30, 25, 6), (1.4, 0.7, 10.0)), ((24, 24, 1), (1.4, 1.1, 8.0))]
)
def test_surface_metrics_agree_with_monai_on_anisotropic_blobs(seed, shape, spacing):
    prediction, truth = _blob(seed, shape), _blob(seed + 100, shape)
    errors = surface_errors(prediction, truth, spacing_mm=spacing)
    expected = _monai(prediction, truth, spacing)
    assert (errors.hausdorff_mm, errors.hausdorff95_mm, errors.assd_mm) == pytest.approx(
        expected, rel=1e-5
    )


def test_hausdorff_is_in_mm_for_anisotropic_voxels():
    prediction, truth = np.zeros((2, 5, 5, 5), dtype=bool)
    prediction[0, 0, 0] = True
    truth[3, 0, 4] = True
    assert hausdorff_mm(prediction, truth, spacing_mm=(1.0, 1.0, 1.0)) == pytest.approx(5.0)
    assert hausdorff_mm(prediction, truth, spacing_mm=(2.0, 1.0, 10.0)) == pytest.approx(
        np.hypot(6, 40)
    )


def test_two_segments_have_the_hand_worked_distances():
    prediction, truth = np.zeros((2, 20, 3, 1), dtype=bool)
    prediction[0:4, 1] = True
    truth[0:8, 1] = True
    errors = surface_errors(prediction, truth, spacing_mm=(2, 1, 1))
    assert errors.hausdorff_mm == pytest.approx(8)
    # From the truth: 0 0 0 0 2 4 6 8; its 95th percentile lies 0.65 of the way from the 7th value
    # to the 8th.
    assert errors.hausdorff95_mm == pytest.approx(6 + 0.65 * 2)
    assert errors.assd_mm == pytest.approx((2 + 4 + 6 + 8) / 12)


def test_only_surface_voxels_count():
    truth = np.zeros((9, 9, 9), dtype=bool)
    truth[1:8, 1:8, 1:8] = True
    hollow = truth.copy()
    hollow[3:6, 3:6, 3:6] = False
    cavity_wall, shell = 6 * 9, 7**3 - 5**3
    # The wall lies around the cavity, two voxels inside the shell; the truth's surface is the shell
    # alone.
    assert surface_errors(hollow, truth, spacing_mm=(1, 1, 1)).assd_mm == pytest.approx(
        cavity_wall / (2 * shell + cavity_wall)
    )


def test_surface_metrics_are_symmetric_and_zero_for_equal_masks():
    prediction, truth = _blob(1, (20, 20, 4)), _blob(2, (20, 20, 4))
    spacing = (1.0, 1.5, 8.0)
    there = surface_errors(prediction, truth, spacing_mm=spacing)
    back = surface_errors(truth, prediction, spacing_mm=spacing)
    assert vars(there) == pytest.approx(vars(back))
    assert set(vars(surface_errors(truth, truth, spacing_mm=spacing)).values()) == {0.0}


def test_a_mask_that_touches_the_array_border_has_its_surface_there():
    full = np.ones((6, 6, 3), dtype=bool)
    inner = np.zeros_like(full)
    inner[2:4, 2:4, 1] = True
    assert hausdorff_mm(inner, full, spacing_mm=(1, 1, 5)) == pytest.approx(
        np.sqrt(2**2 + 2**2 + 5**2)
    )


def test_an_empty_mask_leaves_distance_undefined():
    empty, drawn = np.zeros((4, 4, 1), dtype=bool), np.ones((4, 4, 1), dtype=bool)
    for pair in [(empty, drawn), (drawn, empty), (empty, empty)]:
        assert np.isnan(astuple(surface_errors(*pair, spacing_mm=(1, 1, 1)))).all()
        assert np.isnan(hausdorff_mm(*pair, spacing_mm=(1, 1, 1)))
