import pytest

from scarmap.datasets.folder import find_cases, holds_sets
from scarmap.datasets.mask_files import find_masks
from scarmap.errors import DataError, LabelError


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


MYOPS = ("myops/train/m1_LGE", "myops/train/m1_T2", "myops/train_gd/m1_gd")
CODES = "background=0,lv_pool=500"
TOLD = {
    "own/labels.json": '{"lv_pool": 1, "scar": 3}',
    "nn/dataset.json": '{"channel_names": {"0": "LGE"}, "labels": {"background": 0, "scar": 4}}',
}


@pytest.mark.parametrize(
    ("files", "case", "layout"),
    [
        (("my/D8_postMI/images/001_D8", "my/D8_postMI/labels/001_D8"), "001_D8", "emidec"),
        (
            ("care/CenterA/Case1/Case1_LGE", "care/CenterA/Case1/Case1_gd"),
            "Case1",
            f"own:{CODES},normal_myocardium=200,scar=2221",
        ),
        (
            ("ms/patient1_LGE", "ms/patient1_LGE_manual"),
            "patient1",
            f"own:{CODES},rv_pool=600,normal_myocardium=200",
        ),
        (("own/p1_LGE", "own/p1_gd"), "p1", "own:background=0,lv_pool=1,scar=3"),
        (("nn/imagesTr/p1_0000", "nn/labelsTr/p1"), "p1", "own:background=0,scar=4"),
        (("words/LGE-p1", "words/p1_seg"), "p1", "scarmap"),
    ],
    ids=["myosaiq", "care", "mscmrseg", "labels.json", "nnU-Net", "words"],
)
def test_any_data_set_beside_another_keeps_its_cases_and_its_codes(
    tmp_path, write_volume, files, case, layout
):
    for name in (*MYOPS, *files):
        write_volume(tmp_path / f"{name}.nii.gz")
    for name, text in TOLD.items():
        if (tmp_path / name).parent.is_dir():
            (tmp_path / name).write_text(text)
    found = {each.name: each.layout for each in find_cases(tmp_path, labelled=True)}
    assert found == {"m1": "myops2020", case: layout}
    assert find_masks(tmp_path).keys() == found.keys()


def test_codes_that_are_declared_and_cannot_be_read_are_an_error(tmp_path, write_volume):
    for name in (*MYOPS, "own/p1_LGE", "own/p1_gd"):
        write_volume(tmp_path / f"{name}.nii.gz")
    (tmp_path / "own" / "labels.json").write_text("{")
    with pytest.raises(LabelError, match=r"labels\.json"):
        find_cases(tmp_path)


@pytest.mark.parametrize(
    ("files", "cases"),
    [
        (("train/a_LGE", "train_gd/a_gd", "test/b_LGE"), ["a", "b"]),
        (("images/patient1_LGE", "labels/patient1_LGE_manual", "test/patient2_LGE"), None),
        (("CenterA/a/a_LGE", "CenterA/a/a_gd", "CenterB/b/b_LGE", "CenterB/b/b_gd"), ["a", "b"]),
        (("a_LGE", "a_gd", "old/D8_postMI/images/001_D8"), None),
        (("train/a_LGE", "train_gd/a_gd", "corrected/a_LGE_n4"), ["a"]),
        (("train/a_LGE", "train_gd/a_gd", "for_nnunet/a_0000"), ["a"]),
    ],
    ids=["myops", "mscmrseg", "care", "own files", "working copies", "copies for nnU-Net"],
)
def test_parts_of_one_data_set_and_working_copies_make_no_folder_of_data_sets(
    tmp_path, write_volume, files, cases
):
    for name in files:
        write_volume(tmp_path / f"{name}.nii.gz")
    assert not holds_sets(tmp_path)
    assert cases is None or [each.name for each in find_cases(tmp_path)] == cases


def test_a_folder_that_declares_its_codes_is_one_data_set(tmp_path, write_volume):
    for name in ("train/a_LGE", "train/a_gd", "train/old/b_LGE_n4", "train/old/b_gd_n4"):
        write_volume(tmp_path / f"{name}.nii.gz")
    (tmp_path / "labels.json").write_text('{"scar": 3}')
    assert [each.layout for each in find_cases(tmp_path)] == ["own:background=0,scar=3"]


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
