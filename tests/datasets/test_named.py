import json
import shutil
from math import isnan

import pytest

from scarmap.datasets.folder import case_of_image, find_cases
from scarmap.datasets.named import read_name
from scarmap.datasets.worklist import known_body_surfaces, known_references, read_patients
from scarmap.errors import DataError


@pytest.mark.parametrize(
    ("name", "case", "kind"),
    [
        ("Patient01_LGE_SAX.nii.gz", "Patient01", "LGE"),
        ("LGE-p7.nii", "p7", "LGE"),
        ("p7_psir_stack.mha", "p7", "LGE"),
        ("p7_LGE_PSIR.nrrd", "p7", "LGE"),
        ("site 2 p7.T2w.nii.gz", "site_2_p7", "T2"),
        ("p7_cine_2D.nii.gz", "p7", "bSSFP"),
        ("Patient01_seg.nii.gz", "Patient01", "labels"),
    ],
)
def test_a_name_is_read_by_its_words(tmp_path, name, case, kind):
    assert read_name(tmp_path / name) == (case, kind)


@pytest.mark.parametrize("name", ["p7.nii.gz", "p7_LGE_T2.nii.gz", "LGE.nii.gz", "p7_alge.nii.gz"])
def test_a_name_that_does_not_say_one_kind_and_a_case_is_not_read(tmp_path, name):
    assert read_name(tmp_path / name) is None


def test_a_folder_of_such_names_is_read_with_its_truth(tmp_path, write_volume):
    for name in ("a_LGE_SAX", "a_T2w", "a_seg", "b_LGE_SAX"):
        write_volume(tmp_path / f"{name}.nii.gz")
    first, second = find_cases(tmp_path)
    assert (first.name, first.layout, sorted(first.images)) == ("a", "scarmap", ["LGE", "T2"])
    assert first.labels.name == "a_seg.nii.gz"
    assert second.labels is None


def test_two_files_of_a_kind_are_an_error_that_names_both(tmp_path, write_volume):
    for name in ("a_LGE_SAX", "a_LGE_mag"):
        write_volume(tmp_path / f"{name}.nii.gz")
    with pytest.raises(DataError, match=r"a has two LGE files, .*SAX.* and .*mag.*worklist"):
        find_cases(tmp_path)


def nnunet(folder, write_volume, about):
    for name in ("imagesTr/p_0000", "imagesTr/p_0001", "labelsTr/p", "imagesTs/q_0000"):
        write_volume(folder / f"{name}.nii.gz")
    if about:
        (folder / "dataset.json").write_text(json.dumps(about))
    return folder


def test_nnunets_folders_are_read_as_their_description_says(tmp_path, write_volume):
    about = {
        "channel_names": {"0": "LGE", "1": "T2"},
        "labels": {"background": 0, "LV pool": 1, "scar": 2},
    }
    first, second = find_cases(nnunet(tmp_path, write_volume, about))
    assert first.layout == "own:background=0,lv_pool=1,scar=2"
    assert {name: path.name for name, path in first.images.items()} == {
        "LGE": "p_0000.nii.gz",
        "T2": "p_0001.nii.gz",
    }
    assert first.labels == tmp_path / "labelsTr" / "p.nii.gz"
    assert second.labels is None


def test_without_a_description_one_image_is_lge_and_more_are_an_error(tmp_path, write_volume):
    write_volume(tmp_path / "one" / "p7_0000.nii.gz")
    (only,) = find_cases(tmp_path / "one")
    assert (only.name, list(only.images), only.labels) == ("p7", ["LGE"], None)
    with pytest.raises(DataError, match=r"several images, and no dataset\.json"):
        find_cases(nnunet(tmp_path / "two", write_volume, None))


def test_a_single_image_has_the_name_and_codes_that_its_folder_gives_it(tmp_path, write_volume):
    for name in ("m/p7_LGE", "e/Case_P1/Images/Case_P1", "n/p7_LGE_SAX", "u/p7_0000", "o/a_LGE"):
        write_volume(tmp_path / f"{name}.nii.gz")
    (tmp_path / "o" / "labels.json").write_text('{"scar": 3}')
    for folder in "menuo":
        (case,) = find_cases(tmp_path / folder)
        (image,) = case.images.values()
        assert case_of_image(image) == (case.name, case.layout), folder


def test_a_worklist_says_which_file_is_what(tmp_path, write_volume):
    write_volume(tmp_path / "scans" / "17.nii.gz")
    shutil.copy(tmp_path / "scans" / "17.nii.gz", tmp_path / "scans" / "18.nii.gz")
    worklist = tmp_path / "worklist.csv"
    worklist.write_text(
        "Case,lge,labels,layout,reference_angle,height_cm,weight_kg\n"
        "p8,scans/17.nii.gz,,,,,\n\n"
        "p7,scans/17.nii.gz,scans/18.nii.gz,emidec,190,180,80\n"
    )
    first, second = find_cases(worklist)
    assert (first.name, first.layout, first.images["LGE"]) == (
        "p7",
        "emidec",
        tmp_path / "scans" / "17.nii.gz",
    )
    assert [each.name for each in find_cases(worklist, labelled=True)] == ["p7"]
    assert (second.layout, second.labels) == ("scarmap", None)
    patients = read_patients(worklist)
    assert patients["p7"].reference_deg == 190
    assert patients["p7"].body_surface_m2 == pytest.approx(2.0)
    assert isnan(patients["p8"].body_surface_m2)
    assert known_body_surfaces(None, tmp_path, worklist) == {"p7": pytest.approx(2.0)}
    assert known_references(worklist) == {"p7": 190}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("case,lgee\np,x\n", "has a column 'lgee'.*'lge'"),
        ("lge\nx\n", "no column 'case'"),
        ("case,lge\np,\n", "Line 2"),
        ("case,lge\na/b,x\n", "Line 2"),
        ("case,lge\np,x\np,y\n", "twice, the second time in line 3"),
        ("lge,case\nx\n", "Line 2"),
        ("case,lge\np,\xfc\n", "UTF-8"),
    ],
)
def test_a_wrong_worklist_is_an_error_that_says_where(tmp_path, text, told):
    (tmp_path / "w.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=told):
        find_cases(tmp_path / "w.csv")


@pytest.mark.parametrize("height", ["tall", "1.80", "-180", "inf"])
def test_a_number_of_a_worklist_that_no_patient_has_is_an_error(tmp_path, height):
    (tmp_path / "w.csv").write_text(f"case,lge,height_cm\np,x,{height}\n")
    with pytest.raises(DataError, match=f"Line 2 .*height_cm as '{height}'.* between 20 and 250"):
        read_patients(tmp_path / "w.csv")


def test_a_worklist_says_which_cases_show_one_patient(tmp_path):
    (tmp_path / "w.csv").write_text("case,patient,lge\na1,a,x\na2,a,x\nb,,x\n")
    assert [each.patient for each in find_cases(tmp_path / "w.csv")] == ["a", "a", ""]
