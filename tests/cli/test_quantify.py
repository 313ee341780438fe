import csv
import json
import shutil
import subprocess
import sys

import nibabel
import numpy as np
import pytest

from scarmap.datasets.mask_files import find_masks
from scarmap.io.nifti import read_labels, write_labels
from scarmap.labels import codes
from scarmap.quantification.files import read_quantification

EMIDEC = codes("emidec")


def test_a_data_set_is_measured_with_its_images_and_agrees_with_itself(
    scarmap, myops_phantom, tmp_path
):
    ended = scarmap("quantify", myops_phantom, "--out", tmp_path, "--against", myops_phantom)
    assert ended.code == 0, ended.err
    with (tmp_path / "cohort.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    study = read_quantification(tmp_path / "studies" / rows[0]["case"] / "quantification.json")
    assert (study.layout, study.reference.source) == ("myops2020", "rv_insertion")
    assert study.thresholds
    assert f"{study.figures['infarct_g']:.1f}" in ended.out
    agreement = json.loads((tmp_path / "agreement.json").read_text())
    assert agreement["figures"]["infarct_g"]["bias"]["value"] == 0
    assert "limits of agreement" in ended.out


def test_one_mask_is_measured_with_its_image(scarmap, emidec_phantom, tmp_path):
    mask = find_masks(emidec_phantom)["Case_P001"]
    lge = next(mask.parents[1].glob("Images/*"))
    ended = scarmap(
        "quantify", mask, "--lge", lge, "--layout", "emidec", "--reference-angle", "190",
        "--threshold", "otsu", "--threshold", "5sd", "--salvage", "--out", tmp_path,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    study = read_quantification(tmp_path / "quantification.json")
    assert study.reference.septum_deg == 190
    assert len(study.segments) == 16
    assert [each.method for each in study.thresholds] == ["otsu", "5sd"]
    assert "salvage_caution" in ended.out


def test_corrected_masks_differ_from_the_former_ones_by_what_was_drawn(
    scarmap, emidec_phantom, tmp_path
):
    for folder in ("masks", "corrected"):
        (tmp_path / folder).mkdir()
        for name, path in find_masks(emidec_phantom).items():
            shutil.copy(path, tmp_path / folder / f"{name}.nii.gz")
    edited = tmp_path / "corrected" / "Case_P001.nii.gz"
    before = nibabel.load(edited)
    array = np.asarray(before.dataobj).copy()
    array[tuple(np.argwhere(array == EMIDEC["normal_myocardium"])[:40].T)] = EMIDEC["scar"]
    nibabel.save(nibabel.Nifti1Image(array, before.affine, before.header), edited)
    ended = scarmap(
        "quantify", edited.parent, "--layout", "emidec", "--against", tmp_path / "masks",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    agreement = json.loads((tmp_path / "out" / "agreement.json").read_text())
    drawn_ml = 40 * np.prod(before.header.get_zooms()) / 1000
    mean_ml = drawn_ml / len(agreement["cases"])
    assert agreement["figures"]["infarct_ml"]["bias"]["value"] == pytest.approx(mean_ml, rel=1e-4)


@pytest.mark.parametrize("command", ["quantify", "report"])
def test_the_other_masks_are_read_in_the_codes_of_their_data_set(
    scarmap, emidec_phantom, tmp_path, command
):
    for name, path in find_masks(emidec_phantom).items():
        labels = read_labels(path, "emidec")
        write_labels(tmp_path / "masks" / f"{name}.nii.gz", labels, "scarmap")
    ended = scarmap(
        command, tmp_path / "masks", "--layout", "scarmap", "--against", emidec_phantom,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    figures = json.loads((tmp_path / "out" / "agreement.json").read_text())["figures"]
    assert figures["infarct_g"]["bias"]["value"] == figures["mvo_g"]["bias"]["value"] == 0
    assert "edema_g" not in figures


@pytest.mark.parametrize("command", ["quantify", "report"])
def test_a_broken_mask_to_compare_with_ends_with_code_3(scarmap, emidec_phantom, tmp_path, command):
    masks = find_masks(emidec_phantom)
    (tmp_path / "masks").mkdir()
    for name, path in masks.items():
        shutil.copy(path, tmp_path / "masks" / f"{name}.nii.gz")
    (tmp_path / "masks" / "Case_P001.nii.gz").write_bytes(b"no image")
    ended = scarmap(
        command, emidec_phantom, "--against", tmp_path / "masks", "--out", tmp_path / "out"
    )
    assert ended.code == 3
    assert "1 masks to compare with could not be measured" in ended.err
    assert "Case_P001.nii.gz cannot be read as NIfTI" in ended.err
    agreement = json.loads((tmp_path / "out" / "agreement.json").read_text())
    assert len(agreement["cases"]) == len(masks) - 1


def test_a_worklist_tells_body_surface_and_septum_of_its_cases(scarmap, emidec_phantom, tmp_path):
    masks = find_masks(emidec_phantom)
    worklist = tmp_path / "worklist.csv"
    lines = ["case,labels,layout,reference_angle,height_cm,weight_kg"]
    lines += [f"p7,{masks['Case_P001']},emidec,190,180,80"]
    worklist.write_text("\n".join(lines) + "\n")
    ended = scarmap("quantify", worklist, "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    with (tmp_path / "out" / "cohort.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["infarct_g_m2"]) == pytest.approx(float(row["infarct_g"]) / 2, rel=1e-4)
    assert row["reference"] == "landmark"
    with (tmp_path / "out" / "territories.csv").open() as file:
        assert [each["territory"] for each in csv.DictReader(file)] == ["LAD", "RCA", "LCX"]


def test_a_mask_whose_layout_cannot_be_known_is_an_error_that_names_the_option(
    scarmap, emidec_phantom, tmp_path
):
    mask = find_masks(emidec_phantom)["Case_P001"]
    ended = scarmap("quantify", mask, "--out", tmp_path)
    assert ended.code == 2
    assert "--layout" in ended.err
    assert not (tmp_path / "cohort.csv").exists()


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--lge", "x.nii.gz", "--data"),
        ("--sectors", "rigit", "rigid"),
        ("--threshold", "fwhm", "fwhm_max"),
    ],
)
def test_an_option_that_means_nothing_is_an_error_that_says_what_to_do(
    scarmap, myops_phantom, tmp_path, option, value, told
):
    ended = scarmap("quantify", myops_phantom, option, value, "--out", tmp_path)
    assert ended.code == 2
    assert told in ended.err


def test_a_broken_mask_does_not_stop_the_others(scarmap, emidec_phantom, tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    (folder / "good.nii.gz").write_bytes(find_masks(emidec_phantom)["Case_P001"].read_bytes())
    (folder / "broken.nii.gz").write_bytes(b"no image")
    ended = scarmap("quantify", folder, "--layout", "emidec", "--out", tmp_path / "out")
    assert ended.code == 3
    assert "1 of 2 studies" in ended.err
    assert (tmp_path / "out" / "studies" / "good" / "quantification.json").is_file()


def test_measuring_masks_imports_no_torch(emidec_phantom, tmp_path):
    mask = find_masks(emidec_phantom)["Case_P001"]
    words = ["quantify", str(mask), "--layout", "emidec", "--out", str(tmp_path)]
    code = (
        "import sys; from scarmap.cli.main import main;"
        f"sys.argv[1:] = {words!r}\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "print(*{'torch', 'monai'} & set(sys.modules), 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "none"


def test_errors_on_unseen_cases_give_intervals_in_figures_and_on_the_page(
    scarmap, emidec_phantom, tmp_path
):
    mask = find_masks(emidec_phantom)["Case_P001"]
    lines = ["case,convention,structure,metric,value,unit"]
    for number in range(20):
        for metric, value in (("volume_ml", 20.0), ("volume_difference_ml", number - 10.0)):
            lines.append(f"p{number},case3d,whole_infarct,{metric},{value},ml")
    scores = tmp_path / "cases.csv"
    scores.write_text("\n".join(lines) + "\n")
    ended = scarmap(
        "quantify", mask, "--layout", "emidec", "--errors", scores, "--out", tmp_path / "figures"
    )
    assert ended.code == 0, ended.err
    study = read_quantification(tmp_path / "figures" / "quantification.json")
    interval = study.intervals["infarct_g"]
    assert interval.low < study.figures["infarct_g"] < interval.high
    assert (
        scarmap(
            "report", mask, "--layout", "emidec", "--errors", scores, "--out", tmp_path / "page"
        ).code
        == 0
    )
    assert (
        "errors on 20 cases that the model had not seen"
        in (tmp_path / "page" / "Case_P001.html").read_text()
    )


def test_too_few_errors_are_explained(scarmap, emidec_phantom, tmp_path):
    scores = tmp_path / "cases.csv"
    scores.write_text("case,convention,structure,metric,value,unit\np1,case3d,mvo,volume_ml,1,ml\n")
    mask = find_masks(emidec_phantom)["Case_P001"]
    ended = scarmap("quantify", mask, "--layout", "emidec", "--errors", scores, "--out", tmp_path)
    assert ended.code == 2
    assert "need 19" in ended.err
