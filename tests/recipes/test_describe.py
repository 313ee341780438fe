import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import torch

from scarmap.datasets.folds import contiguous_folds
from scarmap.errors import RecipeError
from scarmap.recipes.describe import describe, differences, settings, unwrap
from scarmap.recipes.names import recorded_name
from scarmap.recipes.settings import freeze, parse_setting


@dataclass(frozen=True)
class Point:
    x: float
    kinds: tuple[str, ...]


def toy(*, fusion="max", width=64, sizes=(1, 2), build=None):
    raise NotImplementedError


def other(*, width=64, depth=3):
    raise NotImplementedError


def test_settings_hold_defaults_and_what_partials_set():
    assert settings(toy) == {"fusion": "max", "width": 64, "sizes": [1, 2], "build": None}
    assert settings(partial(toy, width=16))["width"] == 16


def test_the_outer_partial_wins():
    nested = partial(partial(partial(toy, width=1, fusion="a"), width=2), fusion="b")
    assert unwrap(nested) == (toy, {"width": 2, "fusion": "b"})
    assert settings(nested)["width"] == 2


def test_an_unknown_setting_lists_close_ones():
    with pytest.raises(RecipeError, match=r"toy has no setting 'widht'\. Did you mean 'width'"):
        settings(partial(toy, widht=3))


def test_partials_are_described_with_the_defaults_that_they_leave():
    assert describe(partial(contiguous_folds, num_folds=3)) == {
        "call": "scarmap:contiguous_folds",
        "num_folds": 3,
    }
    assert describe(partial(partial(toy, fusion=partial(other, depth=9)))) == {
        "call": recorded_name(toy),
        "fusion": {"call": recorded_name(other), "width": 64, "depth": 9},
        "width": 64,
        "sizes": [1, 2],
        "build": None,
    }


def test_values_become_json_and_survive_it():
    value = {
        "point": Point(1 / 3, ("a", "b")),
        2: [None, True, contiguous_folds, Path("x")],
        "class": torch.optim.Adam,
    }
    described = describe(value)
    assert described["point"] == {"x": 1 / 3, "kinds": ["a", "b"]}
    assert described["2"][2] == "scarmap:contiguous_folds"
    assert described["class"] == "torch.optim.adam:Adam"
    assert json.loads(json.dumps(described)) == described


def test_differences_name_only_what_differs():
    assert differences(partial(toy, width=8), partial(toy, fusion="sum")) == {
        "width": (8, 64),
        "fusion": ("max", "sum"),
    }
    assert differences(toy, partial(toy, width=64, sizes=[1, 2])) == {}


def test_differences_of_two_functions():
    """`width` of one function is not `width` of another, be it equal or not."""
    expected = {
        "function": (recorded_name(toy), recorded_name(other)),
        "toy.fusion": ("max", None),
        "toy.width": (64, None),
        "toy.sizes": ([1, 2], None),
        "toy.build": (None, None),
        "other.width": (None, 64),
        "other.depth": (None, 3),
    }
    assert differences(toy, other) == expected
    assert differences(toy, partial(other, width=5)) == expected | {"other.width": (None, 5)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("width=16", ("width", 16)),
        ("beta=0.3", ("beta", 0.3)),
        ("attention=False", ("attention", False)),
        ("weights=(1, 3, 7)", ("weights", (1, 3, 7))),
        ("weights=1,3,7", ("weights", (1, 3, 7))),
        ("sizes=[[1, 2], 3]", ("sizes", ((1, 2), 3))),
        ("schedule=modern", ("schedule", "modern")),
        ("sequences=LGE,T2", ("sequences", ("LGE", "T2"))),
        ("sequences=LGE,", ("sequences", ("LGE",))),
        ("path=a=b", ("path", "a=b")),
        ("patience=None", ("patience", None)),
    ],
)
def test_settings_from_the_command_line(text, expected):
    assert parse_setting(text) == expected


@pytest.mark.parametrize("text", ["width", "=3", "two words=3", "1st=3", ""])
def test_settings_that_are_not_key_value_are_refused(text):
    with pytest.raises(RecipeError, match="is not KEY=VALUE"):
        parse_setting(text)


def test_lists_come_back_from_json_as_tuples():
    stored = json.loads(json.dumps(settings(partial(toy, sizes=((1, 2), (3,))))))
    assert freeze(stored["sizes"]) == ((1, 2), (3,))
    assert freeze("text") == "text"


@dataclass(frozen=True)
class Grown:
    x: int
    added: bool = field(default=False, metadata={"later": True})


def test_a_field_that_came_later_is_told_only_where_it_is_used():
    assert describe(Grown(1)) == {"x": 1}
    assert describe(Grown(1, added=True)) == {"x": 1, "added": True}
