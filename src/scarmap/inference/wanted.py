"""What a prediction is to make of every case, and which cases a manifest says are done."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.manifest import UNKNOWN, Entry, Image, Maker, look_at, read_entries
from scarmap.version import __version__


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
