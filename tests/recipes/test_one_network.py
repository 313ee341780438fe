"""Folds averaged into one network, by hand and as a model folder."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tests.tiny_system import Tiny, tiny_recipe, tiny_recipe_of_two_stages

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import RunError
from scarmap.inference.segment import segment
from scarmap.io.run import RunFolder
from scarmap.recipes.describe import build
from scarmap.recipes.export import export_run
from scarmap.recipes.model_folder import folder_model, load_folder, read_record
from scarmap.recipes.one_network import average_folds, average_weights, check_same_start
from scarmap.recipes.trained import recorded_recipe, run_model
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options

SETTINGS = {"size": 48, "spacing_mm": 3.0, "views": 1}


def tiny(seed):
    torch.manual_seed(seed)
    return Tiny()


def begin_alike(model, earlier):
    for weights in model.parameters():
        torch.nn.init.constant_(weights, 0.5)


def begin_half_alike(model, earlier):
    torch.nn.init.constant_(model.first.weight, 0.5)


@pytest.fixture(scope="module")
def run(myops_phantom, tmp_path_factory):
    """Two folds that took one step each from the built-in model."""
    row = choose("scarmap", SETTINGS).row
    out = tmp_path_factory.mktemp("one_network") / "run"
    options = Options(epochs_scale=1e-9, max_steps=1)
    return train(Request("scarmap", row, myops_phantom, out, (0, 1), "cpu", options))


@pytest.fixture(scope="module")
def model(run, tmp_path_factory):
    """The two folds as one network."""
    folder = tmp_path_factory.mktemp("one_network") / "model"
    export_run(run, folder, one_network=True)
    return folder


def test_weights_are_the_mean_and_counters_those_of_the_first_fold():
    folds = [
        {
            "weight": torch.tensor([[1.0, -2.0]]),
            "running_mean": torch.tensor([0.0]),
            "running_var": torch.tensor([1.0]),
            "num_batches_tracked": torch.tensor(7),
        },
        {
            "weight": torch.tensor([[2.0, 4.0]]),
            "running_mean": torch.tensor([4.0]),
            "running_var": torch.tensor([3.0]),
            "num_batches_tracked": torch.tensor(9),
        },
    ]
    found = average_weights(folds)
    torch.testing.assert_close(found["weight"], torch.tensor([[1.5, 1.0]]))
    torch.testing.assert_close(found["running_mean"], torch.tensor([2.0]))
    torch.testing.assert_close(found["running_var"], torch.tensor([2.0]))
    assert found["num_batches_tracked"] == 7


def test_a_small_weight_is_not_lost_among_large_ones():
    folds = [{"weight": torch.tensor([value])} for value in (1e8, 3.0, -1e8)]
    found = average_weights(folds)["weight"]
    assert found.dtype == torch.float32
    assert found.item() == 1.0


def test_the_average_of_one_fold_is_the_fold():
    fold = {"segment": tiny(1)}
    found = average_folds([fold])
    assert found["segment"] is not fold["segment"]
    for name, tensor in fold["segment"].state_dict().items():
        assert torch.equal(found["segment"].state_dict()[name], tensor)


def test_the_folds_stay_as_they_are_when_they_are_averaged():
    folds = [{"segment": tiny(seed)} for seed in (1, 2)]
    before = [each["segment"].first.weight.clone() for each in folds]
    found = average_folds(folds)["segment"].first.weight
    torch.testing.assert_close(found, (before[0] + before[1]) / 2)
    for each, weight in zip(folds, before, strict=True):
        assert torch.equal(each["segment"].first.weight, weight)


@pytest.mark.parametrize("start", [None, begin_half_alike])
def test_folds_that_began_with_random_weights_are_refused(start):
    recipe = build(tiny_recipe)
    stage = replace(recipe.stages[0], initialise=start)
    with pytest.raises(RunError, match=r"segment began with random weights.*start=builtin"):
        check_same_start(replace(recipe, stages=(stage,)))


def test_a_stage_that_began_from_another_stage_of_its_fold_is_refused():
    recipe = build(tiny_recipe_of_two_stages)
    first, second = (replace(stage, initialise=begin_alike) for stage in recipe.stages)
    check_same_start(replace(recipe, stages=(first, second)))
    second = replace(second, inputs=("first",))
    with pytest.raises(RunError, match="segment began from what its own fold's first had learnt"):
        check_same_start(replace(recipe, stages=(first, second)))


def test_global_chance_is_as_before_a_start_was_looked_at():
    recipe = build(tiny_recipe)
    alike = replace(recipe.stages[0], initialise=begin_alike)
    before = torch.random.get_rng_state()
    check_same_start(replace(recipe, stages=(alike,)))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_probabilities_are_those_of_the_folds_mean_weights(run, model):
    files = [run.stage(number, "segment") / "weights.safetensors" for number in (0, 1)]
    tensors = [load_file(file) for file in files]
    means = {
        name: torch.from_numpy(np.asarray(np.mean([each[name] for each in tensors], axis=0)))
        for name in tensors[0]
    }
    recipe = recorded_recipe(run.read_record())
    network = recipe.stages[0].model()
    network.load_state_dict(means)
    noise = np.random.default_rng(1).random((2, 3, 48, 48), dtype=np.float32)
    with torch.inference_mode():
        wanted = recipe.assemble({"segment": network.eval()}, torch.from_numpy(noise)).numpy()
    found = load_folder(model, "cpu").probabilities(noise)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_a_mask_is_predicted_by_the_only_network(model, myops_phantom):
    segmenter = load_folder(model, "cpu")
    files = find_cases(myops_phantom)[0]
    case = load_case(files, sequences=segmenter.preparation.sequences, optional=True)
    labels = segment(case, segmenter).labels
    assert labels.array.shape == case.images["LGE"].array.shape
    assert np.count_nonzero(labels.array) > 0


def test_the_folder_says_what_it_is_and_is_another_model_than_its_run(run, model):
    record = read_record(model)
    assert record["networks"] == ["fold_0.onnx"]
    assert record["averaged_folds"] == [0, 1]
    assert folder_model(model).fingerprint != run_model(run, device="cpu").fingerprint
    card = (model / "model_card.md").read_text(encoding="utf-8")
    assert "mean of the weights of 2 folds. The scores below are those of the single folds" in card


def test_counts_of_the_folds_do_not_calibrate_the_average(run, model, tmp_path):
    export_run(run, tmp_path / "folds")
    assert load_folder(tmp_path / "folds", "cpu").calibrate is not None
    assert load_folder(model, "cpu").calibrate is None
    export_run(run, tmp_path / "folds", one_network=True)
    assert load_folder(tmp_path / "folds", "cpu").calibrate is None


def test_a_run_that_began_with_random_weights_is_not_exported(run, tmp_path):
    record = run.read_record()
    record["recipe"]["settings"]["start"] = None
    random = RunFolder(tmp_path / "run")
    random.root.mkdir()
    random.write_record(record)
    with pytest.raises(RunError, match="cannot become one network"):
        export_run(random, tmp_path / "model", one_network=True)
    assert not (tmp_path / "model").exists()


def test_a_single_finished_fold_is_exported_as_it_is(run, tmp_path):
    record = run.read_record()
    state = {step: done for step, done in record["state"].items() if step.startswith("fold_0/")}
    alone = RunFolder(tmp_path / "run")
    alone.root.mkdir()
    alone.write_record({**record, "state": state})
    alone.stage(0, "segment").parent.mkdir(parents=True)
    alone.stage(0, "segment").symlink_to(run.stage(0, "segment"))
    export_run(alone, tmp_path / "model", one_network=True)
    assert folder_model(tmp_path / "model").fingerprint == run_model(alone).fingerprint
    assert "averaged_folds" not in read_record(tmp_path / "model")
