"""Settings that a user gives: read from the command line, checked against a recipe's signature."""

import ast
from collections.abc import Callable, Mapping
from collections.abc import Mapping as AnyMapping
from contextlib import suppress
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from scarmap.errors import RecipeError, suggest
from scarmap.labels import SEQUENCES


def parse_setting(text: str) -> tuple[str, Any]:
    """Read one `--set KEY=VALUE`.

    The value may be true, false, none or a Python literal; a comma makes a tuple; all else is text.

    >>> parse_setting("width=16"), parse_setting("sequences=LGE,T2")
    (('width', 16), ('sequences', ('LGE', 'T2')))
    >>> parse_setting("schedule=modern")
    ('schedule', 'modern')
    """
    key, equals, value = text.partition("=")
    if not equals or not key.isidentifier():
        raise RecipeError(f"--set {text!r} is not KEY=VALUE, for instance --set width=16.")
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return key, words[value.lower()]
    try:
        return key, freeze(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return key, tuple(filter(None, value.split(","))) if "," in value else value


def freeze(value: Any) -> Any:
    """Turn lists, as JSON brings them back, into tuples."""
    return tuple(freeze(item) for item in value) if isinstance(value, list | tuple) else value


def check_settings(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Compare values with the annotations of a recipe function; others are accepted.

    Raises:
        RecipeError: A value has another type than its keyword, or is none of the choices.

    >>> def toy(*, fusion: Literal["max", "mean"] = "max", width: int = 64): ...
    >>> check_settings(toy, {"width": "abc"})
    Traceback (most recent call last):
    scarmap.errors.RecipeError: The setting width of toy cannot be 'abc'; it takes int.
    """
    hints = _hints(function)
    for name, value in given.items():
        if name in hints and not fits(value, hints[name]):
            known = choices(hints[name])
            told = f" {suggest(value, known)}" if known and isinstance(value, str) else ""
            raise RecipeError(
                f"The setting {name} of {function.__name__} cannot be {value!r}; it takes "
                f"{_in_words(hints[name])}.{told}"
            )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """What each keyword takes; one whose annotation is there for type checkers alone is left out.

    >>> def toy(*, width: int = 64, other: "Unknown" = None) -> "Recipe": ...
    >>> _hints(toy)
    {'width': <class 'int'>}
    """
    names = getattr(function, "__globals__", {})
    known: dict[str, Any] = {}
    for name, annotation in getattr(function, "__annotations__", {}).items():
        with suppress(NameError):
            one = SimpleNamespace(__annotations__={name: annotation})
            known |= get_type_hints(one, names)
    known.pop("return", None)
    return known


def check_sequences(sequences: Any, *, title: str, optional: bool = False) -> None:
    """Compare the sequences that a recipe was given with the known ones.

    Args:
        sequences: What was given.
        title: What the recipe is called, to begin a sentence with.
        optional: Whether none may be named.

    Raises:
        RecipeError: None is named, one is named twice, or one is not known.

    >>> check_sequences(("LGE", "LGE"), title="The toy")
    Traceback (most recent call last):
    scarmap.errors.RecipeError: The toy's sequences are ('LGE', 'LGE'); name each once: ...
    """
    named = isinstance(sequences, tuple) and (optional or sequences)
    if not named or len(set(sequences)) < len(sequences):
        raise RecipeError(
            f"{title}'s sequences are {sequences!r}; name each once: sequences=LGE,T2."
        )
    for sequence in sequences:
        if sequence not in SEQUENCES:
            raise RecipeError(
                f"{title}'s sequences cannot hold {sequence!r}. {suggest(str(sequence), SEQUENCES)}"
            )


def check_sizes(
    *, title: str, hint: str, width: int, size: int | None = None, spacing_mm: float | None = None
) -> None:
    """Refuse numbers that no network of four levels can have.

    Args:
        title: What the recipe is called, to begin a sentence with.
        hint: Widths that are usual.
        width: Channels at full resolution.
        size: Side of the window in pixels, halved four times; None where the recipe chooses it.
        spacing_mm: Pixel size of the window; None where the recipe chooses it.

    Raises:
        RecipeError: One of them is out of range.
    """
    if width < 1:
        raise RecipeError(f"{title}'s width is {width}; it must be 1 or more, {hint}.")
    if size is not None and (size < 32 or size % 16):
        raise RecipeError(
            f"{title}'s size is {size}; the window's side must be a multiple of 16 from 32 on."
        )
    if spacing_mm is not None and not 0.1 <= spacing_mm <= 10:
        raise RecipeError(
            f"{title}'s spacing_mm is {spacing_mm:g}; a pixel has between 0.1 and 10 mm."
        )


def check_choices(function: Callable[..., Any], given: Mapping[str, Any], *, title: str) -> None:
    """Compare keywords with the choices that a recipe function names; others are accepted.

    Raises:
        RecipeError: A keyword has none of its values.

    >>> def toy(*, fusion: Literal["max", "mean"] = "max", width: int = 64): ...
    >>> check_choices(toy, {"fusion": "maximum", "width": 64}, title="The toy")
    Traceback (most recent call last):
    scarmap.errors.RecipeError: The toy's fusion cannot be 'maximum'. Did you mean 'max'?
    """
    hints = _hints(function)
    for name, value in given.items():
        known = choices(hints.get(name))
        if known and not fits(value, hints[name]):
            raise RecipeError(f"{title}'s {name} cannot be {value!r}. {suggest(str(value), known)}")


def choices(annotation: Any) -> tuple[str, ...]:
    """The values that an annotation's Literals name, None included where it may be.

    >>> choices(Literal["max", "mean"] | None), choices(int | None)
    (('max', 'mean', 'None'), ())
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return tuple(str(argument) for argument in arguments)
    if origin not in (Union, UnionType):
        return ()
    named = tuple(choice for each in arguments for choice in choices(each))
    return (*named, "None") if named and NoneType in arguments else named


def fits(value: Any, annotation: Any) -> bool:
    """Whether a value belongs to an annotation made of plain types, Literal, Union and tuple.

    >>> fits(3, float), fits(True, int), fits(("LGE",), tuple[str, ...]), fits(None, int | None)
    (True, False, True, True)
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return value in arguments
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and _fits_each(value, arguments)
    if origin is AnyMapping:
        return isinstance(value, Mapping) and _fits_each(tuple(value.values()), (arguments[1], ...))
    if isinstance(value, bool):
        # Python takes True for the number 1; a recipe does not.
        return annotation not in _PLAIN or annotation is bool
    return isinstance(value, _PLAIN.get(annotation, object))


_PLAIN: Mapping[Any, Any] = {
    int: int,
    float: int | float,
    str: str,
    bool: bool,
    NoneType: NoneType,
}


def _fits_each(values: tuple[Any, ...], annotations: tuple[Any, ...]) -> bool:
    if annotations[1:] == (Ellipsis,):
        annotations = annotations[:1] * len(values)
    return len(values) == len(annotations) and all(map(fits, values, annotations))


def _in_words(annotation: Any) -> str:
    """An annotation in words.

    >>> _in_words(int | None), _in_words(Literal["max", "mean"]), _in_words(tuple[str, ...])
    ('int or None', "'max' or 'mean'", 'tuple of str')
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(repr(argument) for argument in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_in_words(argument) for argument in arguments)
    if origin is tuple:
        if arguments[1:] == (Ellipsis,):
            return f"tuple of {_in_words(arguments[0])}"
        return f"{len(arguments)} values"
    return "None" if annotation is NoneType else getattr(annotation, "__name__", str(annotation))
