import pytest

from scarmap.datasets.folder import find_cases
from scarmap.datasets.masks import find_masks
from scarmap.errors import DataError


def data_sets(folder, write_volume):
    for name in (
        "one/train25/a_C0",
        "one/train25/a_DE",
        "one/train25_gd/a_gd",
        "two/Case_P1/Images/Case_P1",
        "two/Case_P1/Contours/Case_P1",
        "two/Case_P2/Images/Case_P2",
        "three/p/LGE",
    ):
        write_volume(folder / f"{name}.nii.gz")
    return folder


def test_a_folder_of_data_sets_holds_the_cases_of_all(tmp_path, write_volume):
    folder = data_sets(tmp_path, write_volume)
    assert {case.name: case.layout for case in find_cases(folder)} == {
        "Case_P1": "emidec",
        "Case_P2": "emidec",
        "a": "myops2020",
        "p": "scarmap",
    }
    assert [case.name for case in find_cases(folder, labelled=True)] == ["Case_P1", "a"]
    assert set(find_masks(folder)) == {"Case_P1", "a"}


def test_case_names_of_data_sets_must_differ(tmp_path, write_volume):
    folder = data_sets(tmp_path, write_volume)
    write_volume(folder / "three" / "a" / "LGE.nii.gz")
    with pytest.raises(
        DataError, match=r"Two data sets in .* have a case named a, one of them in three"
    ):
        find_cases(folder)


def test_each_layout_is_recognised(tmp_path, write_volume):
    write_volume(tmp_path / "myops" / "a_LGE.nii.gz")
    write_volume(tmp_path / "emidec" / "Case_P001" / "Images" / "Case_P001.nii.gz")
    write_volume(tmp_path / "plain" / "p1" / "LGE.nii.gz")
    assert [case.layout for case in find_cases(tmp_path / "plain")] == ["scarmap"]
    assert [case.layout for case in find_cases(tmp_path / "myops")] == ["myops2020"]
    assert [case.layout for case in find_cases(tmp_path / "emidec")] == ["emidec"]


def test_only_labelled_cases_are_kept_when_asked_for(tmp_path, write_volume):
    for name in ("a_LGE", "a_gd", "b_LGE"):
        write_volume(tmp_path / f"{name}.nii.gz")
    assert [case.name for case in find_cases(tmp_path)] == ["a", "b"]
    assert [case.name for case in find_cases(tmp_path, labelled=True)] == ["a"]


def test_labels_without_an_image_are_no_case(tmp_path, write_volume):
    write_volume(tmp_path / "a_gd.nii.gz")
    with pytest.raises(DataError, match="holds no case"):
        find_cases(tmp_path)


def test_a_wrong_folder_is_an_error_that_says_what_is_there_and_what_was_expected(tmp_path):
    for number in range(8):
        (tmp_path / f"IM{number}.dcm").touch()
    with pytest.raises(
        DataError,
        match=r"it holds IM0\.dcm, .*IM5\.dcm, \.{4} Expected .*_LGE\.nii\.gz.*Contours.*labels",
    ):
        find_cases(tmp_path)


def test_an_empty_and_a_missing_folder_are_errors(tmp_path):
    with pytest.raises(DataError, match="it holds nothing"):
        find_cases(tmp_path)
    with pytest.raises(DataError, match="nowhere is not a folder"):
        find_cases(tmp_path / "nowhere")
    with pytest.raises(DataError, match="nowhere is not a folder of masks"):
        find_masks(tmp_path / "nowhere")


def test_unlabelled_data_is_an_error_where_labels_are_needed(tmp_path, write_volume):
    write_volume(tmp_path / "a_LGE.nii.gz")
    with pytest.raises(DataError, match="holds no labelled case"):
        find_cases(tmp_path, labelled=True)


def test_masks_are_found_in_a_flat_folder_by_file_name(tmp_path, write_volume):
    for name in ("b.nii.gz", "a.nii", "a_probabilities.nii.gz"):
        write_volume(tmp_path / name)
    (tmp_path / ".partial-c.nii.gz").touch()
    assert find_masks(tmp_path) == {"a": tmp_path / "a.nii", "b": tmp_path / "b.nii.gz"}


def test_masks_are_found_by_the_myops_name(tmp_path, write_volume):
    mask = write_volume(tmp_path / "gd" / "myops_training_101_gd.nii.gz")
    assert find_masks(tmp_path) == {"myops_training_101": mask}


@pytest.mark.parametrize("with_images", [True, False])
def test_masks_are_found_in_emidec_contours_with_or_without_images(
    tmp_path, write_volume, with_images
):
    mask = write_volume(tmp_path / "Case_P001" / "Contours" / "Case_P001.nii.gz")
    if with_images:
        write_volume(tmp_path / "Case_P001" / "Images" / "Case_P001.nii.gz")
    (mask.parent / "._Case_P001.nii.gz").touch()
    assert find_masks(tmp_path) == {"Case_P001": mask}


def test_masks_are_found_in_the_folders_of_their_cases(tmp_path, write_volume):
    mask = write_volume(tmp_path / "p1" / "labels.nii.gz")
    write_volume(tmp_path / "p2" / "LGE.nii.gz")
    assert find_masks(tmp_path) == {"p1": mask}


def test_a_folder_without_masks_is_an_error(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataError, match="holds no masks"):
        find_masks(tmp_path)
