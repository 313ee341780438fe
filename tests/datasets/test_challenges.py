"""The phantom in the layouts of later challenges, read as they are."""

import json
import shutil

import nibabel
import numpy as np
import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.masks import load_study, studies_of_folder
from scarmap.errors import DataError, GeometryError
from scarmap.labels import INDEX
from scarmap.workflow.evaluate import evaluate


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def recode(source, target, **instead):
    """A mask with some codes replaced, such as `edema=200`."""
    known = {"edema": 1220, "scar": 2221, "rv_pool": 600}
    image = nibabel.load(source)
    values = np.asarray(image.dataobj).copy()
    for tissue, code in instead.items():
        values[values == known[tissue]] = code
    target.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(values, None, image.header), target)


@pytest.fixture
def myosaiq(emidec_phantom, tmp_path):
    """Four cases at three times, the last one without a truth."""
    folder = tmp_path / "training"
    for number, case in enumerate(find_cases(emidec_phantom)):
        time = ("D8", "M1", "M12")[number % 3]
        name = f"{number + 1:03d}_{time}.nii.gz"
        copy(case.images["LGE"], folder / f"{time}_postMI" / "images" / name)
        if number < 3:
            copy(case.labels, folder / f"{time}_postMI" / "labels" / name)
    return folder


def test_myosaiq_is_read_with_its_truth_and_the_time_of_each_case(myosaiq, emidec_phantom):
    cases = find_cases(myosaiq)
    assert [(case.name, case.group) for case in cases] == [
        ("001_D8", "D8"),
        ("002_M1", "M1"),
        ("003_M12", "M12"),
        ("004_D8", "D8"),
    ]
    assert [case.labels is None for case in cases] == [False, False, False, True]
    before = load_case(find_cases(emidec_phantom)[0], sequences=("LGE",), labelled=True)
    after = load_case(cases[0], sequences=("LGE",), labelled=True)
    np.testing.assert_array_equal(before.labels.array, after.labels.array)
    np.testing.assert_array_equal(before.grid.affine, after.grid.affine)
    assert sorted(find_masks(myosaiq)) == ["001_D8", "002_M1", "003_M12"]


def test_the_same_number_at_two_times_of_myosaiq_is_one_patient(myosaiq):
    assert [case.patient for case in find_cases(myosaiq)] == ["001", "002", "003", "004"]


def test_myosaiq_is_scored_time_by_time(myosaiq, tmp_path):
    masks = tmp_path / "masks"
    for name, path in find_masks(myosaiq).items():
        copy(path, masks / f"{name}.nii.gz")
    evaluation = evaluate(masks, myosaiq, out=tmp_path / "scores")
    assert evaluation.groups["001_D8"] == "D8"
    summary = json.loads((tmp_path / "scores" / "summary.json").read_text(encoding="utf-8"))
    assert {name: group["cases"] for name, group in summary["groups"].items()} == {
        "D8": ["001_D8"],
        "M1": ["002_M1"],
        "M12": ["003_M12"],
    }
    assert summary["groups"]["M1"]["scores"]["case3d"]["lv_pool"]["dice"]["mean"] == 1.0


def test_one_centre_of_myosaiq_alone_is_read(myosaiq):
    assert [case.name for case in find_cases(myosaiq / "M1_postMI")] == ["002_M1"]


@pytest.fixture
def care(myops_phantom, tmp_path):
    """A case of centre A (LGE; no edema or RV drawn), two of B, one of E and one of H."""
    folder = tmp_path / "MyoPS_train"
    kinds = {
        "Case1001": ("A", ("LGE",), {"edema": 200, "rv_pool": 0}),
        "Case2001": ("B", ("LGE", "T2", "bSSFP"), {}),
        "Case2002": ("B", ("LGE", "T2", "bSSFP"), {}),
        "Case5001": ("E", ("LGE", "bSSFP"), {"edema": 200}),
    }
    for (name, (center, sequences, codes)), case in zip(
        kinds.items(), find_cases(myops_phantom), strict=False
    ):
        own = folder / f"Center{center}" / name
        for sequence in sequences:
            suffix = {"bSSFP": "C0"}.get(sequence, sequence)
            copy(case.images[sequence], own / f"{name}_{suffix}.nii.gz")
        recode(case.labels, own / f"{name}_gd.nii.gz", **codes)
    return folder


def test_care_is_read_with_what_each_centre_imaged_and_drew(care, myops_phantom):
    cases = {case.name: case for case in find_cases(care)}
    assert {name: case.group for name, case in cases.items()} == {
        "Case1001": "center A",
        "Case2001": "center B",
        "Case2002": "center B",
        "Case5001": "center E",
    }
    assert sorted(cases["Case5001"].images) == ["LGE", "bSSFP"]
    assert cases["Case2001"].layout == "myops2020"
    assert cases["Case1001"].layout == (
        "own:background=0,lv_pool=500,normal_myocardium=200,scar=2221"
    )
    loaded = load_case(cases["Case1001"], sequences=("LGE",), labelled=True)
    truth = load_case(find_cases(myops_phantom)[0], sequences=("LGE",), labelled=True).labels.array
    for tissue in ("scar", "lv_pool"):
        np.testing.assert_array_equal(loaded.labels.array == INDEX[tissue], truth == INDEX[tissue])


def test_care_is_scored_centre_by_centre_over_what_each_centre_drew(care, tmp_path):
    masks = tmp_path / "masks"
    for name, path in find_masks(care).items():
        copy(path, masks / f"{name}.nii.gz")
    evaluate(masks, care, out=tmp_path / "scores")
    summary = json.loads((tmp_path / "scores" / "summary.json").read_text(encoding="utf-8"))
    groups = summary["groups"]
    assert groups["center B"]["cases"] == ["Case2001", "Case2002"]
    assert "edema" in groups["center B"]["scores"]["case3d"]
    assert "edema" not in groups["center A"]["scores"]["case3d"]
    assert groups["center A"]["scores"]["case3d"]["scar"]["dice"]["mean"] == 1.0


def test_a_folder_that_is_sorted_into_no_centres_stays_myops(myops_phantom):
    assert {(case.layout, case.group) for case in find_cases(myops_phantom)} == {("myops2020", "")}


@pytest.fixture
def mscmrseg(myops_phantom, tmp_path):
    """Two patients whose T2 and bSSFP lie elsewhere; LGE is drawn in the first one only."""
    for number, case in enumerate(find_cases(myops_phantom)[:2], start=1):
        for sequence, suffix in (("LGE", "LGE"), ("T2", "T2"), ("bSSFP", "C0")):
            image = nibabel.load(case.images[sequence])
            affine = image.affine.copy()
            affine[:3, 3] += {"LGE": 0, "T2": 4, "bSSFP": -7}[sequence]
            target = tmp_path / "images" / f"patient{number}_{suffix}.nii.gz"
            target.parent.mkdir(exist_ok=True)
            nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), affine), target)
            if sequence != "LGE" or number == 1:
                drawn = tmp_path / "labels" / f"patient{number}_{suffix}_manual.nii.gz"
                recode(case.labels, drawn, edema=200, scar=200)
    return tmp_path


def test_ms_cmrseg_2019_is_read_with_the_truth_of_lge(mscmrseg):
    first, second = find_cases(mscmrseg)
    assert (first.name, sorted(first.images)) == ("patient1", ["LGE", "T2", "bSSFP"])
    assert first.layout == "own:background=0,lv_pool=500,rv_pool=600,normal_myocardium=200"
    assert (first.labels.name, second.labels) == ("patient1_LGE_manual.nii.gz", None)
    labels = load_case(first, sequences=("LGE",), labelled=True).labels.array
    assert set(np.unique(labels)) == {
        0,
        INDEX["lv_pool"],
        INDEX["rv_pool"],
        INDEX["normal_myocardium"],
    }
    assert list(find_masks(mscmrseg)) == ["patient1"]


def test_ms_cmrseg_2019_has_sequences_on_grids_of_their_own(mscmrseg):
    with pytest.raises(GeometryError, match="--align"):
        load_case(find_cases(mscmrseg)[0], sequences=("LGE", "T2"))


def test_ms_cmrseg_2019_is_measured_with_lge_alone(mscmrseg):
    (study,) = studies_of_folder(mscmrseg)
    case = load_study(study)
    assert (list(case.images), {*case.left_out}) == (["LGE"], {"T2", "bSSFP"})


def test_two_truths_of_one_image_are_an_error_that_names_both(mscmrseg):
    copy(
        mscmrseg / "labels" / "patient1_LGE_manual.nii.gz",
        mscmrseg / "again" / "patient1_LGE_manual.nii.gz",
    )
    with pytest.raises(DataError, match="are the same image of the same patient"):
        find_cases(mscmrseg)
