from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch
from torch import nn

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import RecipeError, RunError
from scarmap.evaluation.reliability import add_up, read_reliability
from scarmap.inference.segment import segment
from scarmap.inference.stream import write_probabilities
from scarmap.io.files import read_json, write_json
from scarmap.io.nifti import read_labels, read_maps
from scarmap.io.run import RunFolder
from scarmap.io.weights import read_weights, write_weights
from scarmap.labels import region_mask
from scarmap.recipes.describe import describe
from scarmap.recipes.names import recorded_name
from scarmap.recipes.trained import (
    fingerprint_of,
    load_segmenter,
    load_stage,
    load_stages,
    make_segmenter,
    record_recipe,
    recorded_recipe,
    run_model,
)
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options
from scarmap.volume import with_labels

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def finished(emidec_phantom, row, tmp_path_factory):
    """A run of both folds of a tiny recipe."""
    wide = replace(row, recipe=partial(row.recipe, width=3))
    out, options = tmp_path_factory.mktemp("run") / "a", Options(epochs_scale=0.3, max_steps=1)
    return train(Request("tiny", wide, emidec_phantom, out, None, "cpu", options))


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run, to be spoilt."""
    return RunFolder(Path(copytree(finished.root, tmp_path / "run")))


def load(run):
    """Load a run of the tests' own recipe, whose code is trusted."""
    return load_segmenter(run, CPU, own_recipe=run.read_record()["recipe"]["function"])


def rebuilt(record):
    return recorded_recipe(record, own_recipe=record["recipe"]["function"])


def change_record(run, change):
    record = run.read_record()
    change(record)
    run.write_record(record)


def only_fold(run, index):
    change_record(run, lambda record: record["state"].pop(f"fold_{1 - index}/segment"))


def test_a_recipe_is_built_again_from_its_record(row):
    wide = replace(row, recipe=partial(row.recipe, width=7, sequences=("T2", "LGE")))
    recipe = wide.recipe()
    record = {"recipe": record_recipe("tiny", wide, recipe)}
    again = rebuilt(record)
    assert again.preparation.sequences == ("T2", "LGE")
    assert record_recipe("tiny", wide, again) == record["recipe"]


def test_a_record_keeps_the_published_figures(row):
    distance = {"hausdorff_mm": {"scar": (9.5, 2.0)}}
    figures = {"published": {"scar": (53.0, 20.5)}, "also_published": distance}
    published = replace(row, paper="p", table="2", note="n", **figures)
    record = record_recipe("tiny", published, published.recipe())
    assert record["published"] == {"scar": [53.0, 20.5]}
    assert record["also_published"] == {"hausdorff_mm": {"scar": [9.5, 2.0]}}
    assert [record[key] for key in ("name", "paper", "table", "note", "layout")] == [
        "tiny",
        "p",
        "2",
        "n",
        "emidec",
    ]


def test_each_fold_alone_gives_the_masks_that_the_training_wrote(run, emidec_phantom):
    only_fold(run, 1)
    segmenter = load(run)
    for case in find_cases(emidec_phantom)[:2]:
        found = segment(load_case(case, sequences=("LGE",)), segmenter).labels.array
        written = read_labels(run.predictions / f"{case.name}.nii.gz", "emidec").array
        np.testing.assert_array_equal(found, written)


def test_probabilities_are_calibrated_on_what_the_folds_held_out(run, emidec_phantom, tmp_path):
    files = find_cases(emidec_phantom)
    cases = [load_case(each, sequences=("LGE",), labelled=True) for each in files]
    counted, calibrated = add_up(read_reliability(run.evaluation).values()), load(run)
    for region in calibrated.regions:
        assert counted[region].count.sum() == sum(case.labels.array.size for case in cases)
        assert counted[region].true.sum() == sum(
            region_mask(case.labels.array, region).sum() for case in cases
        )
    said = segment(with_labels(cases[0], None), calibrated)
    write_probabilities(tmp_path, "case", said, calibrated)
    written = read_maps(tmp_path / "case_probabilities.nii.gz")[0]
    np.testing.assert_allclose(
        np.moveaxis(written, -1, 0), calibrated.calibrate(said.probabilities), atol=1e-6
    )
    assert not np.array_equal(calibrated.calibrate(said.probabilities), said.probabilities)


def test_all_finished_folds_are_averaged(run):
    slices = np.random.default_rng(0).random((2, 1, 128, 128), dtype=np.float32)
    both = load(run).probabilities(slices)
    parts = []
    for index in (0, 1):
        copy = RunFolder(Path(copytree(run.root, run.root.with_name(f"fold_{index}_only"))))
        only_fold(copy, index)
        parts.append(load(copy).probabilities(slices))
    assert not np.array_equal(parts[0], parts[1])
    np.testing.assert_allclose(both, (parts[0] + parts[1]) / 2, rtol=1e-6)


def test_the_training_pixel_size_is_the_working_one_unless_the_recipe_has_its_own(row):
    recipe = row.recipe()
    assert (
        make_segmenter(
            recipe, [{}], layout=recipe.layout, spacing_mm=1.4, device=CPU
        ).preparation.spacing_mm
        == 1.4
    )
    own = replace(recipe, preparation=replace(recipe.preparation, spacing_mm=1.0))
    assert (
        make_segmenter(
            own, [{}], layout=own.layout, spacing_mm=1.4, device=CPU
        ).preparation.spacing_mm
        == 1.0
    )


def test_models_are_loaded_for_inference(run):
    model = load_stage(run, rebuilt(run.read_record()).stages[0], 0, CPU)
    assert not model.training
    stored = read_weights(run.stage(0, "segment") / "weights.safetensors")[0]
    assert all(torch.equal(value, stored[name]) for name, value in model.state_dict().items())


def test_a_run_without_a_finished_fold_is_refused(run):
    change_record(run, lambda record: record.update(state={}))
    with pytest.raises(RunError, match="has no finished fold"):
        load(run)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        load_segmenter(RunFolder(tmp_path), CPU)


def test_weights_of_another_recipe_are_refused_by_what_differs(run):
    change_record(run, lambda record: record["recipe"]["settings"].update(width=5))
    with pytest.raises(
        RunError, match=r"trained for another model .* they differ in width\. Predict with"
    ):
        load(run)


def test_weights_whose_description_was_changed_are_refused(run):
    path = run.stage(1, "segment") / "weights.json"
    about = read_json(path)
    about["model"].update(call="other:Network", depth=3)
    write_json(path, about)
    with pytest.raises(RunError, match="they differ in call, depth"):
        load(run)


def test_a_model_that_is_a_plain_class_is_compared_too(run, stage):
    plain = stage(model=nn.Identity)
    with pytest.raises(RunError, match="they differ in call, sequences, width"):
        load_stage(run, plain, 0, CPU)
    write_weights(
        run.stage(0, "segment") / "weights.safetensors", {}, {"model": "torch.nn:Flatten"}
    )
    with pytest.raises(RunError, match=r"they differ in call\."):
        load_stage(run, plain, 0, CPU)


def test_weights_of_other_shapes_are_refused(run):
    path = run.stage(0, "segment") / "weights.safetensors"
    tensors, about = read_weights(path)
    write_weights(path, {**tensors, "last.weight": torch.zeros(1, 9, 1, 1)}, about)
    with pytest.raises(
        RunError, match=r"does not fit its network .*last\.weight.* Was the file replaced"
    ) as caught:
        load(run)
    assert "\n" not in str(caught.value)


def test_missing_weights_are_named(run):
    (run.stage(1, "segment") / "weights.safetensors").unlink()
    with pytest.raises(
        RunError, match=r"weights\.safetensors does not exist: this stage has not finished"
    ):
        load(run)


def test_a_setting_that_the_recipe_does_not_have_any_more_is_named(run):
    change_record(run, lambda record: record["recipe"]["settings"].update(colour="red"))
    with pytest.raises(RecipeError, match="tiny_recipe has no setting 'colour'"):
        load(run)


def test_a_function_that_cannot_be_imported_is_named(run):
    change_record(run, lambda record: record["recipe"].update(function="nowhere_at_all:recipe"))
    with pytest.raises(RecipeError, match="'nowhere_at_all:recipe' cannot be imported"):
        load_segmenter(run, CPU, own_recipe="nowhere_at_all:recipe")


def test_a_run_folder_cannot_make_scarmap_run_code_that_is_not_its_own(run, tmp_path):
    touched = tmp_path / "touched"
    evil = {"function": "os:system", "settings": {"command": f"touch {touched}"}}
    change_record(run, lambda record: record["recipe"].update(evil))
    with pytest.raises(RunError, match="add --recipe os:system"):
        load_segmenter(run, CPU)
    assert not touched.exists()


@pytest.mark.parametrize(
    "function", ["scarmap.systems.mfunet.recipe:partial", "scarmap.systems.catalogue:choose"]
)
def test_only_recipe_functions_of_the_systems_are_called(run, function):
    change_record(run, lambda record: record["recipe"].update(function=function, settings={}))
    with pytest.raises(RunError, match="is not part of scarmap"):
        load_segmenter(run, CPU)


def test_weights_of_an_unfinished_fold_are_never_used_to_predict(
    emidec_phantom, request_for, of_two_stages
):
    """They may lie there, by a training that was stopped, and must not reach the average."""
    run = train(request_for(emidec_phantom, recipe=of_two_stages))
    recipe, slices = of_two_stages(), np.random.default_rng(0).random((2, 1, 128, 128), np.float32)
    own, alone = (
        recorded_name(of_two_stages),
        recipe.assemble(load_stages(run, recipe, 0, CPU), torch.from_numpy(slices))
        .detach()
        .numpy(),
    )
    both, model = load(run).probabilities(slices), run_model(run, device="cpu", own_recipe=own)
    assert not np.allclose(both, alone)
    change_record(run, lambda record: record["state"].pop("fold_1/segment"))
    np.testing.assert_allclose(load(run).probabilities(slices), alone, rtol=1e-5)
    assert run_model(run, device="cpu", own_recipe=own).fingerprint != model.fingerprint


def test_other_words_on_where_a_constant_comes_from_make_no_other_model():
    """Masks of a run stay up to date when `Recipe.sources` is written better."""
    recipe = choose("cascade/unet-bssfp", {"width": 4}).build()
    record = {"recipe": {"details": describe(recipe)}, "data": {"spacing_mm": 1.5}}
    said = replace(recipe, sources={"width": "choice"})
    other = replace(recipe, regions=("whole_myocardium",))
    assert fingerprint_of(record, said, []) == fingerprint_of(record, recipe, [])
    assert fingerprint_of(record, other, []) != fingerprint_of(record, recipe, [])
