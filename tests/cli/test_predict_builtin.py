import nibabel
import numpy as np
import pytest

from scarmap.datasets.folder import find_cases
from scarmap.io.nifti import read_labels
from scarmap.labels import codes


def test_a_folder_is_segmented_without_a_run_in_the_codes_of_its_data(
    scarmap, emidec_phantom, tmp_path
):
    ended = scarmap("predict", "--data", emidec_phantom, "--out", tmp_path)
    assert ended.code == 0
    assert "trained on synthetic hearts only" in ended.out
    for case in find_cases(emidec_phantom):
        found = read_labels(tmp_path / f"{case.name}.nii.gz", "emidec")
        assert found.array.any()


@pytest.mark.parametrize("sequences", [("LGE",), ("T2",), ("T2", "bSSFP"), ("LGE", "T2", "bSSFP")])
def test_one_study_is_segmented_from_any_of_its_sequences(
    scarmap, myops_phantom, tmp_path, sequences
):
    images = find_cases(myops_phantom)[0].images
    options = [word for name in sequences for word in (f"--{name.lower()}", images[name])]
    assert scarmap("predict", *options, "--out", tmp_path).code == 0
    (mask,) = tmp_path.glob("*.nii.gz")
    values = np.unique(np.asarray(nibabel.load(mask).dataobj))
    assert set(values.tolist()) <= set(codes("scarmap").values())
    assert codes("scarmap")["lv_pool"] in values
