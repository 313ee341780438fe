from pathlib import Path

import nibabel
import numpy as np
import pytest


def _write(path: Path, values=None, *, affine=None, shape=(6, 5, 2)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.zeros(shape, dtype=np.int16) if values is None else values
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return path


@pytest.fixture
def write_volume():
    """Write a small NIfTI file of zeros, or of the values given."""
    return _write
