import os
from pathlib import Path

import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.emidec import find_cases


def test_cases_are_read_with_and_without_contours(tmp_path, write_volume):
    image = write_volume(tmp_path / "Case_P001" / "Images" / "Case_P001.nii.gz")
    truth = write_volume(tmp_path / "Case_P001" / "Contours" / "Case_P001.nii.gz")
    write_volume(tmp_path / "Case_N002" / "Images" / "Case_N002.nii.gz")
    second, first = find_cases(tmp_path)
    assert (second.name, second.labels) == ("Case_N002", None)
    assert (first.name, first.layout, first.images, first.labels) == (
        "Case_P001",
        "emidec",
        {"LGE": image},
        truth,
    )


def test_hidden_copies_and_empty_image_folders_are_passed_over(tmp_path, write_volume):
    (tmp_path / "Case_P009" / "Images").mkdir(parents=True)
    for folder in ("Images", "Contours"):
        write_volume(tmp_path / "Case_P001" / folder / "Case_P001.nii.gz")
        (tmp_path / "Case_P001" / folder / "._Case_P001.nii.gz").touch()
    (case,) = find_cases(tmp_path)
    assert case.images["LGE"].name == case.labels.name == "Case_P001.nii.gz"


def test_a_folder_of_another_layout_gives_no_case(tmp_path, write_volume):
    write_volume(tmp_path / "a_LGE.nii.gz")
    assert find_cases(tmp_path) == []


@pytest.mark.skipif("SCARMAP_EMIDEC" not in os.environ, reason="SCARMAP_EMIDEC is not set")
def test_a_real_case_loads_with_its_true_spacing():
    case = next(
        case for case in find_cases(Path(os.environ["SCARMAP_EMIDEC"])) if case.labels is not None
    )
    loaded = load_case(case, sequences=("LGE",), labelled=True)
    assert 1 < loaded.grid.spacing_mm[0] < 2.5
    assert 5 < loaded.grid.spacing_mm[2] < 20
    assert (loaded.labels.array > 0).any()
