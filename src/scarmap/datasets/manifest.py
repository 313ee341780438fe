"""`manifest.jsonl`: where the masks of a folder come from.

A line is added when a mask has been written: from which images, by which model, in which codes. So
a stopped prediction goes on where it was, a case whose images have changed is segmented again, and
whoever is given the folder of masks alone finds the rest. Each shard has a file of its own; all
are read.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from scarmap.datasets.case_files import CaseFiles
from scarmap.errors import DataError, LabelError
from scarmap.io.files import NO_ROOM, check_json, no_room
from scarmap.io.record import COUNT, FILE_NAME, Each, Maybe, Shape, fits_shape
from scarmap.labels import codes
from scarmap.version import __version__

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Image:
    """An image that was read. Where size and time are the same, it need not be read again.

    Attributes:
        file: Its name.
        num_bytes: Its size.
        modified_ns: When it was last changed, nanoseconds since 1970.
        sha256: Digest of its content.
    """

    file: str
    num_bytes: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class Maker:
    """What a reader of masks must know of the model that made them.

    Attributes:
        name: Name of the model; "" where nothing is known.
        version: Its version; "" where it has none.
        limits: What it says of itself, in words.
        hardly_calls: Tissues that it hardly ever calls, by its card.
    """

    name: str = ""
    version: str = ""
    limits: str = ""
    hardly_calls: tuple[str, ...] = ()


UNKNOWN = Maker()

_SHAPE: Shape = {
    "case": FILE_NAME,
    "mask": FILE_NAME,
    "images": Each({"file": str, "num_bytes": COUNT, "modified_ns": int, "sha256": str}),
    "model": str,
    "flags": [str],
    "probabilities": Maybe(bool),
    **dict.fromkeys(("scarmap", "written", "mask_sha256", "layout"), Maybe(str)),
    "maker": Maybe(
        {**dict.fromkeys(("name", "version", "limits"), Maybe(str)), "hardly_calls": Maybe([str])}
    ),
    "study_images": Maybe(Each(str)),
}
"""A line that holds something else is skipped, and its case segmented again."""


@dataclass(frozen=True)
class Entry:
    """One line of a manifest: a case that was segmented.

    Attributes:
        case: Case identifier.
        mask: File name of its mask.
        images: What the model looked at, by sequence.
        model: Fingerprint of the model.
        probabilities: Whether its probability maps were kept.
        flags: What a reader of the mask must be told, one sentence each.
        scarmap: Version that made it.
        written: When, in UTC.
        maker: The model, for people; manifests of older versions do not tell.
        mask_sha256: Digest of the mask's file, which tells whether it was edited since; "" in
            manifests of older versions.
        layout: Label layout of the mask; "" in manifests of older versions.
        study_images: Sequence to path of every image of the study, also of those that the model
            did not look at; they may have been moved since. Empty in manifests of older versions.
    """

    case: str
    mask: str
    images: Mapping[str, Image]
    model: str
    probabilities: bool = False
    flags: tuple[str, ...] = ()
    scarmap: str = __version__
    written: str = ""
    maker: Maker = UNKNOWN
    mask_sha256: str = ""
    layout: str = ""
    study_images: Mapping[str, str] = field(default_factory=dict)

    @property
    def study(self) -> CaseFiles:
        """The study with those of its images that are still there."""
        paths = {sequence: Path(path) for sequence, path in self.study_images.items()}
        there = {sequence: path for sequence, path in paths.items() if path.is_file()}
        return CaseFiles(self.case, self.layout, there)


def look_at(path: Path) -> Image:
    """Size, time and digest of an image."""
    state = path.stat()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Image(path.name, state.st_size, state.st_mtime_ns, digest)


def now() -> str:
    """The time in UTC, as text that sorts by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _open_own(path: Path) -> IO[bytes]:
    """A file to append to that is no link: a link would be written through, wherever it leads."""
    if path.is_symlink():
        raise DataError(
            f"{path} is a link; the manifest must be a file of this folder. Remove the link, or "
            "give another --out."
        )
    return path.open("a+b")


def append_entry(path: Path, entry: Entry) -> None:
    """Add a line; a line that a killed process left half written is ended first.

    Raises:
        DataError: The file is a link, or there is no room for the line.
    """
    line = json.dumps(asdict(entry), ensure_ascii=False)
    try:
        with _open_own(path) as file:
            if file.tell():
                file.seek(-1, 2)
                line = line if file.read() == b"\n" else f"\n{line}"
            file.write(f"{line}\n".encode())
    except OSError as problem:
        if problem.errno in NO_ROOM:
            raise DataError(no_room(path, problem)) from None
        raise


def read_entries(folder: Path) -> dict[str, Entry]:
    """The latest entry of each case in all manifests of a folder; broken lines are skipped.

    The last line about a case counts in one manifest, and the latest time between several: a clock
    may have been set back, and lines keep their order.
    """
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("manifest*.jsonl")):
        with path.open(encoding="utf-8", errors="replace") as lines:
            told = filter(None, [_entry(line, path) for line in lines])
            for case, entry in {each.case: each for each in told}.items():
                if entries.setdefault(case, entry).written <= entry.written:
                    entries[case] = entry
    return entries


def entry_of(mask: Path) -> Entry | None:
    """What a manifest beside a mask tells of it; None where none does."""
    entries = read_entries(mask.parent).values()
    return next((entry for entry in entries if entry.mask == mask.name), None)


def _entry(line: str, path: Path) -> Entry | None:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):  # what a kill left half written
        return None
    try:
        check_json(values)
        if not fits_shape(values, _SHAPE):
            raise ValueError("it holds something else")
        values = {name: value for name, value in values.items() if value is not None}
        images = {sequence: Image(**image) for sequence, image in values.pop("images").items()}
        maker = _maker(values.pop("maker", {}))
        if values.get("layout"):
            codes(values["layout"])
        return Entry(images=images, flags=tuple(values.pop("flags")), maker=maker, **values)
    except (LabelError, ValueError, TypeError):
        _logger.warning("%s: a line was changed, and is left out: %a", path, line.strip()[:60])
        return None


def _maker(values: Mapping[str, Any]) -> Maker:
    given = {name: value for name, value in values.items() if value is not None}
    return Maker(**{**given, "hardly_calls": tuple(given.get("hardly_calls", ()))})
