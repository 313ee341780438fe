import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from scarmap.errors import RecipeError, RunError
from scarmap.io.weights import read_weights, write_weights
from scarmap.recipes.describe import describe, settings
from scarmap.recipes.names import as_today
from scarmap.recipes.parts import rebuild
from scarmap.sampling.appearance import Appearance
from scarmap.systems.catalogue import RECIPES, choose
from scarmap.systems.scarmap.builtin import WEIGHTS, take_builtin
from scarmap.systems.scarmap.recipe import SOURCES, scarmap
from scarmap.training.stage.learner import build_learner


def test_it_is_listed_without_published_figures():
    row = RECIPES["scarmap"]
    assert (row.paper, row.table, row.published) == ("", "", {})


def test_cases_may_lack_sequences_and_lie_anywhere():
    preparation = scarmap().preparation
    assert (preparation.optional, preparation.around_heart) == (True, True)
    assert preparation.sequences == ("LGE", "T2", "bSSFP")


def test_fewer_sequences_make_a_smaller_network():
    (stage,) = choose("scarmap", {"sequences": "LGE", "width": 4, "start": None}).build().stages
    assert stage.model.keywords == {"sequences": 1, "width": 4}


def test_a_training_may_start_from_the_built_in_model():
    (stage,) = scarmap(start="builtin").stages
    assert describe(stage) == describe(scarmap().stages[0])
    begun, own = (
        build_learner(each, {}, seed=1).model.state_dict()
        for each in (stage, replace(stage, initialise=None))
    )
    builtin, about = read_weights(WEIGHTS)
    assert as_today(about["model"]) == describe(stage.model)
    assert all(torch.equal(begun[name], builtin[name].to(begun[name].dtype)) for name in builtin)
    assert not all(torch.equal(begun[name], own[name]) for name in builtin)


def test_a_network_of_fewer_sequences_begins_as_the_built_in_model_without_the_others():
    sequences = ("bSSFP", "LGE")
    whole, part = (
        build_learner(scarmap(**settings).stages[0], {}, seed=1).model.eval()
        for settings in ({}, {"sequences": sequences})
    )
    images = torch.rand(1, 2, 32, 32, generator=torch.Generator().manual_seed(1))
    lacking = torch.stack([images[:, 1], torch.zeros(1, 32, 32), images[:, 0]], dim=1)
    torch.testing.assert_close(part(images), whole(lacking))


def test_synthetic_hearts_are_varied_by_more_than_patients():
    patients, synthetic = (
        scarmap(any_scanner=each).stages[0].sampler.keywords for each in (False, True)
    )
    assert patients["appearance"] == Appearance()
    assert synthetic["appearance"].remap > 0
    assert synthetic["augmentation"].scale[1] > patients["augmentation"].scale[1]


def test_a_training_that_began_with_other_built_in_weights_is_not_continued(tmp_path):
    write_weights(tmp_path / "builtin.safetensors", {}, {"version": "9"})
    with pytest.raises(RunError, match=r"starts from version \d .* holds version 9"):
        take_builtin(nn.Identity(), {}, version="2", path=tmp_path / "builtin.safetensors")


def test_every_case_is_trained_on_when_asked_for():
    (fold,) = scarmap(split=None).folds(["b", "a"])
    assert (fold.train, fold.validation) == (("a", "b"), ())
    assert len(scarmap().folds([str(number) for number in range(10)])) == 5


def test_every_constant_has_a_source():
    named = " ".join(SOURCES)
    numbers = {
        "width",
        "size",
        "spacing_mm",
        "pathology_threshold",
        "smallest_infarct_percent",
        "start",
    }
    assert all(name in named for name in numbers)
    assert scarmap().sources is SOURCES
    assert numbers <= set(settings(scarmap))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"split": "slices"}, "split cannot be 'slices'"),
        ({"views": 3}, "views cannot be 3"),
        ({"sequences": ("LGE", "LGE")}, "name each once"),
        ({"sequences": ()}, "name each once"),
        ({"sequences": ("DE",)}, "sequences cannot hold 'DE'"),
        ({"start": "imagenet"}, "start cannot be 'imagenet'"),
        ({"start": "builtin", "width": 8}, "which has width 16"),
        ({"width": 32}, "add --set start=none"),
        ({"residual": True}, "whose blocks are plain"),
        ({"width": 0, "start": None}, "width is 0"),
        ({"size": 100}, "multiple of 16"),
        ({"spacing_mm": 0.0}, "between 0.1 and 10 mm"),
        ({"pathology_threshold": 1.0}, "between 0 and 1"),
        ({"infarct_threshold": 0.0}, "infarct_threshold is 0"),
        ({"no_reflow_threshold": 2.0}, "no_reflow_threshold is 2"),
        ({"smallest_infarct_percent": -1.0}, "smallest_infarct_percent is -1"),
        ({"smallest_no_reflow_percent": 100.0}, "is 0 to 100 %"),
    ],
)
def test_an_unknown_value_is_explained(keywords, message):
    with pytest.raises(RecipeError) as caught:
        scarmap(**keywords)
    assert message in str(caught.value)


def test_residual_blocks_are_another_network_and_plain_ones_stay_described_as_they_were():
    plain, residual = (scarmap(start=None, residual=each).stages[0] for each in (False, True))
    assert describe(plain.model)["call"].endswith(":AnySequenceNetwork")
    assert describe(residual.model)["call"].endswith(":ResidualNetwork")
    assert describe(plain.model).keys() == {"call", "sequences", "width"}


def test_synthetic_hearts_teach_edema_as_a_region_of_its_own():
    patients, synthetic = (
        describe(scarmap(any_scanner=each).stages[0].objective) for each in (False, True)
    )
    assert (patients.rpartition(":")[2], synthetic.rpartition(":")[2]) == (
        "TissueObjective",
        "EdemaObjective",
    )


def test_a_recipe_that_asks_no_subsets_is_described_as_before():
    assert "refine" not in describe(scarmap())
    asked = json.loads(json.dumps(describe(scarmap(subsets=True).refine)))
    assert rebuild(asked).keywords == {"sequences": ("LGE", "T2", "bSSFP")}


def test_one_threshold_is_described_as_before_and_several_come_back_from_a_record():
    assert describe(scarmap().compose)["threshold"] == 0.5
    compose = scarmap(pathology_threshold=0.3, infarct_threshold=0.6).compose
    wanted = {"scar_and_edema": 0.3, "whole_infarct": 0.6, "mvo": 0.3}
    assert rebuild(json.loads(json.dumps(describe(compose)))).keywords["threshold"] == wanted
