"""Every named recipe, and how a name, a module's function or a run's record becomes one. Imports no torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from inspect import signature
from typing import Any

from scarmap.errors import RecipeError, suggest
from scarmap.recipes.describe import build, settings, unwrap
from scarmap.recipes.names import find
from scarmap.recipes.recipe import Recipe, Row
from scarmap.recipes.settings import check_settings
from scarmap.systems.anatomy_prior.recipe import RECIPES as ANATOMY_PRIOR
from scarmap.systems.cascade.recipe import RECIPES as CASCADE
from scarmap.systems.linear_codec.recipe import RECIPES as LINEAR_CODEC
from scarmap.systems.mfunet.recipe import RECIPES as MFUNET
from scarmap.systems.scarmap.recipe import RECIPES as SCARMAP

RECIPES: Mapping[str, Row] = {**MFUNET, **CASCADE, **LINEAR_CODEC, **ANATOMY_PRIOR, **SCARMAP}


@dataclass(frozen=True)
class Choice:
    """A recipe that a user asked for.

    Attributes:
        name: As it was asked for.
        row: The table row with the user's settings; it keeps the published figures, to be read
            beside those settings.
    """

    name: str
    row: Row

    def build(self) -> Recipe:
        """The recipe itself; imports torch.

        Raises:
            RecipeError: The recipe refuses a value, or a user's own function makes something else.
        """
        return build(self.row.recipe)


def choose(name: str, changes: Mapping[str, Any] | None = None) -> Choice:
    """Look a recipe up and apply a user's settings.

    Args:
        name: A key of `RECIPES`, or `module:function` of the user's own.
        changes: Keywords to set on the recipe's function.

    Raises:
        RecipeError: Unknown name or keyword, or a value that the recipe refuses.
    """
    if name in RECIPES:
        row = RECIPES[name]
    elif ":" in name:
        row = own(find(name))
    else:
        raise RecipeError(
            f"There is no recipe {name!r}. {suggest(name, RECIPES)} `scarmap recipes list` shows "
            "all."
        )
    if changes:
        changed: Callable[..., Recipe] = partial(row.recipe, **like_defaults(row.recipe, changes))
        row = replace(row, recipe=changed)
    settings(row.recipe)
    check_settings(*unwrap(row.recipe))
    return Choice(name, row)


def like_defaults(recipe: Callable[..., Recipe], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A single name where the recipe's own value is a tuple becomes a tuple of one: `sequences=LGE`."""
    parameters = signature(unwrap(recipe)[0]).parameters
    return {
        name: (value,)
        if isinstance(value, str)
        and name in parameters
        and isinstance(parameters[name].default, tuple)
        else value
        for name, value in changes.items()
    }


def rows_of(paper: str, *, tables: Sequence[str] = (), names: Sequence[str] = ()) -> dict[str, Row]:
    """The rows of a paper's tables, in the paper's order.

    Args:
        paper: Its short name.
        tables: Numbers of tables; none for all of them.
        names: Names of rows, with or without the paper's before them; none for all.

    Raises:
        RecipeError: There is no such paper, table or row.
    """
    papers = dict.fromkeys(row.paper for row in RECIPES.values() if row.table)
    if paper not in papers:
        raise RecipeError(f"No paper is called {paper!r}. {suggest(paper, papers)}")
    rows = {name: row for name, row in RECIPES.items() if row.paper == paper and row.table}
    known = dict.fromkeys(row.table for row in rows.values())
    for table in tables:
        if table not in known:
            raise RecipeError(
                f"{paper} has no table {table!r} that can be trained; it has {', '.join(known)}."
            )
    wanted = {name if name in rows else f"{paper}/{name}": name for name in names}
    for name, asked in wanted.items():
        if name not in rows:
            raise RecipeError(f"{paper} has no row {asked!r}. {suggest(asked, rows)}")
    return {
        name: row
        for name, row in rows.items()
        if (not tables or row.table in tables) and (not wanted or name in wanted)
    }


def change_all(rows: Mapping[str, Row], changes: Mapping[str, Any]) -> dict[str, Row]:
    """Rows with a user's settings, none of which may be what sets the rows apart.

    Args:
        rows: Rows of one paper.
        changes: Keywords to set on each.

    Raises:
        RecipeError: A setting is what a row varies, or a row refuses it.
    """
    for name, row in rows.items():
        varied = unwrap(row.recipe)[1]
        for key, value in changes.items():
            if key in varied and varied[key] != value:
                raise RecipeError(
                    f"--set {key}={value} would undo what makes {name} a row of its own, "
                    f"{key}={varied[key]}. Leave it out, or leave the row out with --rows or "
                    "--tables."
                )
    return {name: choose(name, changes).row for name in rows}


def own(recipe: Callable[..., Recipe]) -> Row:
    """A user's own recipe function as a row without published figures."""
    return Row(recipe, paper="", note="Not a published system.")
