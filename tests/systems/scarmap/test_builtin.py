import pickle
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch
from benchmarks.install_builtin import install_builtin

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import RunError
from scarmap.inference.segment import segment
from scarmap.inference.wanted import fingerprint
from scarmap.io.files import read_json, write_json
from scarmap.io.run import RunFolder
from scarmap.recipes.model_folder import read_record
from scarmap.recipes.trained import read_stage, recorded_recipe
from scarmap.systems.catalogue import choose
from scarmap.systems.scarmap.builtin import (
    WEIGHTS,
    about_builtin,
    builtin_model,
    introduce,
    load_builtin,
)
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options


@pytest.fixture(scope="module")
def installed(plain_phantom, tmp_path_factory):
    """Weights of a network that hardly trained, installed as the built-in model of a folder."""
    folder = tmp_path_factory.mktemp("installed")
    row = choose(
        "scarmap",
        {"width": 4, "start": None, "size": 48, "spacing_mm": 3.0, "split": None, "views": 1},
    ).row
    options = Options(epochs_scale=0.01, max_steps=1)
    request = Request("scarmap", row, plain_phantom, folder / "run", None, "cpu", options)
    install_builtin(
        train(request), name="toy", version="7", path=folder / "weights" / "builtin.safetensors"
    )
    return folder / "weights" / "builtin.safetensors"


@pytest.fixture
def copied(installed, tmp_path):
    """A copy of the installed weights, to be spoilt."""
    return Path(copytree(installed.parent, tmp_path / "weights")) / installed.name


def test_an_installed_run_segments_studies_with_any_sequences(installed, plain_phantom):
    segmenter = load_builtin("cpu", path=installed)
    assert segmenter.layout == "scarmap"
    for files in find_cases(plain_phantom)[:2]:
        case = load_case(files, sequences=segmenter.preparation.sequences, optional=True)
        assert segment(case, segmenter).labels.array.shape == case.grid.shape


def test_it_says_what_it_is_and_names_nobodys_folder(installed):
    about = about_builtin(installed)
    assert introduce(about).startswith(
        "Built-in model toy, version 7: trained on synthetic hearts only"
    )
    assert about["data"]["num_cases"] == 6
    assert about["training"]["epochs"] == 1
    assert "folder" not in about["data"]
    assert "command" not in about["training"]


def test_any_process_can_load_it_and_other_weights_are_another_model(installed, copied):
    model = pickle.loads(pickle.dumps(builtin_model(device="cpu", path=installed)))  # noqa: S301
    assert model.sequences == ("LGE", "T2", "bSSFP")
    assert model.load().layout == "scarmap"
    assert builtin_model(device="cpu", path=copied).fingerprint == model.fingerprint


def test_a_file_that_was_changed_is_not_the_built_in_model(copied):
    network = copied.with_name("fold_0.onnx")
    network.write_bytes(network.read_bytes() + b" ")
    with pytest.raises(RunError, match=r"fold_0\.onnx is missing or is not the file"):
        load_builtin("cpu", path=copied)


def test_weights_are_stored_in_half_precision(installed):
    assert installed.stat().st_size < 300_000
    slices = np.ones((1, 3, 48, 48), np.float32)
    assert load_builtin("cpu", path=installed).probabilities(slices).dtype == np.float32


def test_a_missing_model_is_one_paragraph(tmp_path):
    with pytest.raises(RunError, match="holds no built-in model"):
        load_builtin("cpu", path=tmp_path / "builtin.safetensors")


def test_a_record_that_was_changed_is_refused(copied):
    about = read_json(copied.with_name("model.json"))
    about["compose"]["threshold"] = 0.9
    write_json(copied.with_name("model.json"), about)
    with pytest.raises(RunError, match=r"model\.json is not as it was written"):
        load_builtin("cpu", path=copied)


def test_the_shipped_network_is_that_of_the_shipped_weights():
    about = about_builtin()
    recipe = recorded_recipe(about)
    assert read_record(WEIGHTS.parent)["version"] == about["version"]
    known = {"recipe": about["recipe"]["details"], "spacing_mm": about["spacing_mm"]}
    assert builtin_model().fingerprint == fingerprint(known, [WEIGHTS])
    (stage,) = recipe.stages
    trained, _ = read_stage(WEIGHTS, stage, torch.device("cpu"))
    slices = np.random.default_rng(0).random((2, 3, 96, 96), dtype=np.float32)
    slices[0, 1] = 0  # a sequence that is not there
    with torch.inference_mode():
        wanted = recipe.assemble({stage.name: trained}, torch.from_numpy(slices)).numpy()
    np.testing.assert_allclose(load_builtin("cpu").probabilities(slices), wanted, atol=1e-5)


def test_an_unfinished_run_is_not_installed(installed, tmp_path):
    run = RunFolder(Path(copytree(installed.parents[1] / "run", tmp_path / "run")))
    run.stage(0, "segment").joinpath("weights.safetensors").unlink()
    with pytest.raises(RunError, match="has not finished training"):
        install_builtin(run, name="toy", version="8", path=tmp_path / "builtin.safetensors")


def test_the_shipped_model_is_small_and_belongs_to_this_version():
    assert sum(path.stat().st_size for path in WEIGHTS.parent.iterdir()) < 15e6
    segmenter = load_builtin("cpu")
    assert segmenter.preparation.sequences == ("LGE", "T2", "bSSFP")
    assert "synthetic" in about_builtin()["name"]


def test_the_card_travels_with_the_weights_and_says_which_version_it_measured():
    page = (Path(__file__).parents[3] / "docs" / "model_card.md").read_text(encoding="utf-8")
    assert WEIGHTS.with_name("model_card.md").read_text(encoding="utf-8") == page
    assert f"Version {about_builtin()['version']}." in page
    assert "Not a medical device" in page
