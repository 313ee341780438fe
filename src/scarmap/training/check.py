"""Whether the settings that a user gave fit the signature they are for."""

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from scarmap.errors import RecipeError, suggest


def check_settings(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Compare values with the annotations of a recipe function; what it does not annotate is accepted.

    Raises:
        RecipeError: A value has another type than its keyword, or is none of the choices.

    >>> def toy(*, fusion: Literal["max", "mean"] = "max", width: int = 64): ...
    >>> check_settings(toy, {"width": "abc"})
    Traceback (most recent call last):
    scarmap.errors.RecipeError: The setting width of toy cannot be 'abc'; it takes int.
    """
    hints = get_type_hints(function)
    for name, value in given.items():
        if name in hints and not fits(value, hints[name]):
            known = choices(hints[name])
            told = f" {suggest(value, known)}" if known and isinstance(value, str) else ""
            raise RecipeError(
                f"The setting {name} of {function.__name__} cannot be {value!r}; it takes {spell(hints[name])}.{told}"
            )


def check_choices(function: Callable[..., Any], given: Mapping[str, Any], *, title: str) -> None:
    """Compare keywords with the choices that a recipe function's annotations name; other keywords are passed over.

    Raises:
        RecipeError: A keyword has none of its values.

    >>> def toy(*, fusion: Literal["max", "mean"] = "max", width: int = 64): ...
    >>> check_choices(toy, {"fusion": "maximum", "width": 64}, title="The toy")
    Traceback (most recent call last):
    scarmap.errors.RecipeError: The toy's fusion cannot be 'maximum'. Did you mean 'max'?
    """
    hints = get_type_hints(function)
    for name, value in given.items():
        known = choices(hints.get(name))
        if known and not fits(value, hints[name]):
            raise RecipeError(f"{title}'s {name} cannot be {value!r}. {suggest(str(value), known)}")


def choices(annotation: Any) -> tuple[str, ...]:
    """The values that an annotation names, None included where it may be; none for an annotation without Literal.

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
    plain = {int: int, float: int | float, str: str, bool: bool, NoneType: NoneType}
    if annotation not in plain:
        return True
    return isinstance(value, plain[annotation]) and (annotation is bool or not isinstance(value, bool))


def _fits_each(values: tuple[Any, ...], annotations: tuple[Any, ...]) -> bool:
    if len(annotations) == 2 and annotations[1] is Ellipsis:
        return all(fits(value, annotations[0]) for value in values)
    pairs = zip(values, annotations, strict=False)
    return len(values) == len(annotations) and all(fits(value, each) for value, each in pairs)


def spell(annotation: Any) -> str:
    """An annotation in words.

    >>> spell(int | None), spell(Literal["max", "mean"]), spell(tuple[str, ...])
    ('int or None', "'max' or 'mean'", 'tuple of str')
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(repr(argument) for argument in arguments)
    if origin in (Union, UnionType):
        return " or ".join(spell(argument) for argument in arguments)
    if origin is tuple:
        repeated = len(arguments) == 2 and arguments[1] is Ellipsis
        return f"tuple of {spell(arguments[0])}" if repeated else f"{len(arguments)} values"
    return "None" if annotation is NoneType else getattr(annotation, "__name__", str(annotation))
