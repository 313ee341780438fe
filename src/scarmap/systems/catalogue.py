"""Every named recipe, and how a user's choice of one is looked up. Imports no torch."""

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
        name: The name that the user gave.
        row: The table row with the user's settings. It keeps the published figures; read them
            beside those settings.
    """

    name: str
    row: Row

    def build(self) -> Recipe:
        """The recipe itself; imports torch.

        Raises:
            RecipeError: The recipe refuses a value, or a user's own function makes no recipe.
        """
        return build(self.row.recipe)


def choose(name: str, changes: Mapping[str, Any] | None = None) -> Choice:
    """Look up a recipe and apply a user's settings.

    Args:
        name: A key of `RECIPES`, or `module:function` of the user's own.
        changes: Keywords to set on the recipe's function.

    Raises:
        RecipeError: Unknown name or keyword, or a value that the recipe refuses.
    """
    if name in RECIPES:
        row = RECIPES[name]
    elif ":" in name:
        row = Row(find(name), paper="", note="Not a published system.")
    else:
        raise RecipeError(
            f"There is no recipe {name!r}. {suggest(name, RECIPES)} `scarmap recipes list` shows "
            "all."
        )
    if changes:
        changed: Callable[..., Recipe] = partial(row.recipe, **_like_defaults(row.recipe, changes))
        row = replace(row, recipe=changed)
    settings(row.recipe)
    check_settings(*unwrap(row.recipe))
    return Choice(name, row)


def _like_defaults(recipe: Callable[..., Recipe], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Make a tuple of a single name where the recipe's default is a tuple: `sequences=LGE`."""
    parameters = signature(unwrap(recipe)[0]).parameters
    tuples = [name for name, each in parameters.items() if isinstance(each.default, tuple)]
    single = {name: (changes[name],) for name in tuples if isinstance(changes.get(name), str)}
    return {**changes, **single}


def rows_of(paper: str, *, tables: Sequence[str] = (), names: Sequence[str] = ()) -> dict[str, Row]:
    """The rows of a paper's tables, in the paper's order.

    Args:
        paper: Short name of the paper.
        tables: Numbers of tables; none for all tables.
        names: Names of rows, with or without the paper's name before them; none for all rows.

    Raises:
        RecipeError: There is no such paper, table or row.
    """
    rows = _published_rows(paper)
    _check_tables(paper, rows, tables)
    wanted = _full_names(paper, rows, names) or set(rows)
    return {
        name: row
        for name, row in rows.items()
        if name in wanted and (not tables or set(tables) & set(row.tables))
    }


def _published_rows(paper: str) -> dict[str, Row]:
    published = {name: row for name, row in RECIPES.items() if row.table}
    rows = {name: row for name, row in published.items() if row.paper == paper}
    if not rows:
        papers = dict.fromkeys(row.paper for row in published.values())
        raise RecipeError(f"No paper is called {paper!r}. {suggest(paper, papers)}")
    return rows


def _check_tables(paper: str, rows: Mapping[str, Row], tables: Sequence[str]) -> None:
    known = dict.fromkeys(table for row in rows.values() for table in row.tables)
    for table in tables:
        if table not in known:
            raise RecipeError(
                f"{paper} has no table {table!r} that can be trained; it has {', '.join(known)}."
            )


def _full_names(paper: str, rows: Mapping[str, Row], names: Sequence[str]) -> set[str]:
    full = {name if name in rows else f"{paper}/{name}": name for name in names}
    for name, asked in full.items():
        if name not in rows:
            raise RecipeError(f"{paper} has no row {asked!r}. {suggest(asked, rows)}")
    return set(full)


def change_all(rows: Mapping[str, Row], changes: Mapping[str, Any]) -> dict[str, Row]:
    """Apply a user's settings to rows. A setting may not change what sets a row apart.

    Args:
        rows: Rows of one paper.
        changes: Keywords to set on each row.

    Raises:
        RecipeError: A setting changes what a row varies, or a row refuses it.
    """
    for name, row in rows.items():
        _check_still_apart(name, unwrap(row.recipe)[1], changes)
    return {name: choose(name, changes).row for name in rows}


def _check_still_apart(name: str, varied: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if key in varied and varied[key] != value:
            raise RecipeError(
                f"--set {key}={value} would undo what makes {name} a row of its own, "
                f"{key}={varied[key]}. Leave it out, or leave the row out with --rows or "
                "--tables."
            )
