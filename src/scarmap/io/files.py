"""Write files so that a reader sees the whole new file or the old one, never half of it."""

import csv
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


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name in the same folder; rename it to `path` when the block succeeds.

    The temporary name is another one each time: two writers do not write into one file, and nobody
    can lay a link where it will be.

    Args:
        path: Final name. Missing parent folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f"{_PARTIAL}{token_hex(8)}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        DataError: The file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.") from None
    except (OSError, ValueError) as problem:
        raise DataError(
            f"{path} cannot be read as JSON ({problem}). Restore it from a copy, or make it anew."
        ) from None
