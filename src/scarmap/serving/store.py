"""The folder of a reading room; everything is below it, so that it can be copied and backed up.

::

    STORE/
      room.sqlite                 worklist, versions, drafts and jobs
      incoming/<number>/          an upload that has not ended
      studies/<id>/
        upload/                   what was brought, until it was read
        case/images/<name>/       images as NIfTI, and source.json
        case/aligned/<name>/      those that were put on the grid of the LGE
        case/alignment.npz        how that was done, to be drawn on the page
        headers/                  of the LGE's DICOM objects, without pixels, for what is sent back
        shown/LGE.gz              16-bit copies for the browser
        versions/0001.nii.gz      the masks, one for each version; never changed
        versions/0001/            page, PDF, SEG and SR of a version, made when they are asked for
      learned/<name>/             runs that were trained here
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from scarmap.errors import DataError
from scarmap.serving.database import Database

RECEIVED = "dicom-"
"""Begins the names of folders of objects that were received by C-STORE and acknowledged."""


@dataclass(frozen=True)
class Store:
    """An open store.

    Attributes:
        root: Its folder.
        database: Its tables.
    """

    root: Path
    database: Database

    @property
    def incoming(self) -> Path:
        """Uploads that have not ended."""
        return self.root / "incoming"

    @property
    def studies(self) -> Path:
        """Folders of studies."""
        return self.root / "studies"

    @property
    def learned(self) -> Path:
        """Runs that were trained here."""
        return self.root / "learned"

    def lock(self, what: str) -> Path:
        """File that a process holds while it does something alone."""
        return self.root / ".locks" / what

    def folder(self, study: str) -> "StudyFolder":
        """Where the files of a study are.

        Args:
            study: An id that the database knows.
        """
        return StudyFolder(self.studies / study)


@dataclass(frozen=True)
class StudyFolder:
    """Paths of one study."""

    root: Path

    @property
    def upload(self) -> Path:
        """What was brought."""
        return self.root / "upload"

    @property
    def case(self) -> Path:
        """Images that were read."""
        return self.root / "case"

    @property
    def alignment(self) -> Path:
        """How the images were put on one grid; there where that was done here."""
        return self.case / "alignment.npz"

    @property
    def headers(self) -> Path:
        """Headers of the LGE's DICOM objects."""
        return self.root / "headers"

    def shown(self, sequence: str) -> Path:
        """16-bit copy of an image for the browser."""
        return self.root / "shown" / f"{sequence}.gz"

    @property
    def windows(self) -> Path:
        """How the copies are to be shown."""
        return self.root / "shown" / "windows.json"

    def mask(self, version: int) -> Path:
        """Mask of a version."""
        return self.root / "versions" / f"{version:04d}.nii.gz"

    def figures(self, version: int) -> Path:
        """All figures of a version."""
        return self.root / "versions" / f"{version:04d}.json"

    def exports(self, version: int) -> Path:
        """Page, PDF, SEG and SR of a version."""
        return self.root / "versions" / f"{version:04d}"


def new_id() -> str:
    """A name for a folder or a row that nobody can guess and that says nothing."""
    return token_hex(8)


def open_store(root: Path) -> Store:
    """Open a store; an empty or missing folder becomes one.

    Args:
        root: Its folder; only its owner can look into a new one.

    Raises:
        DataError: The folder holds something else.
    """
    file = root / "room.sqlite"
    if root.is_dir() and not file.exists() and _holds_other_things(root):
        raise DataError(
            f"{root} holds files and is no store of a reading room. Give --store a new folder, and "
            "drop studies on the page; or give the folder to --watch."
        )
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(root.resolve(), Database(file.resolve()))
    for folder in (store.incoming, store.studies, store.learned):
        folder.mkdir(exist_ok=True)
    return store


def _holds_other_things(root: Path) -> bool:
    return any(each.name != ".locks" for each in root.iterdir())


def tidy(store: Store) -> None:
    """Remove what a killed server left: unfinished uploads, and folders that no row names."""
    for left in store.incoming.iterdir():
        if left.name.startswith(RECEIVED):
            continue
        shutil.rmtree(left, ignore_errors=True)
    with store.database.reading() as connection:
        known = {row["id"] for row in connection.execute("SELECT id FROM studies")}
    for folder in store.studies.iterdir():
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


def settle(path: Path) -> None:
    """Have a file and its name written to the disk itself, so that a power cut loses neither."""
    for each in (path, path.parent):
        if sys.platform == "win32" and each.is_dir():
            continue  # Windows opens no folders.
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
