import pytest

from scarmap.errors import RunError
from scarmap.recipes.describe import build, describe
from scarmap.recipes.parts import rebuild
from scarmap.systems.catalogue import RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_what_surrounds_the_networks_of_every_recipe_is_built_again_from_its_description(name):
    recipe = build(RECIPES[name].recipe)
    for part in (recipe.preparation.intensity, recipe.compose, recipe.check, recipe.finish):
        if part is not None:
            assert describe(rebuild(describe(part))) == describe(part)


def test_nothing_else_is_called():
    for described in ("os:system", {"call": "scarmap:write_json", "path": "run.json"}):
        with pytest.raises(RunError, match="no part of this scarmap that a model folder may call"):
            rebuild(described)
