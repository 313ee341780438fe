import os
from pathlib import Path

import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.myops2020 import find_cases
from scarmap.errors import DataError


def test_the_challenge_names_are_read_with_labels_from_the_sister_folder(tmp_path):
    for case in ("myops_training_102", "myops_training_101"):
        for suffix in ("C0", "DE", "T2"):
            (tmp_path / "train25").mkdir(exist_ok=True)
            (tmp_path / "train25" / f"{case}_{suffix}.nii.gz").touch()
    (tmp_path / "train25_myops_gd").mkdir()
    truth = tmp_path / "train25_myops_gd" / "myops_training_101_gd.nii.gz"
    truth.touch()
    first, second = find_cases(tmp_path)
    assert (first.name, second.name) == ("myops_training_101", "myops_training_102")
    assert first.images == {
        "LGE": tmp_path / "train25" / "myops_training_101_DE.nii.gz",
        "T2": tmp_path / "train25" / "myops_training_101_T2.nii.gz",
        "bSSFP": tmp_path / "train25" / "myops_training_101_C0.nii.gz",
    }
    assert (first.labels, second.labels) == (truth, None)
    assert first.layout == "myops2020"


def test_the_names_with_a_folder_per_case_are_read(tmp_path):
    folder = tmp_path / "Case3001"
    folder.mkdir()
    for suffix in ("C0", "LGE", "T2", "gd"):
        (folder / f"Case3001_{suffix}.nii.gz").touch()
    (case,) = find_cases(tmp_path)
    assert case.name == "Case3001"
    assert {sequence: path.name for sequence, path in case.images.items()} == {
        "LGE": "Case3001_LGE.nii.gz",
        "T2": "Case3001_T2.nii.gz",
        "bSSFP": "Case3001_C0.nii.gz",
    }
    assert case.labels == folder / "Case3001_gd.nii.gz"


def test_letter_case_and_plain_nifti_do_not_matter(tmp_path):
    (tmp_path / "a_lge.nii").touch()
    (tmp_path / "a_BSSFP.nii.gz").touch()
    (tmp_path / "a_t2.nii.gz").touch()
    (case,) = find_cases(tmp_path)
    assert set(case.images) == {"LGE", "T2", "bSSFP"}


def test_other_files_and_hidden_copies_are_passed_over(tmp_path):
    for name in ("a_LGE.nii.gz", "._a_LGE.nii.gz", "a.nii.gz", "a_LGE.json", "notes.txt"):
        (tmp_path / name).touch()
    (case,) = find_cases(tmp_path)
    assert case.images == {"LGE": tmp_path / "a_LGE.nii.gz"}


def test_two_files_for_one_sequence_are_an_error_that_names_both(tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "a_DE.nii.gz").touch()
    (tmp_path / "copy" / "a_LGE.nii.gz").touch()
    with pytest.raises(
        DataError, match=r"Case a has two LGE files, .*a_DE\.nii\.gz and .*copy.a_LGE\.nii\.gz"
    ):
        find_cases(tmp_path)


@pytest.mark.skipif("SCARMAP_MYOPS2020" not in os.environ, reason="SCARMAP_MYOPS2020 is not set")
def test_the_real_training_set_has_25_labelled_cases_on_common_grids():
    cases = find_cases(Path(os.environ["SCARMAP_MYOPS2020"]))
    labelled = [case for case in cases if case.labels is not None]
    assert len(labelled) == 25
    assert (
        sum(
            load_case(case, sequences=("LGE", "T2", "bSSFP"), labelled=True).grid.shape[2]
            for case in labelled
        )
        == 102
    )
