import numpy as np
import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.plain import find_cases
from scarmap.errors import DataError
from scarmap.labels import TISSUES


def test_a_folder_per_case_is_read_whatever_sequences_it_has(tmp_path, write_volume):
    full = {
        kind: write_volume(tmp_path / "p2" / f"{kind}.nii.gz")
        for kind in ("LGE", "T2", "bSSFP", "labels")
    }
    alone = write_volume(tmp_path / "p1" / "t2.nii")
    first, second = find_cases(tmp_path)
    assert (first.name, first.images, first.labels) == ("p1", {"T2": alone}, None)
    assert (second.name, second.layout, second.labels) == ("p2", "scarmap", full.pop("labels"))
    assert second.images == full


def test_labels_hold_the_index_of_every_tissue(tmp_path, write_volume):
    values = np.arange(len(TISSUES), dtype=np.int16).reshape(-1, 1, 1)
    write_volume(tmp_path / "p1" / "labels.nii.gz", values)
    write_volume(tmp_path / "p1" / "LGE.nii.gz", values)
    (files,) = find_cases(tmp_path)
    assert (load_case(files, sequences=("LGE",), labelled=True).labels.array == values).all()


def test_other_files_hidden_copies_and_deeper_folders_are_passed_over(tmp_path):
    for name in (
        "p1/LGE.json",
        "p1/._LGE.nii.gz",
        "p1/truth.json",
        "p1/mask_old.nii.gz",
        "p1/raw/LGE.nii.gz",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_cases(tmp_path) == []


def test_two_files_for_one_sequence_are_an_error_that_names_both(tmp_path):
    (tmp_path / "p1").mkdir()
    for name in ("DE.nii.gz", "LGE.nii.gz"):
        (tmp_path / "p1" / name).touch()
    with pytest.raises(
        DataError, match=r"Case p1 has two LGE files, .*DE\.nii\.gz and .*LGE\.nii\.gz"
    ):
        find_cases(tmp_path)
