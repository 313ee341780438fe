import pickle
from pathlib import Path
from shutil import copytree

import pytest
import torch
from benchmarks.install_builtin import install_builtin

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import RunError
from scarmap.inference.segment import segment
from scarmap.io.files import read_json, write_json
from scarmap.io.run import RunFolder
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

CPU = torch.device("cpu")


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
    segmenter = load_builtin(CPU, path=installed)
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
    copied.write_bytes(copied.read_bytes() + b" ")
    assert builtin_model(device="cpu", path=copied).fingerprint != model.fingerprint


def test_weights_are_stored_in_half_precision(installed):
    assert installed.stat().st_size < 300_000
    assert (
        load_builtin(CPU, path=installed).probabilities(torch.rand(1, 3, 48, 48)).dtype
        == torch.float32
    )


def test_a_missing_model_is_one_paragraph(tmp_path):
    with pytest.raises(RunError, match="holds no built-in model"):
        load_builtin(CPU, path=tmp_path / "builtin.safetensors")


def test_weights_of_another_network_are_refused(copied):
    about = read_json(copied.with_suffix(".json"))
    about["recipe"]["settings"]["width"] = 8
    write_json(copied.with_suffix(".json"), about)
    with pytest.raises(RunError, match="trained for another model"):
        load_builtin(CPU, path=copied)


def test_only_our_own_code_is_run(copied):
    about = read_json(copied.with_suffix(".json"))
    about["recipe"]["function"] = "os:system"
    write_json(copied.with_suffix(".json"), about)
    with pytest.raises(RunError, match="not part of scarmap"):
        load_builtin(CPU, path=copied)


def test_an_unfinished_run_is_not_installed(installed, tmp_path):
    run = RunFolder(Path(copytree(installed.parents[1] / "run", tmp_path / "run")))
    run.stage(0, "segment").joinpath("weights.safetensors").unlink()
    with pytest.raises(RunError, match="has not finished training"):
        install_builtin(run, name="toy", version="8", path=tmp_path / "builtin.safetensors")


def test_the_shipped_model_is_small_and_belongs_to_this_version():
    assert WEIGHTS.stat().st_size < 15e6
    segmenter = load_builtin(CPU)
    assert segmenter.preparation.sequences == ("LGE", "T2", "bSSFP")
    assert "synthetic" in about_builtin()["name"]


def test_the_card_travels_with_the_weights_and_says_which_version_it_measured():
    page = (Path(__file__).parents[3] / "docs" / "model_card.md").read_text(encoding="utf-8")
    assert WEIGHTS.with_name("model_card.md").read_text(encoding="utf-8") == page
    assert f"Version {about_builtin()['version']}." in page
    assert "Not a medical device" in page
