from functools import partial

import pytest
import torch

from scarmap.errors import RecipeError
from scarmap.recipes.describe import describe, differences
from scarmap.systems.catalogue import RECIPES as ALL
from scarmap.systems.catalogue import choose
from scarmap.systems.linear_codec.recipe import RECIPES, SOURCES, linear_codec, same_cases
from scarmap.training.run.resume import unchanged_stages

CASES = [f"case_{number:02d}" for number in range(10)]
CODED = {
    "unet-lv_pool",
    "unet-rv_pool",
    "unet-lv_epicardium",
    "unet-scar_and_edema",
    "unet-scar",
    "unetpp-scar_and_edema",
    "unetpp-scar",
    "mask-rcnn-scar_and_edema",
    "mask-rcnn-scar",
}
ANATOMY = {"unet-lv_pool", "unet-rv_pool", "unet-lv_epicardium"}
# Changed settings, number of stages, Dice and Jaccard of scar and of scar and edema.
ROWS = {
    "linear-codec/unet": (
        {"codec", "members"},
        5,
        (36.2, 23.2),
        (43.2, 16.0),
        (24.5, 18.1),
        (28.8, 13.1),
    ),
    "linear-codec/no-codec": ({"codec"}, 9, (38.5, 24.3), (54.2, 17.1), (26.5, 18.9), (38.9, 15.0)),
    "linear-codec": (set(), 9, (46.8, 26.8), (55.7, 18.3), (34.2, 22.2), (40.5, 16.3)),
}


def names(recipe):
    return {stage.name for stage in recipe.stages}


def test_there_is_a_row_for_every_line_of_the_papers_table():
    assert set(RECIPES) == set(ROWS)
    assert all(ALL[name] is row for name, row in RECIPES.items())


@pytest.mark.parametrize("name", ROWS)
def test_rows_have_the_published_factors_and_figures(name):
    changed, stages, scar, both, scar_jaccard, both_jaccard = ROWS[name]
    row = RECIPES[name]
    assert (row.table, row.published) == ("1", {"scar": scar, "scar_and_edema": both})
    assert row.also_published == {"jaccard": {"scar": scar_jaccard, "scar_and_edema": both_jaccard}}
    assert set(differences(linear_codec, row.recipe)) == changed
    assert len(row.recipe().stages) == stages


def test_nine_networks_that_need_nothing_of_each_other():
    recipe = linear_codec()
    assert names(recipe) == CODED
    assert len(recipe.stages) == 9
    assert all(not stage.inputs and stage.initialise is None for stage in recipe.stages)


@pytest.mark.parametrize("member", ["unet", "unetpp", "mask-rcnn"])
def test_a_single_member_trains_what_it_needs_and_the_anatomy_is_always_the_unets(member):
    pathology = {f"{member}-scar_and_edema", f"{member}-scar"}
    assert names(linear_codec(members=(member,))) == ANATOMY | pathology


@pytest.mark.parametrize("swap", [False, True])
def test_swapping_exchanges_the_sequences_of_the_pathology_alone(swap):
    seen = {
        stage.name: stage.objective().problem.sequences
        for stage in linear_codec(swap_lge_t2=swap).stages
    }
    both, scar = ((2,), (1,)) if swap else ((1,), (2,))
    expected = {
        name: (0,) if name in ANATOMY else both if "and_edema" in name else scar for name in CODED
    }
    assert seen == expected


def test_a_trained_run_gives_its_networks_to_other_members_and_to_the_other_assignment():
    whole = describe(linear_codec())
    assert unchanged_stages(whole, describe(linear_codec(members=("unetpp",)))) == ANATOMY | {
        "unetpp-scar_and_edema",
        "unetpp-scar",
    }
    assert unchanged_stages(whole, describe(linear_codec(swap_lge_t2=True))) == ANATOMY
    uncoded, unet = (
        describe(RECIPES[f"linear-codec/{row}"].recipe()) for row in ("no-codec", "unet")
    )
    assert len(unchanged_stages(uncoded, unet)) == len(unet["stages"])


def test_the_published_training():
    stages = {stage.name: stage for stage in linear_codec().stages}
    assert {stage.phases[0].epochs for stage in stages.values()} == {500}
    assert {stage.keep for stage in stages.values()} == {"best"}
    for name, stage in stages.items():
        detects = name.startswith("mask-rcnn")
        assert stage.phases[0].learning_rate == (1e-3 if detects else 1e-5)
        assert stage.optimizer is torch.optim.Adam
        sampler = stage.sampler.keywords
        assert (sampler["batch_size"], sampler["steps"]) == ((2, 100) if detects else (8, None))
        assert (sampler["copies"], sampler["warp_px"]) == (40, 5.0)
        if not detects:
            assert stage.objective().loss == "dice"


def test_the_published_window_and_networks():
    recipe = linear_codec()
    assert recipe.preparation.sequences == ("bSSFP", "LGE", "T2")
    assert (recipe.preparation.size, recipe.preparation.spacing_mm) == (256, None)
    models = {stage.name: stage.model.keywords for stage in recipe.stages}
    assert models["unet-scar"] == {"in_channels": 1, "width": 16}
    assert models["unetpp-scar"] == {"in_channels": 1, "width": 32}
    assert models["mask-rcnn-scar"] == {
        "in_channels": 1,
        "size": 256,
        "width": 256,
        "backbone": "resnet50",
    }


def test_without_codec_three_sequences_are_channels_and_there_is_no_decoder():
    recipe = linear_codec(codec=False)
    assert recipe.regions == ("lv_pool", "rv_pool", "normal_myocardium", "edema", "scar")
    assert {stage.model.keywords["in_channels"] for stage in recipe.stages} == {3}
    assert recipe.compose.func.__name__ == "compose_classes"


def test_the_modern_schedule_changes_training_and_not_the_networks():
    for new, old in zip(linear_codec(schedule="modern").stages, linear_codec().stages, strict=True):
        assert (new.name, new.model.keywords) == (old.name, old.model.keywords)
        assert new.keep == "last"
        assert new.phases[0].epochs < old.phases[0].epochs
        assert new.sampler.keywords["copies"] == 1


def test_the_warp_is_of_the_same_size_in_the_patient_at_another_pixel_size():
    recipe = linear_codec(size=128, spacing_mm=1.5)
    assert recipe.stages[0].sampler.keywords["warp_px"] == 2.5
    assert (recipe.preparation.size, recipe.preparation.spacing_mm) == (128, 1.5)


def test_the_augmentations():
    fixed = linear_codec(augmentation="published-set")
    assert {stage.sampler.func.__name__ for stage in fixed.stages} == {"published_set"}
    strong = linear_codec(augmentation="strong", schedule="modern")
    assert {stage.sampler.func.__name__ for stage in strong.stages} == {"full_slices"}
    assert strong.assemble.keywords["views"] == 8
    assert strong.preparation.margin > 0.2 * strong.preparation.size / 2


def test_patients_are_split_and_the_leaky_split_shares_all_of_them():
    for fold in linear_codec().folds(CASES):
        assert not {*fold.train} & {*fold.validation}
    (leaky,) = linear_codec(leaky_split=True).folds(CASES)
    assert leaky.train == leaky.validation == tuple(CASES)
    assert same_cases(reversed(CASES)) == (leaky,)


def test_the_leaky_split_trains_on_the_first_four_fifths_of_the_copies():
    stages = linear_codec(leaky_split=True, augmentation="published-set").stages
    assert {stage.sampler.keywords["copies"] for stage in stages} == {32}


def test_its_sources_are_those_of_the_codec_and_of_mask_rcnn():
    assert linear_codec().sources.items() >= SOURCES.items()


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        (
            {"members": ("unet", "unet++")},
            "members cannot be 'unet++'. Did you mean 'unet' or 'unetpp'",
        ),
        ({"members": ()}, "name at least one"),
        ({"members": ("unet", "unet")}, "each once"),
        ({"schedule": "modren"}, "schedule of linear_codec cannot be 'modren'"),
        ({"augmentation": "none"}, "augmentation of linear_codec cannot be 'none'"),
        ({"folds": "six"}, "folds of linear_codec cannot be 'six'"),
        ({"width": 0}, "must be 1 or more"),
        ({"unetpp_width": 1}, "unetpp_width 2 or more"),
        ({"size": 100}, "size is 100; the window's side must be a multiple of 32"),
        ({"maskrcnn_size": 16}, "maskrcnn_size is 16"),
        ({"spacing_mm": 0.0}, "spacing_mm is 0"),
        ({"leaky_split": True, "folds": "none"}, "Leave one out"),
    ],
)
def test_an_unknown_value_or_an_impossible_combination_is_explained(keywords, message):
    with pytest.raises(RecipeError) as caught:
        linear_codec(**keywords)
    assert message in str(caught.value)


def test_settings_of_a_user_keep_the_published_figures():
    row = choose("linear-codec", {"members": "unet", "width": 8}).row
    assert row.published["scar"] == (46.8, 26.8)
    assert differences(partial(linear_codec, members=("unet",)), row.recipe) == {"width": (16, 8)}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"codec": False, "swap_lge_t2": True}, "has no encoder"),
        ({"leaky_split": True, "augmentation": "strong"}, "makes no copies"),
    ],
)
def test_what_would_change_nothing_is_refused(settings, told):
    with pytest.raises(RecipeError, match=told):
        linear_codec(**settings)
