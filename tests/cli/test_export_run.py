import pickle

import numpy as np

from scarmap.io.nifti import read_labels
from scarmap.recipes.model_folder import folder_model
from scarmap.systems.scarmap.builtin import WEIGHTS


def test_a_model_folder_predicts_in_parts_as_its_run_does_and_continues_its_masks(
    scarmap, emidec_run, six_emidec_cases, tmp_path
):
    model, masks = tmp_path / "model", tmp_path / "masks"
    ended = scarmap("export", emidec_run, "--out", model)
    assert ended.code == 0, ended.err
    assert f"scarmap predict {model}" in ended.out
    half = scarmap("predict", model, "--data", six_emidec_cases, "--out", masks, "--shard", "1/2")
    assert "3 of 3 cases segmented" in half.out
    rest = scarmap("predict", emidec_run, "--data", six_emidec_cases, "--out", masks)
    assert "3 of 6 cases segmented" in rest.out
    assert "3 skipped, done before" in rest.out
    whole = scarmap("predict", emidec_run, "--data", six_emidec_cases, "--out", tmp_path / "run")
    assert whole.code == 0, whole.err
    flipped = total = 0
    for path in (tmp_path / "run").glob("*.nii.gz"):
        wanted, found = (
            read_labels(each / path.name, "emidec").array for each in (path.parent, masks)
        )
        flipped, total = flipped + np.count_nonzero(found != wanted), total + found.size
    assert flipped <= 1e-4 * total


def test_another_process_can_load_a_model_folder(scarmap, emidec_run, tmp_path):
    assert scarmap("export", emidec_run, "--out", tmp_path / "model").code == 0
    model = pickle.loads(pickle.dumps(folder_model(tmp_path / "model", device="cpu")))  # noqa: S301
    assert model.load().layout == "emidec"


def test_what_is_no_run_is_told_so(scarmap, tmp_path):
    ended = scarmap("export", tmp_path, "--out", tmp_path / "model")
    assert ended.code == 2
    assert "is not a run folder" in ended.err


def test_a_model_folder_is_exported_for_a_reason_only(scarmap, tmp_path):
    ended = scarmap("export", WEIGHTS.parent, "--out", tmp_path / "model")
    assert ended.code == 2
    assert "add --eight-bit" in ended.err
