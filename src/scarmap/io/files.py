"""Write files so that a reader sees the whole new file or the old one, never half of it."""

import csv
import errno
import glob
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from scarmap.errors import DataError

_PARTIAL = ".partial-"
_LEFT_S = 24 * 3600.0
"""A temporary file of this age is what a killed process left."""
NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_DEEPEST = 60
"""Levels of lists and objects in JSON; a record has about ten."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name in the same folder; rename it to `path` when the block succeeds.

    The temporary name is another one each time: two writers do not write into one file, and nobody
    can lay a link where it will be.

    Args:
        path: Final name. Missing parent folders are made.

    Raises:
        DataError: There is no room for it.
        OSError: It cannot be written for another reason; the error names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f"{_PARTIAL}{token_hex(8)}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as problem:
        if problem.errno in NO_ROOM:
            raise DataError(no_room(path, problem)) from None
        if problem.filename is None:
            problem.filename = str(path)
        raise
    finally:
        with suppress(OSError):
            temporary.unlink()


def check_writable(folder: Path) -> None:
    """Write an empty file and remove it, before hours of work whose result could not be kept.

    Raises:
        OSError: That is not possible.
    """
    with replacing(folder / ".writable") as temporary:
        temporary.touch()
    (folder / ".writable").unlink(missing_ok=True)


def no_room(path: Path, problem: object) -> str:
    """One paragraph about a file that could not be written for want of room."""
    reason = problem.strerror if isinstance(problem, OSError) else None
    return (
        f"{path} cannot be written ({reason or problem}): the disk is full, or a limit on sizes is "
        "reached. Make room and repeat the command; what is finished stays."
    )


def is_leftover(path: Path) -> bool:
    """Whether a file is a temporary one, of a process that writes or was killed."""
    return path.name.startswith(_PARTIAL)


def _remove_leftovers(path: Path) -> None:
    for left in path.parent.glob(f"{_PARTIAL}*-{glob.escape(path.name)}"):
        with suppress(OSError):
            if time.time() - left.lstat().st_mtime > _LEFT_S:
                left.unlink()


def write_json(path: Path, content: Any) -> None:
    """Write JSON, indented, with a final newline."""
    with replacing(path) as temporary:
        temporary.write_text(
            json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def write_csv(path: Path, lines: Iterable[Iterable[object]]) -> None:
    """Write a table with commas; the first line names the columns."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a table that `write_csv` wrote: each line's cells by the name of their column.

    Raises:
        DataError: The file is missing or is no table, or a line has more or fewer cells than the
            first.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *lines = [*csv.reader(file, strict=True)] or [[]]
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.") from None
    except (OSError, ValueError, csv.Error) as problem:
        raise DataError(
            f"{path} cannot be read as a table ({problem}). Restore it from a copy, or make it "
            "anew."
        ) from None
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise DataError(
                f"{path} has {len(line)} cells in line {number} and {len(header)} columns. Restore "
                "it from a copy, or make it anew."
            )
    return [dict(zip(header, line, strict=True)) for line in lines]


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        DataError: The file is missing, is not JSON, nests deeper than any record does, or holds
            text that cannot be printed.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        check_json(content)
        return content
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.") from None
    except (OSError, ValueError, RecursionError) as problem:
        raise DataError(
            f"{path} cannot be read as JSON ({problem}). Restore it from a copy, or make it anew."
        ) from None


def check_json(content: Any) -> None:
    """Refuse what would end a function that walks through it, or whoever prints it.

    Raises:
        ValueError: It nests too deep, or holds half a character.
    """
    level = [content]
    for _ in range(_DEEPEST):
        if not level:
            return
        for text in filter(_is_text, level):
            text.encode()
        level = [item for each in level for item in _parts(each)]
    raise ValueError(f"it nests deeper than {_DEEPEST} levels")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _parts(value: Any) -> list[Any]:
    """What a list or an object holds, names included."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []
