import pickle

import numpy as np

from scarmap.io.nifti import read_labels
from scarmap.recipes.model_folder import folder_model, read_record
from scarmap.systems.catalogue import choose
from scarmap.systems.scarmap.builtin import WEIGHTS
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options


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


def test_a_model_folder_cannot_be_averaged_and_says_what_can(scarmap, tmp_path):
    ended = scarmap("export", WEIGHTS.parent, "--out", tmp_path / "model", "--one-network")
    assert ended.code == 2
    assert "scarmap export RUN --out MODEL --one-network" in ended.err


def test_a_run_of_several_folds_becomes_one_network_in_8_bits(
    scarmap, myops_phantom, tmp_path, monkeypatch
):
    monkeypatch.setattr("scarmap.recipes.eight_bit.HEARTS", 1)
    row = choose("scarmap", {"size": 48, "spacing_mm": 3.0}).row
    options = Options(epochs_scale=1e-9, max_steps=1)
    run, model = tmp_path / "run", tmp_path / "model"
    train(Request("scarmap", row, myops_phantom, run, (0, 1), "cpu", options))
    ended = scarmap("export", run, "--out", model, "--one-network", "--eight-bit")
    assert ended.code == 0, ended.err
    record = read_record(model)
    assert (record["networks"], record["averaged_folds"]) == (["fold_0.onnx"], [0, 1])
    assert record["eight_bit"]
    card = (model / "model_card.md").read_text(encoding="utf-8")
    assert "One network" in card
    assert "compute in 8 bits" in card
    ended = scarmap("predict", model, "--data", myops_phantom, "--out", tmp_path / "masks")
    assert "6 of 6 cases segmented" in ended.out
