"""Every published system as JSON, so that any change to one shows in review.

Write the files anew with ``SCARMAP_WRITE_GOLDEN=1 pytest tests/systems/test_golden.py`` and read
the difference.
"""

import json
import os
from pathlib import Path

import pytest

from scarmap.io.files import read_json, write_json
from scarmap.recipes.describe import describe
from scarmap.systems.catalogue import RECIPES

FOLDER = Path(__file__).parent / "golden"


def golden_file(name):
    return FOLDER / f"{name.replace('/', '-')}.json"


@pytest.mark.parametrize("name", RECIPES)
def test_a_published_system_is_unchanged(name):
    described = describe(RECIPES[name].recipe())
    if os.environ.get("SCARMAP_WRITE_GOLDEN"):
        write_json(golden_file(name), described)
    assert described == read_json(golden_file(name))


def test_every_file_belongs_to_a_recipe():
    assert sorted(FOLDER.iterdir()) == sorted(golden_file(name) for name in RECIPES)


def test_no_two_systems_are_the_same():
    contents = {path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert len(contents) == len(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_the_files_hold_no_path_and_no_address_in_memory(name):
    text = json.dumps(read_json(golden_file(name)))
    assert str(Path(__file__).parents[2]) not in text
    assert str(Path.home()) not in text
    assert " at 0x" not in text
