import subprocess
import sys

import pytest

from scarmap.errors import RecipeError
from scarmap.recipes.describe import differences, settings
from scarmap.systems.catalogue import RECIPES, choose, rows_of
from scarmap.systems.mfunet.recipe import mfunet

# Table: fusion by maximum, attention, resampling, backbone; myocardium, LV, RV, infarct, edema,
# average pathology.
TABLES = {
    "mfunet": (
        "1", "max", True, True, "residual",
        "84.3±7.9 87.5±7.1 78.5±14.2 53.0±20.5 28.7±13.9 44.9±13.9",
    ),
    "mfunet/no-max": (
        "1", "concatenation", True, True, "residual",
        "85.2±8.1 86.8±10.6 78.7±14.0 52.1±20.4 29.4±12.4 42.9±14.0",
    ),
    "mfunet/no-attention": (
        "1", "max", False, True, "residual",
        "84.2±6.9 86.9±7.5 76.7±13.7 46.1±21.1 28.1±14.3 41.0±14.1",
    ),
    "mfunet/no-resampling": (
        "1", "max", True, False, "residual",
        "84.5±5.3 87.1±6.4 74.9±18.7 49.4±20.4 29.4±17.9 42.8±15.5",
    ),
    "mfunet/resampling-only": (
        "1", "concatenation", False, True, "residual",
        "81.1±7.8 84.2±8.0 67.2±17.2 50.2±17.8 19.3±13.0 37.5±16.8",
    ),
    "mfunet/attention-only": (
        "1", "concatenation", True, False, "residual",
        "85.2±4.1 86.1±9.4 75.7±18.6 52.6±19.4 28.7±17.1 43.6±15.4",
    ),
    "mfunet/max-only": (
        "1", "max", False, False, "residual",
        "82.3±7.9 82.3±8.9 68.2±16.5 48.0±25.4 22.8±15.9 36.1±18.5",
    ),
    "mfunet/concatenation-only": (
        "1", "concatenation", False, False, "residual",
        "81.6±6.5 84.1±8.0 67.5±15.5 42.8±21.7 20.6±16.6 34.8±17.7",
    ),
    "mfunet/dilation": (
        "2", "max", True, True, "dilation",
        "80.5±4.3 85.3±6.3 44.3±33.8 55.1±18.7 23.1±13.9 43.7±14.0",
    ),
    "mfunet/side": (
        "2", "max", True, True, "side",
        "76.3±10.3 65.0±18.6 40.5±39.4 52.1±21.1 29.7±11.8 45.0±16.0",
    ),
}  # fmt: skip
TEST_SET = {
    "mfunet/submission-dilation": "58.4±26.3 61.4±17.8",
    "mfunet/submission-side": "57.0±28.7 60.3±18.1",
}
MFUNET = {name: row for name, row in RECIPES.items() if row.paper == "mfunet"}
ABLATIONS = {
    "no-max": "fusion",
    "no-attention": "attention",
    "no-resampling": "resampling",
    "dilation": "backbone",
}


def figures(text):
    return [tuple(float(number) for number in pair.split("±")) for pair in text.split()]


def test_there_is_a_row_for_every_line_of_the_papers_tables():
    assert list(MFUNET) == [*TABLES, *TEST_SET]


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_the_cross_validation_have_the_published_factors_and_figures(name):
    table, fusion, attention, resampling, backbone, published = TABLES[name]
    row = MFUNET[name]
    assert row.table == table
    assert list(row.published.values()) == figures(published)
    assert list(row.published) == [
        "whole_myocardium",
        "lv_pool",
        "rv_pool",
        "scar",
        "edema",
        "average_pathology",
    ]
    factors = {
        "fusion": fusion,
        "attention": attention,
        "resampling": resampling,
        "backbone": backbone,
    }
    assert settings(row.recipe) == settings(mfunet) | factors


def test_the_residual_system_stands_in_table_2_too_first_among_its_backbones():
    assert list(rows_of("mfunet", tables=("2",))) == ["mfunet", "mfunet/dilation", "mfunet/side"]
    assert len(rows_of("mfunet", tables=("1",))) == 8


@pytest.mark.parametrize("name", TEST_SET)
def test_submissions_have_the_published_training_and_figures(name):
    row = MFUNET[name]
    assert row.table == "3"
    assert row.published == dict(
        zip(("scar", "scar_and_edema"), figures(TEST_SET[name]), strict=True)
    )
    assert "not reproducible" in row.note
    assert set(differences(mfunet, row.recipe)) == {
        "backbone",
        "schedule",
        "pretraining",
        "folds",
        "postprocessing",
    }


@pytest.mark.parametrize(("name", "factor"), ABLATIONS.items())
def test_an_ablation_differs_from_the_published_system_in_its_factor_alone(name, factor):
    assert list(differences(MFUNET["mfunet"].recipe, MFUNET[f"mfunet/{name}"].recipe)) == [factor]


def test_two_ablations_differ_in_the_factors_that_they_remove():
    assert differences(MFUNET["mfunet/no-max"].recipe, MFUNET["mfunet/no-attention"].recipe) == {
        "fusion": ("concatenation", "max"),
        "attention": (True, False),
    }


def test_the_published_system():
    recipe = mfunet()
    (stage,) = recipe.stages
    assert (recipe.system, recipe.layout) == ("mfunet", "myops2020")
    assert recipe.preparation.sequences == ("LGE", "T2", "bSSFP")
    assert (recipe.preparation.size, recipe.preparation.spacing_mm, recipe.preparation.margin) == (
        288,
        None,
        0,
    )
    assert recipe.regions == ("whole_myocardium", "lv_pool", "rv_pool", "scar", "edema")
    assert stage.objective().weights == (1.0, 3.0, 5.0)
    assert [(phase.epochs, phase.patience) for phase in stage.phases] == [(150, 55)]
    assert len(recipe.folds([f"case_{n}" for n in range(25)])) == 5


def test_the_submission_pretrains_and_trains_on_all_cases():
    recipe = MFUNET["mfunet/submission-side"].recipe()
    assert [(stage.name, stage.keep) for stage in recipe.stages] == [
        ("reconstruct", "last"),
        ("segment", "last"),
    ]
    assert recipe.stages[1].inputs == ("reconstruct",)
    (fold,) = recipe.folds(["a", "b"])
    assert fold.train == ("a", "b")
    assert recipe.compose.func.__name__ == "compose_challenge"


def test_pretraining_hands_its_encoders_over():
    reconstruct, segment = mfunet(width=4, pretraining=True).stages
    source, target = reconstruct.model(), segment.model()
    segment.initialise(target, {"reconstruct": source})
    mine, theirs = target.encoders.state_dict(), source.encoders.state_dict()
    assert all(mine[name].equal(theirs[name]) for name in theirs)


@pytest.mark.parametrize("sequences", [("LGE",), ("T2", "LGE"), ("LGE", "T2", "bSSFP")])
def test_any_subset_of_sequences_in_any_order(sequences):
    recipe = mfunet(sequences=sequences, width=4)
    assert recipe.preparation.sequences == sequences
    assert len(recipe.stages[0].model().encoders.sequences) == len(sequences)


def test_emidec_learns_infarct_and_no_reflow():
    recipe = mfunet(layout="emidec", sequences=("LGE",), width=4)
    assert recipe.regions == ("whole_myocardium", "lv_pool", "whole_infarct", "mvo")
    assert recipe.preparation.size == 192
    assert recipe.stages[0].model().head_channels == [3, 2, 2]


def test_the_modern_schedule_changes_training_and_not_the_network():
    modern, published = mfunet(schedule="modern"), mfunet()
    assert modern.stages[0].model.keywords == published.stages[0].model.keywords
    assert (modern.preparation.size, modern.preparation.spacing_mm, modern.preparation.margin) == (
        192,
        1.0,
        32,
    )
    assert modern.stages[0].objective().loss == "dice-cross-entropy"
    assert modern.stages[0].keep == "last"


@pytest.mark.parametrize(
    ("keywords", "loss", "weights", "beta"),
    [
        ({}, "balanced", (1, 3, 5), 0.7),
        ({"loss": "paper"}, "paper", (1, 3, 5), 0.7),
        ({"loss": "released"}, "released", (1, 3, 7), 0.3),
        ({"loss": "balanced"}, "balanced", (1, 3, 5), 0.7),
        ({"loss": "released", "weights": (1, 3, 5), "beta": 0.5}, "released", (1, 3, 5), 0.5),
        ({"schedule": "modern"}, "dice-cross-entropy", (1, 1, 1), 0.7),
        ({"schedule": "modern", "loss": "paper"}, "paper", (1, 3, 5), 0.7),
    ],
)
def test_each_loss_brings_its_weights_and_beta(keywords, loss, weights, beta):
    objective = mfunet(**keywords).stages[0].objective()
    assert (objective.loss, objective.weights, objective.beta) == (loss, weights, beta)


def test_window_and_pixel_size_can_be_chosen():
    for schedule in ("published", "modern"):
        preparation = mfunet(schedule=schedule, size=96, spacing_mm=1.5).preparation
        assert (preparation.size, preparation.spacing_mm) == (96, 1.5)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"fusion": "maximum"}, "fusion cannot be 'maximum'. Did you mean 'max'?"),
        ({"backbone": "dilated"}, "backbone cannot be 'dilated'. Did you mean 'dilation'?"),
        ({"schedule": "modren"}, "schedule cannot be 'modren'. Did you mean 'modern'"),
        ({"layout": "emidek"}, "layout cannot be 'emidek'. Did you mean 'emidec'?"),
        ({"folds": "six"}, "folds cannot be 'six'. Known: five, none, seeded."),
        ({"sequences": ("LGE", "T1")}, "sequences cannot hold 'T1'. Did you mean 'T2'?"),
        ({"sequences": ()}, "name each once"),
        ({"sequences": ("LGE", "LGE")}, "name each once"),
        ({"size": 100}, "size is 100"),
        ({"size": 16}, "size is 16"),
    ],
)
def test_an_unknown_value_lists_close_ones(keywords, message):
    with pytest.raises(RecipeError) as caught:
        mfunet(**keywords)
    assert message in str(caught.value)


def test_an_unknown_row_lists_close_ones():
    with pytest.raises(
        RecipeError, match=r"no recipe 'mfunet/no-atention'\. Did you mean 'mfunet/no-attention'"
    ):
        choose("mfunet/no-atention")


def test_an_unknown_keyword_lists_close_ones():
    with pytest.raises(RecipeError, match=r"mfunet has no setting 'widht'\. Did you mean 'width'"):
        choose("mfunet/side", {"widht": 16})


def test_settings_are_applied_to_a_row():
    choice = choose("mfunet/side", {"width": 16, "sequences": "LGE"})
    assert differences(MFUNET["mfunet/side"].recipe, choice.row.recipe) == {
        "width": (64, 16),
        "sequences": (["LGE", "T2", "bSSFP"], ["LGE"]),
    }
    assert choice.build().preparation.sequences == ("LGE",)


def test_a_function_of_the_users_own_is_a_recipe():
    choice = choose("scarmap.systems.mfunet.recipe:mfunet", {"width": 8})
    assert choice.row.published == {}
    assert settings(choice.row.recipe)["width"] == 8
    with pytest.raises(RecipeError, match="Did you mean 'mfunet'"):
        choose("scarmap.systems.mfunet.recipe:mfunett")


def test_listing_recipes_imports_no_torch():
    code = (
        "import sys, scarmap.systems.catalogue as c; assert len(c.RECIPES) > 11; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
