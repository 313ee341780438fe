"""Recipes as JSON: what is set, what they build, and in what two of them differ."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from functools import partial
from typing import Any

from scarmap.errors import RecipeError, suggest
from scarmap.recipes.names import recorded_name
from scarmap.recipes.recipe import Recipe, Row


def settings(recipe: Callable[..., Any]) -> dict[str, Any]:
    """Every keyword of a recipe function with its value, defaults included, as JSON values.

    Raises:
        RecipeError: The partial sets a keyword that the function does not have.

    >>> def toy(*, fusion="max", width=64): ...
    >>> settings(partial(toy, width=16))
    {'fusion': 'max', 'width': 16}
    """
    function, given = unwrap(recipe)
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        raise RecipeError(f"{function!r} is not a recipe function.") from None
    named = {
        name: each.default for name, each in parameters.items() if each.kind is not each.VAR_KEYWORD
    }
    for name in given:
        if len(named) == len(parameters) and name not in named:
            raise RecipeError(
                f"{function.__name__} has no setting {name!r}. {suggest(name, named)}"
            )
    return {name: describe(value) for name, value in {**named, **given}.items()}


def unwrap(recipe: Callable[..., Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The function under nested partials, and the keywords that they set."""
    given: dict[str, Any] = {}
    while isinstance(recipe, partial):
        given = {**recipe.keywords, **given}
        recipe = recipe.func
    return recipe, given


def describe(value: Any) -> Any:
    """Turn nested partials, dataclasses and functions into JSON values, defaults included.

    A field of a dataclass whose metadata say `later` was added after systems were described and
    runs recorded. It is left out where it has its default, so that what does not use it is
    described as it was.
    """
    if isinstance(value, str | bool | int | float | None):
        return value
    if isinstance(value, tuple | list):
        return [describe(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): describe(item) for key, item in value.items()}
    if isinstance(value, partial):
        return describe(_call(value))
    if is_dataclass(type(value)):
        return describe(_used_fields(value))
    return recorded_name(value) if callable(value) else repr(value)


def describe_row(name: str, row: Row) -> dict[str, Any]:
    """What a table row says beside its recipe, in `recipes list`, `recipes show` and `run.json`."""
    return {
        "name": name,
        "paper": row.paper,
        "table": row.table,
        "published": describe(row.published),
        "also_published": describe(row.also_published),
        "published_convention": row.convention,
        "note": row.note,
    }


def build(recipe: Callable[..., Any]) -> Recipe:
    """Call a recipe function.

    Raises:
        RecipeError: It wants arguments that have no default, or returns something that is no
            recipe.
    """
    function, given = unwrap(recipe)
    try:
        inspect.signature(function).bind(**given)
    except (TypeError, ValueError) as problem:
        raise RecipeError(
            f"{recorded_name(function)} cannot be called as a recipe: {problem}."
        ) from None
    made = recipe()
    if not isinstance(made, Recipe):
        raise RecipeError(
            f"{recorded_name(function)} returned {type(made).__name__}, not a "
            "scarmap.recipes.recipe.Recipe."
        )
    return made


def differences(
    first: Callable[..., Any], second: Callable[..., Any]
) -> dict[str, tuple[Any, Any]]:
    """Settings in which two recipes differ, as (first, second); None where one lacks it.

    Keywords of two functions that happen to share a name are different settings: the attention of
    one paper is not that of another. So of two functions every setting is told, with the function's
    name before it.
    """
    functions = [recorded_name(unwrap(each)[0]) for each in (first, second)]
    one, other = settings(first), settings(second)
    if functions[0] != functions[1]:
        names = [function.rpartition(":")[2] for function in functions]
        owners = names if names[0] != names[1] else functions
        found: dict[str, tuple[Any, Any]] = {"function": (functions[0], functions[1])}
        found |= {f"{owners[0]}.{name}": (value, None) for name, value in one.items()}
        return found | {f"{owners[1]}.{name}": (None, value) for name, value in other.items()}
    pairs = {name: (one.get(name), other.get(name)) for name in {**one, **other}}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _call(value: partial[Any]) -> dict[str, Any]:
    function, given = unwrap(value)
    return {"call": recorded_name(function), **_bound(function, given)}


def _used_fields(value: Any) -> dict[str, Any]:
    given = {each: getattr(value, each.name) for each in fields(value)}
    return {each.name: item for each, item in given.items() if not _is_unused_later(each, item)}


def _is_unused_later(field: Field[Any], value: Any) -> bool:
    return bool(field.metadata.get("later")) and value == field.default


def _bound(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return dict(given)
    defaults = {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}
    return {**defaults, **given}
