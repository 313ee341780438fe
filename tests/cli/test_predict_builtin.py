import nibabel
import numpy as np
import pytest

from scarmap.datasets.folder import find_cases
from scarmap.io.nifti import read_labels
from scarmap.labels import codes
from scarmap.quantification.files import read_quantification
from scarmap.systems.scarmap.builtin import about_builtin

VERSION = about_builtin()["version"]


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
    assert set(values.tolist()) <= set(codes("myops2020").values())
    assert codes("myops2020")["lv_pool"] in values


def test_what_was_predicted_is_measured_and_reported_without_another_word(
    scarmap, myops_phantom, tmp_path
):
    image = find_cases(myops_phantom)[0].images["LGE"]
    masks, figures, pages = (tmp_path / name for name in ("masks", "figures", "pages"))
    ended = scarmap("predict", "--lge", image, "-o", masks, "--layout", "scarmap")
    assert ended.code == 0, ended.err
    assert f"Next, a page: scarmap report {masks}\n" in ended.out
    assert "Codes of the masks: scarmap\n" in ended.out
    assert scarmap("quantify", masks, "-o", figures).code == 0
    (written,) = (figures / "studies").glob("*/quantification.json")
    study = read_quantification(written)
    assert (study.case, study.layout) == ("myops_training_101", "scarmap")
    assert study.thresholds
    assert scarmap("report", masks, "-o", pages).code == 0
    again = scarmap("predict", "--lge", image, "-o", masks)
    assert again.code == 2
    assert "in the codes of scarmap, and this command would write myops2020" in again.err


def test_the_page_of_a_predicted_mask_names_the_model_and_what_nobody_could_see(
    scarmap, myops_phantom, tmp_path
):
    image = find_cases(myops_phantom)[0].images["bSSFP"]
    masks = tmp_path / "masks"
    made = scarmap("predict", "--bssfp", image, "--out", masks, "--layout", "scarmap")
    assert made.code == 0, made.err
    (mask,) = masks.glob("*.nii.gz")
    for command in ("report", "quantify"):
        ended = scarmap(command, mask, "--out", tmp_path / command)
        assert ended.code == 0, ended.err
        study = read_quantification(tmp_path / command / "quantification.json")
        assert study.origin.title.startswith(f"scarmap-synthetic, version {VERSION}: trained")
        assert study.unassessed.keys() == {"scar", "mvo", "edema"}
        assert np.isnan(study.figures["infarct_g"])
    text = next((tmp_path / "report").glob("*.html")).read_text(encoding="utf-8")
    assert "No LGE image was given: infarct and no-reflow not assessable." in text
    assert "trained on synthetic hearts only" in text
