"""Whole synthetic studies of four scanners, shifted by breath-holds, from DICOM to DICOM."""

import shutil
import subprocess

import nibabel
import numpy as np
import pytest

import scarmap
from scarmap.evaluation.overlap import dice
from scarmap.io.coding import encode
from scarmap.io.nifti import read_labels
from scarmap.labels import region_mask
from scarmap.phantom.dicom.study import write_dicom_studies
from scarmap.phantom.dicom.vendors import VENDORS

LEAST = {"lv_pool": 0.93, "whole_myocardium": 0.88, "whole_infarct": 0.7}
"""Dice of the built-in model; measured on these studies: 0.95, 0.91 and 0.76."""


@pytest.mark.slow
@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_a_study_of_each_scanner_goes_the_whole_way(vendor, tmp_path):
    (folder,) = write_dicom_studies(tmp_path / "export", vendor=vendor, seed=1, keep_motion=True)
    result = scarmap.study_from_dicom(folder, tmp_path / "out", device="cpu")
    assert set(result.used) == {"LGE", "T2", "bSSFP"}
    truth = read_labels(tmp_path / "export" / "truth" / folder.name / "labels.nii.gz", "scarmap")
    mask = nibabel.load(result.mask)
    found = _on_grid(mask, truth)
    for region, least in LEAST.items():
        both = [region_mask(each, region) for each in (found, truth.array)]
        assert dice(*both) > least, region
    written = result.sent.dicom
    for path in (written.segmentation, written.report, written.document):
        assert _errors(path) == []


def _on_grid(mask, truth):
    """The mask in the order of the truth's voxels, which may count slices from the other end."""
    turn = np.linalg.inv(truth.grid.affine) @ mask.affine
    assert np.allclose(np.abs(turn[:3, :3]), np.eye(3), atol=1e-3)
    array = encode(np.asarray(mask.dataobj), "scarmap", where="the mask")
    flipped = [axis for axis in range(3) if turn[axis, axis] < 0]
    return np.flip(array, flipped)


def _errors(path):
    if shutil.which("dciodvfy") is None:
        return []
    ended = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
    return [line for line in ended.stderr.splitlines() if line.startswith("Error")]
