"""Names of functions and classes in records, which stay the same when their file moves.

A record names a part of scarmap by its room and its own name: `scarmap.cascade:Denoiser` for what
one system owns, `scarmap:full_slices` for what systems share. It leaves the file out, so that an
old run means the same after a file has moved. Older records name the file too; `as_today` turns
these names, and the names of functions that were merged since, into the names of today.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from scarmap.errors import RecipeError, suggest

_SCALED = {"call": "scarmap:scale_between", "by_slice": True}

RENAMED: Mapping[str, Any] = {
    "scarmap.cascade:scale_slices": {**_SCALED, "low": 1, "high": 99},
    "scarmap.linear_codec:scale_slices": {**_SCALED, "low": 5, "high": 95},
    "scarmap.anatomy_prior:scale_percentiles": {**_SCALED, "low": 1, "high": 99, "by_slice": False},
    "scarmap.scarmap:scale_percentiles": {**_SCALED, "low": 1, "high": 98, "by_slice": False},
}
"""Name in older records to what stands there today: a name, or a described call where functions
were merged."""

_FORMER = re.compile(
    r"scarmap\.(?P<package>datasets|inference|nn|sampling|systems|training)\.(?P<file>[\w.]+)"
)
"""Module of a part of scarmap, as records held it before they left the file out."""


def recorded_name(function: Callable[..., Any]) -> str:
    """Name of a function or class in a record.

    Parts of other packages, a user's own recipe among them, keep `module:name`: only that finds
    them again.

    >>> from scarmap.errors import suggest
    >>> recorded_name(suggest)
    'scarmap:suggest'
    """
    return f"{_room(function.__module__)}:{function.__qualname__}"


def find(name: str) -> Callable[..., Any]:
    """The function or class of a user's `module:name`, or of a system's recipe in a record.

    Raises:
        RecipeError: There is no such module, or no such name in it.
    """
    module, _, wanted = as_today(name).partition(":")
    if not (module and wanted):
        raise RecipeError(f"{name!r} is not module:function, for instance my_lab.recipes:wide.")
    system = system_of(f"{module}:{wanted}")
    module = f"scarmap.systems.{system}.recipe" if system else module
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as problem:
        raise RecipeError(
            f"{name!r} cannot be imported: {problem}. Is its folder on PYTHONPATH?"
        ) from None
    if not hasattr(imported, wanted):
        known = [key for key, item in vars(imported).items() if callable(item)]
        raise RecipeError(f"Module {module} has no function {wanted!r}. {suggest(wanted, known)}")
    found: Callable[..., Any] = getattr(imported, wanted)
    return found


def system_of(name: str) -> str | None:
    """The system that owns a recorded name; None for a shared part or another package's."""
    system = re.match(r"scarmap\.(\w+):", name)
    return system[1] if system and find_spec(f"scarmap.systems.{system[1]}") else None


def as_today(described: Any) -> Any:
    """Give the parts in a description, from a record of any age, the names that they have today.

    >>> as_today({"call": "scarmap.systems.cascade.denoiser:Denoiser", "code": 256})
    {'call': 'scarmap.cascade:Denoiser', 'code': 256}
    """
    if isinstance(described, str):
        return _name_today(described)
    if isinstance(described, list | tuple):
        return [as_today(each) for each in described]
    if not isinstance(described, Mapping):
        return described
    values = {key: as_today(value) for key, value in described.items()}
    call = values.get("call")
    if not isinstance(call, Mapping):
        return values
    # A function that was merged into another one is now a call of that one with some keywords set.
    del values["call"]
    return {**call, **values}


def _name_today(text: str) -> Any:
    module, colon, name = text.partition(":")
    if colon and _FORMER.fullmatch(module):
        text = f"{_room(module)}:{name}"
    return RENAMED.get(text, text)


def _room(module: str) -> str:
    parts = module.split(".")
    if parts[:2] == ["scarmap", "systems"] and len(parts) > 3:
        return f"scarmap.{parts[2]}"
    return "scarmap" if parts[0] == "scarmap" else module
