"""What a record holds is checked when it is read, as anyone may have edited it since.

A record is JSON that scarmap wrote. Its shape is written down beside its reader: a type, `[shape]`
for a list, `(shape, shape)` for a list of that length, `{key: shape}` for a mapping, or one of the
classes below. Keys that a shape does not name are left alone: newer versions add some.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypeAlias

from scarmap.errors import DataError, RunError, ScarmapError
from scarmap.io.files import read_json

Shape: TypeAlias = Any
Error: TypeAlias = type[ScarmapError]


@dataclass(frozen=True)
class Maybe:
    """A value that may be missing or null."""

    shape: Shape


@dataclass(frozen=True)
class IfThere:
    """A value that may be missing, but not null."""

    shape: Shape


@dataclass(frozen=True)
class Such:
    """A value with a property, which the words name."""

    words: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True)
class Each:
    """A mapping with keys of any name, or of names with a property."""

    shape: Shape
    key: Such | None = None


def is_file_name(value: object) -> bool:
    """Whether a value names a file that lies in the folder of whoever names it.

    >>> is_file_name("p1.nii.gz"), is_file_name("../p1.nii.gz"), is_file_name("C:p1")
    (True, False, False)
    """
    return (
        isinstance(value, str)
        and value not in ("", ".", "..")
        and not any(each in value for each in "/\\:\0")
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


FILE_NAME = Such("the name of a file, without a folder", is_file_name)
COUNT = Such("a whole number from 0 on", lambda value: _is_whole(value) and value >= 0)
ABOVE_ZERO = Such("a number above 0", lambda value: _is_number(value) and value > 0)
AT_LEAST_ZERO = Such("a number from 0 on", lambda value: _is_number(value) and value >= 0)

_PLAIN: Mapping[Any, Such] = {
    str: Such("text", lambda value: isinstance(value, str)),
    bool: Such("true or false", lambda value: isinstance(value, bool)),
    int: Such("a whole number", _is_whole),
    float: Such("a number", _is_number),
    object: Such("a value", lambda _value: True),
}


def one_of(*known: str) -> Such:
    """One of some words."""
    return Such(" or ".join(map(repr, known)), lambda value: value in known)


class Record(dict[str, Any]):
    """A mapping of a record, at any depth; a key that it lacks is an error that names its file.

    Args:
        values: What it holds.
        path: The file.
        key: Where in the file it stands; "" for the whole.
        error: What to raise.
    """

    def __init__(self, values: Mapping[str, Any], path: Path, key: str, error: Error) -> None:
        super().__init__(values)
        self.path, self.key, self.error = path, key, error

    def __missing__(self, key: str) -> Any:
        """Say which key is missing; `get` and `in` ask whether it is there."""
        raise self.error(_lacking(self.path, _below(self.key, key)))


def read_record(path: Path, shape: Shape, *, error: Error = RunError) -> Record:
    """Read a record and check its shape.

    Args:
        path: The file, JSON.
        shape: What it must hold, a mapping.
        error: What to raise where it does not.

    Raises:
        ScarmapError: The file is missing, is not JSON or holds something else, or, later, a key
            that is asked for is missing.
    """
    try:
        content = read_json(path)
    except DataError as problem:
        raise error(str(problem)) from None
    check_shape(content, shape, where=path, error=error)
    made = _recorded(content, path, "", error)
    assert isinstance(made, Record)
    return made


def check_shape(content: Any, shape: Shape, *, where: Path, error: Error = RunError) -> None:
    """Check what was read.

    Args:
        content: The value.
        shape: What it must be.
        where: Its file, for the message.
        error: What to raise.

    Raises:
        ScarmapError: It is something else; the message names the file and the first wrong key.
    """
    for message in _faults(content, shape, where, ""):
        raise error(message)


def fits_shape(content: Any, shape: Shape) -> bool:
    """Whether a value has a shape.

    >>> fits_shape({"a": [1, 2]}, {"a": [int]}), fits_shape({"a": [1, None]}, {"a": [int]})
    (True, False)
    """
    return next(_faults(content, shape, Path(), ""), None) is None


def _faults(value: Any, shape: Shape, where: Path, key: str) -> Iterator[str]:
    if isinstance(shape, Maybe):
        yield from () if value is None else _faults(value, shape.shape, where, key)
    elif isinstance(shape, IfThere):
        yield from _faults(value, shape.shape, where, key)
    elif isinstance(shape, dict):
        yield from _faults_of_keys(value, shape, where, key)
    elif isinstance(shape, Each):
        yield from _faults_of_each(value, shape, where, key)
    elif isinstance(shape, list | tuple):
        yield from _faults_of_list(value, shape, where, key)
    else:
        such = shape if isinstance(shape, Such) else _PLAIN[shape]
        if not such.holds(value):
            yield _wrong(where, key, value, such.words)


def _faults_of_keys(value: Any, shape: dict[str, Shape], where: Path, key: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _wrong(where, key, value, "an object with keys")
        return
    for name, part in shape.items():
        if name in value:
            yield from _faults(value[name], part, where, _below(key, name))
        elif not isinstance(part, Maybe | IfThere):
            yield _lacking(where, _below(key, name))


def _faults_of_each(value: Any, shape: Each, where: Path, key: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _wrong(where, key, value, "an object with keys")
        return
    for name, item in value.items():
        if shape.key and not shape.key.holds(name):
            yield _wrong(where, _below(key, name), name, f"{shape.key.words} as a key")
        yield from _faults(item, shape.shape, where, _below(key, name))


def _faults_of_list(
    value: Any, shape: list[Shape] | tuple[Shape, ...], where: Path, key: str
) -> Iterator[str]:
    if not isinstance(value, list):
        yield _wrong(where, key, value, "a list")
    elif isinstance(shape, tuple) and len(value) != len(shape):
        yield _wrong(where, key, value, f"a list of {len(shape)}")
    else:
        parts = shape if isinstance(shape, tuple) else shape * len(value)
        for index, (item, part) in enumerate(zip(value, parts, strict=True)):
            yield from _faults(item, part, where, f"{key}[{index}]")


def _recorded(value: Any, path: Path, key: str, error: Error) -> Any:
    if isinstance(value, dict):
        below = {
            name: _recorded(each, path, _below(key, name), error) for name, each in value.items()
        }
        return Record(below, path, key, error)
    if isinstance(value, list):
        return [_recorded(each, path, f"{key}[{i}]", error) for i, each in enumerate(value)]
    return value


def _below(key: str, name: str) -> str:
    return f"{key}.{name}".strip(".")


def _lacking(where: Path, key: str) -> str:
    return f"{where} has no {key!r}. Restore the file from a copy, or make it anew."


def _wrong(where: Path, key: str, value: Any, expected: str) -> str:
    shown = ascii(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    what = f"{where} holds {shown} under {key!r}" if key else f"{where} holds {shown}"
    return f"{what}; expected {expected}. Restore the file from a copy, or make it anew."
