from functools import partial

import pytest
import torch

from scarmap.errors import RecipeError
from scarmap.recipes.describe import describe, differences, settings
from scarmap.systems.cascade.recipe import RECIPES, SOURCES, cascade
from scarmap.systems.catalogue import RECIPES as ALL
from scarmap.systems.catalogue import choose

# Table, changed settings, stages, published Dice.
ROWS = {
    "cascade/unet-bssfp": (
        "1",
        {"anatomy", "denoiser", "pathology"},
        1,
        {"lv_epicardium": (93.77, 2.55)},
    ),
    "cascade/anatomy-no-denoiser": (
        "1",
        {"denoiser", "pathology"},
        1,
        {"lv_epicardium": (96.21, 3.28)},
    ),
    "cascade/anatomy": ("1", {"pathology"}, 2, {"lv_epicardium": (96.99, 1.49)}),
    "cascade/unet-edema": ("2", {"pathology"}, 3, {"scar_and_edema": (61.42, 11.86)}),
    "cascade/unet-scar": ("2", {"pathology"}, 3, {"scar": (56.38, 23.36)}),
    "cascade/branch-t2": ("2", {"output"}, 3, {"scar_and_edema": (64.37, 11.25)}),
    "cascade/branch-lge": ("2", {"output"}, 3, {"scar": (55.65, 24.97)}),
    "cascade/fusion-unet": (
        "2",
        {"pathology"},
        3,
        {"scar": (57.5, 23.09), "scar_and_edema": (66.61, 12.79)},
    ),
    "cascade/sum-product-max": (
        "2",
        {"fusion"},
        3,
        {"scar": (59.56, 25.18), "scar_and_edema": (68.59, 12.33)},
    ),
    "cascade": ("2", set(), 3, {"scar": (64.09, 25.96), "scar_and_edema": (70.24, 12.98)}),
}
HAUSDORFF_MM = {
    "cascade/unet-bssfp": (10.72, 9.02),
    "cascade/anatomy-no-denoiser": (8.25, 9.06),
    "cascade/anatomy": (3.04, 0.76),
}


def test_there_is_a_row_for_every_line_of_the_papers_tables():
    assert set(RECIPES) == set(ROWS)
    assert all(ALL[name] is row for name, row in RECIPES.items())


@pytest.mark.parametrize("name", ROWS)
def test_rows_have_the_published_factors_and_figures_and_say_what_their_column_means(name):
    table, changed, stages, published = ROWS[name]
    row = RECIPES[name]
    assert (row.paper, row.table, row.published) == ("cascade", table, published)
    distance = (
        {"hausdorff_mm": {"lv_epicardium": HAUSDORFF_MM[name]}} if name in HAUSDORFF_MM else {}
    )
    assert row.also_published == distance
    assert set(differences(cascade, row.recipe)) == changed
    recipe = row.recipe()
    assert len(recipe.stages) == stages
    assert set(published) <= {*recipe.regions}
    assert "Column" in row.note or "LV epicardial region" in row.note


def test_the_published_system():
    recipe = cascade()
    denoiser, anatomy, pathology = recipe.stages
    assert [stage.name for stage in recipe.stages] == ["denoiser", "anatomy", "pathology"]
    assert [stage.inputs for stage in recipe.stages] == [(), ("denoiser",), ("anatomy",)]
    assert [stage.phases[0].learning_rate for stage in recipe.stages] == [1e-3, 1e-4, 1e-4]
    assert recipe.preparation.sequences == ("bSSFP", "LGE", "T2")
    assert (recipe.preparation.size, recipe.preparation.spacing_mm) == (128, 1.5)
    assert anatomy.objective().beta == 0.2
    assert pathology.objective().weights == {"main": 1.0, "bSSFP": 0.3, "LGE": 0.5, "T2": 0.5}
    assert recipe.regions == ("lv_epicardium", "whole_myocardium", "scar_and_edema", "scar")
    assert {stage.keep for stage in (denoiser, anatomy, pathology)} == {"best"}


def test_side_outputs_need_no_second_training():
    main, side = cascade(), cascade(output="T2")
    assert describe(main)["stages"] == describe(side)["stages"]
    assert describe(main)["assemble"] != describe(side)["assemble"]


def test_changing_the_fusion_leaves_the_earlier_stages_as_they_are():
    before, after = (
        describe(cascade(fusion=fusion))["stages"]
        for fusion in ("channel-attention", "concatenation")
    )
    assert before[:2] == after[:2]
    assert before[2] != after[2]


def test_the_modern_schedule_changes_training_and_not_the_networks():
    modern, published = cascade(schedule="modern"), cascade()
    for new, old in zip(modern.stages, published.stages, strict=True):
        assert new.model.keywords == old.model.keywords
        assert new.keep == "last"
    assert modern.stages[2].objective().loss == "dice-cross-entropy"
    assert modern.assemble.keywords["views"] == 8


def test_the_networks_of_earlier_stages_are_handed_over():
    torch.manual_seed(0)
    stages = {stage.name: stage for stage in cascade(width=4, gate="denoised").stages}
    models = {name: stage.model() for name, stage in stages.items()}
    assert stages["pathology"].inputs == ("denoiser", "anatomy")
    for name in ("anatomy", "pathology"):
        stages[name].initialise(
            models[name], {earlier: models[earlier] for earlier in stages[name].inputs}
        )
        for earlier in stages[name].inputs:
            held, original = models[name].frozen[earlier].state_dict(), models[earlier].state_dict()
            assert all(torch.equal(held[key], original[key]) for key in original)


def test_the_code_of_the_auto_encoder_can_be_longer():
    assert cascade().stages[0].model().encode.out_features == 256
    assert cascade(code=1024).stages[0].model().encode.out_features == 1024
    with pytest.raises(RecipeError, match="code is 0"):
        cascade(code=0)


def test_bssfp_alone_is_all_that_its_network_needs():
    alone = cascade(anatomy="unet-bssfp", denoiser=False, pathology=None)
    assert alone.preparation.sequences == ("bSSFP",)
    assert cascade(anatomy="unet-bssfp").preparation.sequences == ("bSSFP", "LGE", "T2")


def test_every_constant_has_a_source():
    assert SOURCES.items() <= cascade().sources.items()
    constants = set(settings(cascade)) & {"beta", "weights", "width", "spacing_mm"}
    assert constants <= set(SOURCES)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        (
            {"fusion": "sum-product"},
            "fusion cannot be 'sum-product'. Did you mean 'sum-product-max'?",
        ),
        ({"gate": "denoise"}, "gate cannot be 'denoise'. Did you mean 'denoised'?"),
        ({"pathology": "unet"}, "pathology cannot be 'unet'"),
        ({"anatomy": "asn"}, "anatomy cannot be 'asn'. Did you mean 'assn'?"),
        ({"output": "bSSFP"}, "output cannot be 'bSSFP'"),
        ({"schedule": "modren"}, "schedule cannot be 'modren'. Did you mean 'modern'"),
        ({"folds": "six"}, "folds cannot be 'six'. Known: five, none, seeded."),
        ({"gate": "denoised", "denoiser": False}, "needs the auto-encoder"),
        ({"width": 0}, "must be positive; they are 0 and 1.5"),
        ({"weights": (1, 2)}, "three weights must not be negative"),
        ({"output": "T2", "pathology": "unet-scar"}, "is a side output of pathology='prsn'"),
    ],
)
def test_an_unknown_value_or_an_impossible_combination_is_explained(keywords, message):
    with pytest.raises(RecipeError) as caught:
        cascade(**keywords)
    assert message in str(caught.value)


def test_settings_of_a_user_keep_the_published_figures():
    row = choose("cascade/anatomy", {"width": 16}).row
    assert row.also_published == {"hausdorff_mm": {"lv_epicardium": (3.04, 0.76)}}
    assert differences(partial(cascade, pathology=None), row.recipe) == {"width": (32, 16)}
