"""What was brought as one and holds several studies becomes a study each."""

import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from scarmap.dicom.files import Place, opened
from scarmap.dicom.reading import Exam
from scarmap.quantification.result import Flag
from scarmap.serving.identity import has_fact
from scarmap.serving.intake import keep
from scarmap.serving.store import Store, new_id
from scarmap.serving.studies import Study


def part(store: Store, study: Study, exams: Sequence[Exam]) -> Flag:
    """Leave the first of several studies in an upload, and put the others at the end of the queue.

    Killed at any moment, it can be begun again and nothing is lost: the upload is whole until all
    others are kept, and holds the first throughout. What was noted as parted is not parted twice.

    Args:
        store: The store.
        study: The row they were brought as; it keeps its name, the others are numbered.
        exams: Its studies, as they were read from its upload.

    Returns:
        What its reader must know.
    """
    for number, exam in enumerate(exams[1:], start=2):
        origin = f"parted {study.id} {number}"
        if not has_fact(store, origin):
            keep(store, _copied(store, exam), name="", kind="dicom", origin=origin)
    _leave(_copied(store, exams[0]), store.folder(study.id).upload)
    others = "another study" if len(exams) == 2 else f"{len(exams) - 1} other studies"
    return Flag(
        "from_dicom",
        f"It was brought together with {others}; each has a row of its own in the worklist.",
    )


def _leave(folder: Path, upload: Path) -> None:
    """Move a folder into an upload, and only then remove what else is there."""
    others = list(upload.iterdir())
    folder.rename(upload / folder.name)
    for other in others:
        if other.is_dir():
            shutil.rmtree(other)
        else:
            other.unlink()


def _copied(store: Store, exam: Exam) -> Path:
    """A new folder with the files of a study, under numbers."""
    folder = store.incoming / new_id()
    folder.mkdir()
    archives: dict[Path, zipfile.ZipFile] = {}
    try:
        for number, place in enumerate(sorted({frame.place for frame in exam.frames}), start=1):
            _copy(place, folder / f"{number:06d}", archives)
    finally:
        for archive in archives.values():
            archive.close()
    return folder


def _copy(place: Place, target: Path, archives: dict[Path, zipfile.ZipFile]) -> None:
    """A file by a second name where the disk can do that; what lies in an archive by its bytes."""
    if place.member < 0:
        try:
            os.link(place.path, target)
            return
        except OSError:
            pass
    with opened(place, archives) as stream, target.open("wb") as out:
        shutil.copyfileobj(stream, out)
