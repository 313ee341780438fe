import json
from dataclasses import fields, is_dataclass
from functools import partial

import pytest
import torch

from scarmap.errors import RecipeError
from scarmap.recipes.describe import describe
from scarmap.recipes.names import as_today, find, recorded_name, system_of
from scarmap.sampling.samplers import full_slices
from scarmap.systems.cascade.denoiser import Denoiser
from scarmap.systems.cascade.recipe import cascade
from scarmap.systems.catalogue import RECIPES


def test_a_name_in_a_record_leaves_the_file_out():
    assert recorded_name(full_slices) == "scarmap:full_slices"
    assert recorded_name(Denoiser) == "scarmap.cascade:Denoiser"
    assert recorded_name(torch.optim.Adam) == "torch.optim.adam:Adam"


@pytest.mark.parametrize(
    ("recorded", "today"),
    [
        ("scarmap.systems.cascade.denoiser:Denoiser", "scarmap.cascade:Denoiser"),
        (
            "scarmap.systems.scarmap.network:AnySequenceNetwork",
            "scarmap.scarmap:AnySequenceNetwork",
        ),
        ("scarmap.training.score:region_dice", "scarmap:region_dice"),
        ("scarmap.training.run.train.train:train", "scarmap:train"),
        ("scarmap.cascade:Denoiser", "scarmap.cascade:Denoiser"),
        ("scarmap:region_dice", "scarmap:region_dice"),
        ("torch.optim.adam:Adam", "torch.optim.adam:Adam"),
        ("my_lab.systems.cascade.denoiser:Denoiser", "my_lab.systems.cascade.denoiser:Denoiser"),
        ("published", "published"),
        (
            "a note: scarmap.training.score:region_dice",
            "a note: scarmap.training.score:region_dice",
        ),
    ],
)
def test_a_name_of_any_age_is_read_as_that_of_today(recorded, today):
    assert as_today(recorded) == today
    assert as_today({"score": {"call": recorded, "of": [recorded, 3, None]}}) == {
        "score": {"call": today, "of": [today, 3, None]}
    }


def test_functions_that_were_merged_are_read_as_what_they_are_today(monkeypatch):
    merged = {
        "scarmap.cascade:halve": {"call": "scarmap:scale", "by": 0.5},
        "scarmap:old": "scarmap:new",
    }
    monkeypatch.setattr("scarmap.recipes.names.RENAMED", merged)
    assert as_today("scarmap.systems.cascade.any:halve") == {"call": "scarmap:scale", "by": 0.5}
    assert as_today({"call": "scarmap.cascade:halve", "of": 3}) == {
        "call": "scarmap:scale",
        "by": 0.5,
        "of": 3,
    }
    assert as_today(["scarmap.training.any:old"]) == ["scarmap:new"]


def parts(value):
    """Every function and class that a recipe names."""
    if isinstance(value, partial):
        yield value.func
        for each in value.keywords.values():
            yield from parts(each)
    elif isinstance(value, dict | tuple | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from parts(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from parts(getattr(value, field.name))
    elif callable(value):
        yield value


def test_no_two_parts_of_the_recipes_share_a_name_in_records():
    places = {}
    for row in RECIPES.values():
        for part in parts(row.recipe()):
            places.setdefault(recorded_name(part), set()).add(
                f"{part.__module__}:{part.__qualname__}"
            )
    assert len(places) > 60
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_recorded_today_is_up_to_date(name):
    described = json.loads(json.dumps(describe(RECIPES[name].recipe())))
    assert as_today(described) == described


def test_a_recipe_is_found_by_its_name_of_any_age_and_a_users_own_by_its_module():
    for name in ("scarmap.cascade:cascade", "scarmap.systems.cascade.recipe:cascade"):
        assert find(name) is cascade
    assert find("torch.optim.adam:Adam") is torch.optim.Adam


def test_the_system_of_a_name():
    assert system_of("scarmap.cascade:Denoiser") == "cascade"
    assert system_of("scarmap:full_slices") is None
    assert system_of("scarmap.errors:suggest") is None
    assert system_of("my_lab.recipes:wide") is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wide", "is not module:function"),
        ("scarmap.nowhere:x", "'scarmap.nowhere:x' cannot be imported"),
        ("scarmap.cascade:cascad", "no function 'cascad'. Did you mean 'cascade'"),
        ("scarmap.errors:suggests", "no function 'suggests'. Did you mean 'suggest'"),
    ],
)
def test_what_cannot_be_found_is_named(name, message):
    with pytest.raises(RecipeError) as caught:
        find(name)
    assert message in str(caught.value)
