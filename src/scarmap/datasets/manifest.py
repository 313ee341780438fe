"""`manifest.jsonl`: which cases of a folder were segmented, from which images and by which model.

A line is added when a case's mask has been written. So a stopped prediction goes on where it was,
and a case whose images have changed is segmented again. Each shard has a file of its own; all are
read.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import CaseFiles
from scarmap.version import __version__


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


@dataclass(frozen=True)
class Entry:
    """One line of a manifest: a case that was segmented.

    Attributes:
        case: Case identifier.
        mask: File name of its mask.
        images: What it was made from, by sequence.
        model: Fingerprint of the model.
        probabilities: Whether its probability maps were kept.
        flags: What a reader of the mask must be told, one sentence each.
        scarmap: Version that made it.
        written: When, in UTC.
        maker: The model, for people; manifests of older versions do not tell.
        mask_sha256: Digest of the mask's file, which tells whether it was edited since; "" in
            manifests of older versions.
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


@dataclass(frozen=True)
class Wanted:
    """What a prediction is to make of every case.

    Attributes:
        model: Fingerprint of the model.
        sequences: Sequences that the model looks at; a case may lack some.
        probabilities: Whether probability maps are kept.
        maker: The model, for people.
    """

    model: str
    sequences: tuple[str, ...]
    probabilities: bool = False
    maker: Maker = UNKNOWN

    def images(self, files: CaseFiles) -> dict[str, Path]:
        """The images of a case that count."""
        return {
            sequence: files.images[sequence]
            for sequence in self.sequences
            if sequence in files.images
        }


def look_at(path: Path) -> Image:
    """Size, time and digest of an image."""
    state = path.stat()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Image(path.name, state.st_size, state.st_mtime_ns, digest)


def fingerprint(about: Any, files: Sequence[Path]) -> str:
    """Digest of a model.

    Args:
        about: What is known about it, as JSON values.
        files: Its files, in order; their content counts.
    """
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for path in files:
        digest.update(look_at(path).sha256.encode())
    return digest.hexdigest()


def now() -> str:
    """The time in UTC, as text that sorts by time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def append_entry(path: Path, entry: Entry) -> None:
    """Add a line; a line that a killed process left half written is ended first."""
    line = json.dumps(asdict(entry), ensure_ascii=False)
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, 2)
            line = line if file.read() == b"\n" else f"\n{line}"
        file.write(f"{line}\n".encode())


def read_entries(folder: Path) -> dict[str, Entry]:
    """The latest entry of each case in all manifests of a folder; broken lines are skipped."""
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("manifest*.jsonl")):
        with path.open(encoding="utf-8", errors="replace") as lines:
            for entry in filter(None, map(_entry, lines)):
                if entries.setdefault(entry.case, entry).written <= entry.written:
                    entries[entry.case] = entry
    return entries


def _entry(line: str) -> Entry | None:
    try:
        values = json.loads(line)
        images = {sequence: Image(**image) for sequence, image in values.pop("images").items()}
        maker = _maker(values.pop("maker", {}))
        return Entry(images=images, flags=tuple(values.pop("flags")), maker=maker, **values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _maker(values: Mapping[str, Any]) -> Maker:
    return Maker(**{**values, "hardly_calls": tuple(values.get("hardly_calls", ()))})


def why_again(entry: Entry, files: CaseFiles, wanted: Wanted, folder: Path) -> str | None:
    """Why a case that has an entry must be segmented again; None where its mask is up to date.

    Args:
        entry: Its latest entry.
        files: Its files.
        wanted: What is to be made of it.
        folder: Folder of the masks.
    """
    if not (folder / entry.mask).is_file():
        return "its mask is gone"
    if entry.model != wanted.model:
        return "another model"
    if entry.scarmap != __version__:
        return f"made by scarmap {entry.scarmap}"
    maps = folder / f"{entry.case}_probabilities.nii.gz"
    if wanted.probabilities and not (entry.probabilities and maps.is_file()):
        return "without probabilities"
    changed = _changed_images(entry.images, wanted.images(files))
    return f"other images ({', '.join(changed)})" if changed else None


def _changed_images(known: Mapping[str, Image], images: Mapping[str, Path]) -> list[str]:
    return [name for name in {**known, **images} if not _same(known.get(name), images.get(name))]


def _same(known: Image | None, path: Path | None) -> bool:
    if known is None or path is None or not path.is_file():
        return False
    state = path.stat()
    if (state.st_size, state.st_mtime_ns) == (known.num_bytes, known.modified_ns):
        return True
    return state.st_size == known.num_bytes and look_at(path).sha256 == known.sha256


def split_done(
    files: Sequence[CaseFiles], wanted: Wanted, folder: Path
) -> tuple[dict[str, Entry], list[CaseFiles], dict[str, str]]:
    """Separate the cases that are done from those that are to do.

    Returns:
        Entry of each case that is done, the cases to do, and for those of them that were done
            before, why they are done again.
    """
    entries = read_entries(folder) if folder.is_dir() else {}
    done: dict[str, Entry] = {}
    again: dict[str, str] = {}
    for each in files:
        if each.name not in entries:
            continue
        reason = why_again(entries[each.name], each, wanted, folder)
        if reason is None:
            done[each.name] = entries[each.name]
        else:
            again[each.name] = reason
    return done, [each for each in files if each.name not in done], again
