from functools import partial

import pytest
import torch

from scarmap.datasets.folds import Fold
from scarmap.errors import RecipeError
from scarmap.labels import LAYOUTS
from scarmap.recipes.describe import differences, settings
from scarmap.systems.anatomy_prior.recipe import RECIPES, SOURCES, anatomy_prior
from scarmap.systems.catalogue import RECIPES as ALL
from scarmap.systems.catalogue import choose

# Changed settings, published Dice of LV, Myo, Inf and NoR.
ROWS = {
    "anatomy-prior/baseline": (
        {"attention", "class_weights", "penalty"},
        (95.5, 87.1, 62.2, 24.6),
        (0.9, 4.5, 8, 10.2),
    ),
    "anatomy-prior/attention": (
        {"class_weights", "penalty"},
        (96.2, 90.0, 71.8, 35.4),
        (0.9, 3.3, 6.7, 13.0),
    ),
    "anatomy-prior/no-penalty": ({"penalty"}, (97.1, 92.6, 76.9, 53.5), (1.4, 2.9, 8.2, 15.3)),
    "anatomy-prior": (set(), (97.0, 91.6, 74.7, 53.8), (0.7, 2.9, 8.2, 14.3)),
}


def test_there_is_a_row_for_every_line_of_the_papers_table():
    assert set(RECIPES) == set(ROWS)
    assert all(ALL[name] is row for name, row in RECIPES.items())


@pytest.mark.parametrize("name", ROWS)
def test_rows_have_the_published_factors_and_figures_and_say_what_their_columns_mean(name):
    changed, means, deviations = ROWS[name]
    row = RECIPES[name]
    assert (row.paper, row.table, row.convention) == ("anatomy-prior", "1", "case3d")
    columns = ("lv_pool", "normal_myocardium", "scar", "mvo")
    pairs = zip(means, deviations, strict=True)
    assert row.published == dict(zip(columns, pairs, strict=True))
    assert set(row.published) <= set(LAYOUTS["emidec"])
    assert set(differences(anatomy_prior, row.recipe)) == changed
    assert "single labels" in row.note


@pytest.mark.parametrize(
    ("name", "gates", "weights", "penalty"),
    [
        ("anatomy-prior/baseline", False, None, 0.0),
        ("anatomy-prior/attention", True, None, 0.0),
        ("anatomy-prior/no-penalty", True, "learned", 0.0),
        ("anatomy-prior", True, "learned", 0.01),
    ],
)
def test_each_row_adds_one_part(name, gates, weights, penalty):
    (stage,) = RECIPES[name].recipe().stages
    objective = stage.objective()
    assert stage.model.keywords["attention"] is gates
    assert (objective.class_weights, objective.penalty_weight) == (weights, penalty)
    assert objective.dice is False


def test_the_published_training():
    recipe = anatomy_prior()
    (stage,) = recipe.stages
    (phase,) = stage.phases
    assert (phase.epochs, phase.learning_rate, stage.optimizer) == (400, 1e-2, torch.optim.Adam)
    assert phase.learning_rate * phase.decay(0, 400) == pytest.approx(1e-2)
    assert phase.learning_rate * phase.decay(399, 400) == pytest.approx(1e-6)
    assert stage.sampler.keywords["batch_size"] == 16
    assert stage.keep == "best"
    assert (recipe.preparation.sequences, recipe.preparation.size) == (("LGE",), 192)
    assert recipe.finish.keywords["smallest_ml"] == 0


def test_the_modern_schedule_changes_training_and_not_the_network():
    modern, published = anatomy_prior(schedule="modern"), anatomy_prior()
    assert modern.stages[0].model.keywords == published.stages[0].model.keywords
    assert modern.stages[0].objective().dice
    assert modern.stages[0].keep == "last"
    assert modern.finish.keywords["smallest_ml"] == 2.0
    assert (
        anatomy_prior(schedule="modern", smallest_infarct_ml=0.0).finish.keywords["smallest_ml"]
        == 0
    )


@pytest.mark.parametrize(("layout", "mirrored"), [("emidec", False), ("myops2020", True)])
def test_slices_are_predicted_as_they_are_trained_on(layout, mirrored):
    modern = anatomy_prior(schedule="modern", layout=layout)
    (stage,) = modern.stages
    assert stage.sampler.keywords["augmentation"].flips is mirrored
    assert modern.assemble.keywords["views"] == (8 if mirrored else 1)
    assert anatomy_prior(layout=layout).assemble.keywords["views"] == 1


def test_patients_are_split_unless_slices_are_asked_for():
    names = [f"case_{number}" for number in range(20)]
    assert len(anatomy_prior().folds(names)) == 5
    ten = anatomy_prior(split="slices")
    assert [len(fold.validation) for fold in ten.folds(names)] == [2] * 10
    assert (anatomy_prior().unit, ten.unit) == ("patient", "slice")
    assert anatomy_prior(split="none").folds(names) == (Fold(tuple(sorted(names)), ()),)


def test_other_labels_bring_their_own_regions_sequences_and_window():
    recipe = anatomy_prior(layout="myops2020")
    assert recipe.regions == ("lv_pool", "rv_pool", "whole_myocardium", "scar_and_edema", "scar")
    assert recipe.preparation.sequences == ("LGE", "T2", "bSSFP")
    assert recipe.stages[0].model.keywords["labels"] == 6
    alone = choose("anatomy-prior", {"layout": "myops2020", "sequences": "LGE"}).build()
    assert alone.preparation.sequences == ("LGE",)
    assert alone.stages[0].model.keywords["sequences"] == 1


def test_without_mix_up_slices_are_taken_as_they_are():
    (with_it,), (without,) = anatomy_prior().stages, anatomy_prior(mixup=False).stages
    assert with_it.sampler.func.__name__ == "mixed_slices"
    assert without.sampler.func.__name__ == "full_slices"


def test_every_constant_has_a_source():
    assert anatomy_prior().sources is SOURCES
    constants = {"penalty_weight", "width", "size", "spacing_mm", "split", "smallest_infarct_ml"}
    assert constants <= set(settings(anatomy_prior))
    assert constants <= set(SOURCES)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"class_weights": "learnt"}, "class_weights cannot be 'learnt'. Did you mean 'learned'?"),
        ({"layout": "myops"}, "layout cannot be 'myops'. Did you mean 'myops2020'?"),
        ({"split": "slice"}, "split cannot be 'slice'. Did you mean 'slices'?"),
        ({"schedule": "modren"}, "schedule cannot be 'modren'. Did you mean 'modern'"),
        ({"sequences": ("LGE", "LGE")}, "name each once"),
        ({"sequences": ("DE",)}, "sequences cannot hold 'DE'"),
        ({"width": 0}, "width is 0"),
        ({"size": 100}, "multiple of 16"),
        ({"spacing_mm": 0.0}, "between 0.1 and 10 mm"),
        ({"penalty_weight": -1.0}, "must not be negative; they are -1 and None"),
        ({"smallest_infarct_ml": -1.0}, "must not be negative; they are 0.01 and -1.0"),
    ],
)
def test_an_unknown_value_is_explained(keywords, message):
    with pytest.raises(RecipeError) as caught:
        anatomy_prior(**keywords)
    assert message in str(caught.value)


def test_settings_of_a_user_keep_the_published_figures():
    row = choose("anatomy-prior", {"width": 16}).row
    assert row.published["scar"] == (74.7, 8.2)
    assert differences(partial(anatomy_prior), row.recipe) == {"width": (32, 16)}


@pytest.mark.parametrize("described", [{"literal_penalty": True}, {"penalty_weight": 0.1}])
def test_a_penalty_that_is_left_out_is_not_described(described):
    with pytest.raises(RecipeError, match="penalty is off"):
        anatomy_prior(penalty=False, **described)
