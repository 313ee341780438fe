"""Uploads, written to disk as they come: never in memory, and never under a name that was sent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from python_multipart.multipart import MultipartParser, parse_options_header

from scarmap.errors import ScarmapError

MOST_BYTES = 16 * 2**30
MOST_FILES = 100_000
_MOST_FIELDS = 64
_LONGEST_FIELD = 4096
_LONGEST_HEADERS = 16 * 1024


class TooLargeError(ScarmapError):
    """More was sent than is taken."""


class MalformedError(ScarmapError):
    """What was sent is no form with files."""


@dataclass(frozen=True)
class Limits:
    """What an upload may have.

    Attributes:
        num_bytes: Of all files together.
        num_files: How many files.
    """

    num_bytes: int = MOST_BYTES
    num_files: int = MOST_FILES


@dataclass
class Uploaded:
    """What came.

    Attributes:
        fields: Name to its values, in order.
        files: Where the files lie, in order; their names are numbers.
    """

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first value of a field; "" where there is none."""
        return self.fields.get(name, [""])[0]


async def receive(
    chunks: AsyncIterator[bytes], content_type: str, folder: Path, *, limits: Limits
) -> Uploaded:
    """Write the files of a form into a folder.

    Args:
        chunks: The body of the request.
        content_type: Its header.
        folder: Where to; it is there and empty.
        limits: What is taken.

    Raises:
        TooLargeError: There is more.
        MalformedError: It is no such form, or ends too early.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise MalformedError("Files are sent as a form, multipart/form-data.")
    form = _Form(folder, limits)
    parser = MultipartParser(boundary, form.callbacks())
    try:
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except (ValueError, UnicodeError) as problem:  # What the parser raises is a ValueError.
        raise MalformedError(f"The form that was sent is broken ({problem}).") from None
    finally:
        form.close()
    if not form.ended:
        raise MalformedError("The upload ended too early. Send it again.")
    return form.uploaded


class _Form:
    """What the parser calls."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self.limits = folder, limits
        self.uploaded = Uploaded()
        self.ended = False
        self._num_bytes = self._num_fields = 0
        self._file: IO[bytes] | None = None
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._key, self._value, self._text = bytearray(), bytearray(), bytearray()
        self._name = ""

    def callbacks(self) -> Any:
        """By the names that the parser knows."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._grow(self._key, data[start:end]),
            "on_header_value": lambda data, start, end: self._grow(self._value, data[start:end]),
            "on_header_end": self._header,
            "on_headers_finished": self._part,
            "on_part_data": lambda data, start, end: self._data(data[start:end]),
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def close(self) -> None:
        """Close the file that is being written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _grow(self, text: bytearray, more: bytes) -> None:
        text += more
        if len(text) > _LONGEST_HEADERS or len(self._headers) > _MOST_FIELDS:
            raise MalformedError("The form that was sent has headers of endless length.")

    def _header(self) -> None:
        self._headers[bytes(self._key).lower()] = bytes(self._value)
        self._key, self._value = bytearray(), bytearray()

    def _part(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            self._num_fields += 1
            if self._num_fields > self.limits.num_files + _MOST_FIELDS:
                raise MalformedError("The form that was sent has too many fields.")
            return
        if len(self.uploaded.files) >= self.limits.num_files:
            raise TooLargeError(f"More than {self.limits.num_files:,} files are not taken at once.")
        path = self.folder / f"{len(self.uploaded.files) + 1:06d}"
        self.uploaded.files.append(path)
        self._file = path.open("xb")

    def _data(self, data: bytes) -> None:
        if self._file is None:
            self._text += data
            if len(self._text) > _LONGEST_FIELD:
                raise TooLargeError(
                    f"A field of the form has more than {_LONGEST_FIELD} characters."
                )
            return
        self._num_bytes += len(data)
        if self._num_bytes > self.limits.num_bytes:
            raise TooLargeError(
                f"More than {self.limits.num_bytes / 2**30:.3g} GiB are not taken at once. Bring "
                "one study at a time."
            )
        self._file.write(data)

    def _part_end(self) -> None:
        if self._file is not None:
            self.close()
        else:
            values = self.uploaded.fields.setdefault(self._name, [])
            values.append(bytes(self._text).decode("utf-8", "replace"))

    def _end(self) -> None:
        self.ended = True
