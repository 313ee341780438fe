"""A folder that is looked at: each study that appears in it is taken in once."""

import hashlib
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from scarmap.errors import ScarmapError
from scarmap.io.files import write_json
from scarmap.io.formats import has_image_ending
from scarmap.labels import SEQUENCES
from scarmap.serving.identity import has_fact
from scarmap.serving.intake import keep
from scarmap.serving.looking import look_again, without_names
from scarmap.serving.segmenting import BROUGHT
from scarmap.serving.store import Store, new_id

logger = logging.getLogger(__name__)

LOOK_S = 2.0
QUIET_LOOKS = 2
"""An entry is complete when so many looks in a row found it unchanged."""
LOOKS_UNTIL_AGAIN = 30
"""What could not be taken in, for want of room for instance, is tried again after so many."""

_Seen = tuple[int, int, int]


class Watcher:
    """Looks at a folder; its entries are folders or archives.

    Args:
        store: Where studies go.
        folder: What is looked at; nothing in it is changed.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self._seen: dict[str, tuple[_Seen | None, int]] = {}
        self._told: dict[str, str] = {}

    def run(self, ended: threading.Event) -> None:
        """Look until it is time to end."""
        look_again(self.look, ended, every_s=LOOK_S)

    def look(self) -> list[str]:
        """Take in what has come and is complete; the studies that were made.

        Raises:
            OSError: The folder cannot be looked at now.
        """
        made: list[str] = []
        for entry in sorted(self.folder.iterdir()):
            if not entry.name.startswith("."):
                made += self._take(entry)
        return made

    def _complete(self, entry: Path) -> bool:
        state = _state(_files(entry))
        before, looks = self._seen.get(entry.name, (None, 0))
        looks = looks + 1 if before == state else 0
        self._seen[entry.name] = state, looks
        return looks == QUIET_LOOKS and state[0] > 0

    def _take(self, entry: Path) -> list[str]:
        """The studies that were made of an entry; none unless it is complete and new."""
        made: list[str] = []
        try:
            if self._complete(entry):
                for place, files in _studies(entry).items():
                    made += self._keep(place, files)
        except (ScarmapError, OSError, sqlite3.Error) as problem:
            self._put_off(entry, problem)
        return made

    def _put_off(self, entry: Path, problem: Exception) -> None:
        """Try an entry again later, and say so once."""
        state, _ = self._seen.get(entry.name, (None, 0))
        self._seen[entry.name] = state, -LOOKS_UNTIL_AGAIN
        said = without_names(problem)
        if self._told.get(entry.name) != said:
            logger.error("Of the watched folder: %s; tried again later.", said)
        self._told[entry.name] = said

    def _keep(self, place: Path, files: Sequence[Path]) -> list[str]:
        """The study of some files, in a list; empty where they were taken in before."""
        told = f"{place.relative_to(self.folder).as_posix()}\0{_state(files)}"
        key = f"watched {hashlib.sha256(os.fsencode(told)).hexdigest()}"
        if has_fact(self.store, key):
            return []
        folder = self.store.incoming / new_id()
        folder.mkdir()
        try:
            kind = _copy(files, folder)
            return [keep(self.store, folder, name="", kind=kind, origin=key)]
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _studies(entry: Path) -> dict[Path, list[Path]]:
    """Files of each study of an entry, by where they lie.

    Each folder with images that are named after sequences is one, as folders of two patients name
    theirs alike. What holds no such image is one study; if it turns out to be several, these are
    parted when their headers are read.
    """
    files = _files(entry)
    places = {path.parent for path in files if _named([path])} if entry.is_dir() else set()
    if not places:
        return {entry: files}
    return {each: [path for path in files if path.parent == each] for each in sorted(places)}


def _files(entry: Path) -> list[Path]:
    if entry.is_file() and not entry.is_symlink():
        return [entry]
    found = []
    for root, folders, files in os.walk(entry, followlinks=False):
        folders.sort()
        found += [Path(root) / name for name in sorted(files)]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _state(files: Sequence[Path]) -> _Seen:
    """How many files, bytes, and the latest change."""
    states = [path.stat() for path in files if path.exists()]
    latest = max((each.st_mtime_ns for each in states), default=0)
    return len(states), sum(each.st_size for each in states), latest


def _named(files: Sequence[Path]) -> dict[str, Path]:
    """Images that are named after a sequence, by its name."""
    images = [path for path in files if has_image_ending(path)]
    named = {path.name.split(".")[0].lower(): path for path in images}
    return {each: named[each.lower()] for each in SEQUENCES if each.lower() in named}


def _copy(files: Sequence[Path], folder: Path) -> str:
    """Copy the files of a study, under numbers or names of sequences; what kind of study it is."""
    found = _named(files)
    if found:
        names = {each: f"{each}{''.join(path.suffixes)}" for each, path in found.items()}
        for each, path in found.items():
            shutil.copyfile(path, folder / names[each])
        write_json(folder / BROUGHT, {"files": names, "layout": "scarmap"})
        return "nifti"
    for number, path in enumerate(files, start=1):
        shutil.copyfile(path, folder / f"{number:06d}")
    return "dicom"
