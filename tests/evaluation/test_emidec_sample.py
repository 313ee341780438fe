"""The organisers' sample masks, perturbed, against each metric computed from its definition."""

import os
from pathlib import Path

import nibabel
import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import cdist

from scarmap.datasets.mask_files import find_masks
from scarmap.evaluation.table import evaluate_folder

SAMPLE = os.environ.get("SCARMAP_EMIDEC_SAMPLE")
pytestmark = pytest.mark.skipif(SAMPLE is None, reason="SCARMAP_EMIDEC_SAMPLE is not set")


def _perturb(values):
    """Move the heart by two pixels, then thin the infarct in plane to normal myocardium."""
    moved = np.roll(values, 2, axis=0)
    infarct = moved >= 3
    kept = ndimage.binary_erosion(infarct, np.ones((3, 3, 1)))
    return np.where(infarct & ~kept, 2, moved)


def _read(path):
    image = nibabel.load(path)
    return np.asarray(image.dataobj), image.header["pixdim"][1:4].astype(float)


def _surface_points(mask, spacing):
    padded = np.pad(mask, 1)
    neighbours = [np.roll(padded, step, axis) for axis in range(3) for step in (-1, 1)]
    return np.argwhere(padded & ~np.logical_and.reduce(neighbours)) * spacing


@pytest.fixture(scope="module")
def masks(tmp_path_factory):
    truths = find_masks(Path(SAMPLE) / "GT")
    folder = tmp_path_factory.mktemp("predictions")
    for case, path in truths.items():
        image = nibabel.load(path)
        values = _perturb(np.asarray(image.dataobj))
        nibabel.save(nibabel.Nifti1Image(values, None, image.header), folder / f"{case}.nii.gz")
    return find_masks(folder), truths


@pytest.fixture(scope="module")
def scores(masks):
    rows = evaluate_folder(*masks, "emidec").rows
    return {(row.case, row.convention, row.structure, row.metric): row.value for row in rows}


@pytest.mark.parametrize(
    ("structure", "values"),
    [("whole_myocardium", (2, 3, 4)), ("whole_infarct", (3, 4)), ("mvo", (4,)), ("lv_pool", (1,))],
)
def test_dice_and_volume_difference_follow_the_definition(masks, scores, structure, values):
    for case, path in masks[1].items():
        truth, spacing = _read(path)
        prediction, _ = _read(masks[0][case])
        first, second = np.isin(prediction, values), np.isin(truth, values)
        total = first.sum() + second.sum()
        difference = abs(int(first.sum()) - int(second.sum()))
        expected_dice = 2 * (first & second).sum() / total if total else 1.0
        measured = {
            metric: scores[case, "emidec_official", structure, metric]
            for metric in ("dice", "volume_difference_ml")
        }
        assert measured["dice"] == pytest.approx(expected_dice)
        assert measured["volume_difference_ml"] == pytest.approx(
            difference * spacing.prod() / 1000, rel=1e-6
        )


@pytest.mark.parametrize(("structure", "values"), [("whole_infarct", (3, 4)), ("mvo", (4,))])
def test_the_ratio_is_relative_to_the_true_myocardium(masks, scores, structure, values):
    for case, path in masks[1].items():
        truth, prediction = _read(path)[0], _read(masks[0][case])[0]
        difference = abs(int(np.isin(prediction, values).sum()) - int(np.isin(truth, values).sum()))
        measured = scores[case, "emidec_official", structure, "volume_difference_ratio"]
        assert measured == pytest.approx(difference / (truth >= 2).sum())


@pytest.mark.parametrize("convention", ["emidec_official", "case3d"])
def test_hausdorff_of_the_myocardium_uses_pixdim(masks, scores, convention):
    for case, path in masks[1].items():
        truth, spacing = _read(path)
        first, second = (
            _surface_points(values >= 2, spacing) for values in (_read(masks[0][case])[0], truth)
        )
        between = cdist(first, second)
        expected = max(between.min(axis=0).max(), between.min(axis=1).max())
        assert scores[case, convention, "whole_myocardium", "hausdorff_mm"] == pytest.approx(
            expected, rel=1e-6
        )


def test_the_distance_as_scripted_puts_the_slice_spacing_on_the_first_axis(masks, scores):
    """The script's array is (z, y, x) and its spacing (x, y, z)."""
    for case, path in masks[1].items():
        truth, spacing = _read(path)
        first, second = (
            _surface_points((values >= 2).transpose(2, 1, 0), spacing)
            for values in (_read(masks[0][case])[0], truth)
        )
        between = cdist(first, second)
        expected = max(between.min(axis=0).max(), between.min(axis=1).max())
        scripted = scores[case, "emidec_official", "whole_myocardium", "hausdorff_as_scripted_mm"]
        assert scripted == pytest.approx(expected, rel=1e-6)
        assert scripted > 2 * scores[case, "emidec_official", "whole_myocardium", "hausdorff_mm"]


def test_the_perturbed_infarct_is_smaller_and_the_healthy_case_scores_one(scores):
    assert 0 < scores["samplePositive", "emidec_official", "whole_infarct", "dice"] < 0.9
    assert scores["samplePositive", "case3d", "whole_infarct", "volume_difference_ml"] < 0
    assert scores["sampleNegative", "emidec_official", "whole_infarct", "dice"] == 1.0
    assert np.isnan(scores["sampleNegative", "case3d", "whole_infarct", "dice"])
