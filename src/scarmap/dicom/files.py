"""Find the DICOM files of a folder, at any depth, under any name, and in zip archives.

Nothing is unpacked to disk: a member of an archive is read in memory under its index, so that
no path in an archive is trusted. Files are told by their content.
"""

import io
import os
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from scarmap.errors import DataError

ARCHIVE_MEMBERS = 200_000
ARCHIVE_BYTES = 64 * 2**30
MEMBER_BYTES = 2**30
EXPANSION = 200
"""Limits of an archive: files in it, bytes of all and of one when unpacked, and how many times its
own size an archive of more than `SMALL_BYTES` may unpack to. MR images shrink to a half or a
third."""

SMALL_BYTES = 256 * 2**20

FIRST_ELEMENTS = tuple(
    group.to_bytes(2, "little") + element.to_bytes(2, "little")
    for group, element in (
        (8, 0),
        (8, 1),
        (8, 5),
        (8, 8),
        (8, 0x12),
        (8, 0x16),
        (8, 0x18),
        (2, 0),
        (2, 1),
        (2, 2),
    )
)
"""What a file without the usual preamble begins with."""


@dataclass(frozen=True, order=True)
class Place:
    """Where a file lies.

    Attributes:
        path: The file, or the archive that holds it.
        member: Index in the archive; -1 for a file of its own.
    """

    path: Path
    member: int = -1


@dataclass(frozen=True)
class Refused:
    """An archive that is not opened, and why."""

    reason: str


def find_places(folder: Path) -> list[Place | Refused]:
    """List every file below a folder and in its archives, always in the same order.

    Args:
        folder: A folder, or one file or archive.

    Returns:
        Places whose content has not been looked at, and the archives that are not opened.

    Raises:
        DataError: There is no such folder.
    """
    if not folder.exists():
        raise DataError(
            f"{folder} does not exist. Give the folder or zip archive that the scanner or the PACS "
            "exported."
        )
    found: list[Place | Refused] = []
    for path in [folder] if folder.is_file() else _files_below(folder):
        found.extend(_members(path) if _is_archive(path) else [Place(path)])
    return found


def _files_below(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        yield from (Path(root) / name for name in sorted(files))


def _is_archive(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as stream:
        return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    return False


def _members(path: Path) -> list[Place | Refused]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return [Refused("a zip archive is damaged and was not opened")]
    size = sum(info.file_size for info in infos)
    expanded = size > SMALL_BYTES and size > EXPANSION * path.stat().st_size
    if len(infos) > ARCHIVE_MEMBERS or size > ARCHIVE_BYTES or expanded:
        return [
            Refused(
                f"a zip archive holds {len(infos)} files of {size / 2**30:.1f} GiB together, more "
                "than is opened; unpack it yourself if you trust it"
            )
        ]
    return [
        Place(path, index)
        for index, info in enumerate(infos)
        if not info.is_dir() and info.file_size <= MEMBER_BYTES
    ]


@contextmanager
def opened(place: Place, archives: dict[Path, zipfile.ZipFile] | None = None) -> Iterator[BinaryIO]:
    """Open a file or a member of an archive for reading.

    Args:
        place: Where it lies.
        archives: Archives that are open already; one is added and left open for the next call.
    """
    if place.member < 0:
        with place.path.open("rb") as stream:
            yield stream
        return
    held = archives if archives is not None else {}
    if place.path not in held:
        held[place.path] = zipfile.ZipFile(place.path)
    archive = held[place.path]
    try:
        with archive.open(archive.infolist()[place.member]) as member:
            # CPython's reader stops at the size that the archive declares, which is limited.
            yield io.BytesIO(member.read())
    finally:
        if archives is None:
            archive.close()


def read_header(
    place: Place,
    *,
    tags: Sequence[str | int] | None = None,
    archives: dict[Path, zipfile.ZipFile] | None = None,
) -> Any | None:
    """Read a DICOM header without its pixels.

    Args:
        place: Where it lies.
        tags: Keywords to keep; None keeps all.
        archives: See `opened`.

    Returns:
        The data set, or None where this is no DICOM object with a class, such as a DICOMDIR.
    """
    problems = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
    more = (AttributeError, TypeError, NotImplementedError, RuntimeError, OverflowError)
    try:
        with opened(place, archives) as stream, quiet():
            return _header(stream, tags)
    except (*problems, *more, MemoryError):
        return None


def _header(stream: BinaryIO, tags: Sequence[str | int] | None) -> Any | None:
    from pydicom import dcmread

    start = stream.read(132)
    usual = start[128:] == b"DICM"
    if not usual and start[:4] not in FIRST_ELEMENTS:
        return None
    stream.seek(0)
    header = dcmread(
        stream,
        stop_before_pixels=True,
        force=not usual,
        specific_tags=None if tags is None else list(tags),
    )
    media = header.file_meta.get("MediaStorageSOPClassUID") if usual else None
    return None if media == "1.2.840.10008.1.3.10" or not header.get("SOPInstanceUID") else header


@contextmanager
def quiet() -> Iterator[None]:
    """Read what scanners write, also where it breaks the standard's rules for values."""
    from pydicom.config import disable_value_validation

    with warnings.catch_warnings(), disable_value_validation():
        warnings.simplefilter("ignore")
        yield
