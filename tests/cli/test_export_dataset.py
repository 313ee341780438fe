"""nnU-Net beside our runs: data set out, predictions in. nnU-Net itself is not needed."""

import json

import nibabel
import numpy as np
import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.datasets.folds import contiguous_folds
from scarmap.io.run import RunFolder
from scarmap.io.scores import read_scores, values_by_case


def export(scarmap, data, out, *more):
    ended = scarmap("export-dataset", "--format", "nnunet", "--data", data, "--out", out, *more)
    assert ended.code == 0, ended.err
    return out


def as_predictions(exported, folder, *, change=lambda codes: codes):
    """Truth of an exported data set as nnU-Net writes predictions, `dataset.json` beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((exported / "labelsTr").glob("*.nii.gz")):
        image = nibabel.load(path)
        codes = change(np.asarray(image.dataobj)).astype(np.uint8)
        nibabel.save(nibabel.Nifti1Image(codes, image.affine), folder / path.name)
    (folder / "dataset.json").write_text((exported / "dataset.json").read_text(encoding="utf-8"))
    return folder


def dice_of(folder, structure="scar"):
    rows = read_scores(folder / "cases.csv")
    return values_by_case(rows, convention="case3d", structure=structure, metric="dice")


def test_the_data_set_has_the_names_channels_labels_and_folds_that_nnunet_wants(
    scarmap, myops_phantom, tmp_path
):
    out = export(scarmap, myops_phantom, tmp_path / "Dataset501_MyoPS")
    cases = find_cases(myops_phantom)
    about = json.loads((out / "dataset.json").read_text(encoding="utf-8"))
    assert about["channel_names"] == {"0": "LGE", "1": "T2", "2": "bSSFP"}
    assert about["labels"] == {
        "background": 0,
        "lv_pool": 1,
        "rv_pool": 2,
        "normal_myocardium": 3,
        "edema": 4,
        "scar": 5,
    }
    assert (about["numTraining"], about["file_ending"]) == (6, ".nii.gz")
    assert sorted(path.name for path in (out / "imagesTr").iterdir()) == sorted(
        f"{case.name}_000{number}.nii.gz" for case in cases for number in range(3)
    )
    splits = json.loads((out / "splits_final.json").read_text(encoding="utf-8"))
    folds = contiguous_folds([case.name for case in cases])
    assert splits == [{"train": list(fold.train), "val": list(fold.validation)} for fold in folds]


def test_images_and_truth_come_back_as_they_were(scarmap, myops_phantom, tmp_path):
    out = export(scarmap, myops_phantom, tmp_path / "set", "--sequences", "T2,LGE")
    for before, after in zip(find_cases(myops_phantom), find_cases(out), strict=True):
        assert before.name == after.name
        assert list(after.images) == ["T2", "LGE"]
        one, other = (
            load_case(each, sequences=("LGE", "T2"), labelled=True) for each in (before, after)
        )
        np.testing.assert_array_equal(one.images["T2"].array, other.images["T2"].array)
        np.testing.assert_array_equal(one.labels.array, other.labels.array)
        np.testing.assert_allclose(one.grid.affine, other.grid.affine, atol=1e-4)


def test_regions_nest_and_are_still_read_as_tissues(scarmap, six_emidec_cases, tmp_path):
    out = export(scarmap, six_emidec_cases, tmp_path / "set", "--regions", "--folds", "seeded")
    about = json.loads((out / "dataset.json").read_text(encoding="utf-8"))
    assert about["labels"] == {
        "background": 0,
        "lv_pool": 1,
        "whole_myocardium": [2, 3, 4],
        "whole_infarct": [3, 4],
        "mvo": [4],
    }
    assert about["regions_class_order"] == [1, 2, 3, 4]
    assert {case.layout for case in find_cases(out)} == {
        "own:background=0,lv_pool=1,normal_myocardium=2,scar=3,mvo=4"
    }


def test_predictions_are_scored_against_the_data_sets_own_codes(scarmap, myops_phantom, tmp_path):
    out = export(scarmap, myops_phantom, tmp_path / "set")
    right = as_predictions(out, tmp_path / "right")
    ended = scarmap("evaluate", right, myops_phantom, "--out", tmp_path / "scores")
    assert ended.code == 0, ended.err
    assert set(dice_of(tmp_path / "scores").values()) == {1.0}
    without = as_predictions(
        out, tmp_path / "without", change=lambda codes: np.where(codes == 5, 3, codes)
    )
    assert scarmap("evaluate", without, myops_phantom, "--out", tmp_path / "none").code == 0
    assert set(dice_of(tmp_path / "none").values()) == {0.0}
    assert set(dice_of(tmp_path / "none", "whole_myocardium").values()) == {1.0}


def test_the_masks_of_a_fold_are_read_by_the_description_two_folders_above(
    scarmap, myops_phantom, tmp_path
):
    out = export(scarmap, myops_phantom, tmp_path / "set", "--regions")
    trained = tmp_path / "nnUNetTrainer__nnUNetPlans__2d"
    masks = as_predictions(out, trained / "fold_0" / "validation")
    (masks / "dataset.json").rename(trained / "dataset.json")
    (masks / "summary.json").write_text("{}")
    assert scarmap("evaluate", masks, myops_phantom, "--out", tmp_path / "scores").code == 0
    assert set(dice_of(tmp_path / "scores").values()) == {1.0}


@pytest.mark.slow
def test_a_run_is_reported_beside_nnunet_on_the_cases_that_it_held_out(
    scarmap, myops_phantom, myops_run, tmp_path
):
    out = export(scarmap, myops_phantom, tmp_path / "set", "--folds", myops_run)
    record = RunFolder(myops_run).read_record()
    splits = json.loads((out / "splits_final.json").read_text(encoding="utf-8"))
    assert [fold["val"] for fold in splits] == [fold["validation"] for fold in record["folds"]]
    masks = as_predictions(out, tmp_path / "nnunet_2d")
    ended = scarmap("report", myops_run, "--against", masks)
    assert ended.code == 0, ended.err
    page = (myops_run / "report.html").read_text(encoding="utf-8")
    assert "nnunet_2d" in page
    assert "The same slices by every run" in page
    adopted = RunFolder(myops_run / "against" / "nnunet_2d")
    assert set(dice_of(adopted.evaluation).values()) == {1.0}
    again = scarmap("report", myops_run, "--against", masks)
    assert again.code == 0, again.err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--format", "monai"), "There is no format 'monai'"),
        (("--folds", "ten"), "'ten' is neither five nor seeded"),
        (("--sequences", "LGE,cine"), "has no cine image"),
    ],
)
def test_what_cannot_be_written_is_explained(scarmap, myops_phantom, tmp_path, more, message):
    ended = scarmap("export-dataset", "--data", myops_phantom, "--out", tmp_path / "set", *more)
    assert ended.code == 2
    assert message in ended.err


def test_a_folder_in_use_is_left_alone(scarmap, myops_phantom, tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    ended = scarmap("export-dataset", "--data", myops_phantom, "--out", tmp_path)
    assert ended.code == 2
    assert "is not empty" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_an_affine_without_spacing_gets_it(tmp_path):
    """EMIDEC's sform is an unscaled identity; other programs would take its voxels for 1 mm."""
    from scarmap.datasets.nnunet_export import stated_grid
    from scarmap.volume import Grid

    turned = np.array([[0.0, -1, 0, 3], [1, 0, 0, 4], [0, 0, 1, 5], [0, 0, 0, 1]])
    stated = stated_grid(Grid((4, 4, 2), (1.5, 1.25, 10.0), turned))
    expected = np.array([[0.0, -1.25, 0, 3], [1.5, 0, 0, 4], [0, 0, 10, 5], [0, 0, 0, 1]])
    np.testing.assert_allclose(stated.affine, expected)
