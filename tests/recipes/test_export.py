"""Model folders of one run of each system, against the run itself."""

from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest
import torch

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import RunError
from scarmap.inference.segment import segment
from scarmap.io.files import read_json, write_json
from scarmap.recipes.export import export_run
from scarmap.recipes.model_folder import folder_model, load_folder
from scarmap.recipes.trained import load_segmenter, run_model
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options

CPU = torch.device("cpu")
SMALL = {"width": 4}
SMALL_BOXES = {"maskrcnn_backbone": "resnet18", "maskrcnn_width": 16}
SYSTEMS = {
    "scarmap": (
        "scarmap",
        {**SMALL, "size": 48, "spacing_mm": 3.0, "start": None, "subsets": True},
    ),
    "mfunet": ("mfunet", {**SMALL, "size": 96}),
    "anatomy-prior": (
        "anatomy-prior",
        {
            **SMALL,
            "size": 96,
            "spacing_mm": 2.6,
            "layout": "myops2020",
            "schedule": "modern",
            "class_weights": None,
        },
    ),
    "cascade": ("cascade", {"width": 1, "schedule": "modern"}),
    "linear-codec": ("linear-codec", {"width": 1, "members": ("unet", "unetpp")}),
}
"""Recipe and settings; the cascade decides between its networks, the codec has ten of them."""


def trained(name, settings, data, out):
    row = choose(name, settings).row
    options = Options(epochs_scale=1e-9, max_steps=1)
    return train(Request(name, row, data, out, (0,), "cpu", options))


@pytest.fixture(scope="module", params=SYSTEMS)
def pair(request, myops_phantom, tmp_path_factory):
    """A run that hardly trained, and its model folder."""
    folder = tmp_path_factory.mktemp(request.param)
    name, settings = SYSTEMS[request.param]
    run = trained(name, settings, myops_phantom, folder / "run")
    export_run(run, folder / "model")
    return run, folder / "model"


def test_probabilities_and_masks_are_those_of_the_run(pair, myops_phantom):
    run, folder = pair
    ours, theirs = load_folder(folder, "cpu"), load_segmenter(run, CPU)
    preparation = theirs.preparation
    assert ours.preparation == replace(preparation, intensity=ours.preparation.intensity)
    case = load_case(
        find_cases(myops_phantom)[0],
        sequences=preparation.sequences,
        optional=preparation.optional,
    )
    found, wanted = segment(case, ours), segment(case, theirs)
    assert np.abs(found.probabilities - wanted.probabilities).max() < 1e-4
    flipped = np.count_nonzero(found.labels.array != wanted.labels.array)
    assert flipped <= 1e-4 * wanted.labels.array.size
    assert found.flags == wanted.flags


def test_calibration_and_fingerprint_are_those_of_the_run(pair):
    run, folder = pair
    ours, theirs = load_folder(folder, "cpu"), load_segmenter(run, CPU)
    assert folder_model(folder).fingerprint == run_model(run, device="cpu").fingerprint
    maps = np.random.default_rng(0).random((len(ours.regions), 4, 4, 2), dtype=np.float32)
    assert (ours.calibrate is None) == (theirs.calibrate is None)
    if theirs.calibrate is not None:
        np.testing.assert_array_equal(ours.calibrate(maps), theirs.calibrate(maps))


def test_the_card_names_no_folder_and_says_what_it_was_trained_on(pair):
    run, folder = pair
    card = (folder / "model_card.md").read_text(encoding="utf-8")
    assert "Not a medical device" in card
    assert run.read_record()["data"]["sha256"] in card
    assert str(run.root.parent) not in card + (folder / "model.json").read_text(encoding="utf-8")


def test_mask_rcnn_says_why_it_stays_with_torch(myops_phantom, tmp_path):
    settings = {**SMALL_BOXES, "width": 1, "members": ("unet", "mask-rcnn")}
    run = trained("linear-codec", settings, myops_phantom, tmp_path / "run")
    with pytest.raises(RunError, match=r"cannot be exported, its networks .*Predict with the run"):
        export_run(run, tmp_path / "model")


def test_a_folder_that_holds_something_else_is_left_alone(pair, tmp_path):
    run, _ = pair
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="is not empty and holds no model"):
        export_run(run, tmp_path)
    with pytest.raises(RunError, match="is not empty and holds no model"):
        export_run(run, run.root)


def test_a_part_of_somebody_elses_code_is_named(pair, tmp_path, monkeypatch):
    run, _ = pair
    monkeypatch.setattr("scarmap.recipes.export.PARTS", {})
    with pytest.raises(RunError, match="cannot be exported: its intensity is scarmap"):
        export_run(run, tmp_path / "model")


def test_a_file_that_was_changed_is_refused(pair, tmp_path):
    copytree(pair[1], tmp_path / "model")
    record = read_json(tmp_path / "model" / "model.json")
    write_json(tmp_path / "model" / "model.json", {**record, "views": 1 + record["views"]})
    with pytest.raises(RunError, match="is not as it was written"):
        folder_model(tmp_path / "model")
