"""All frames of an export, by patient and study: headers only."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scarmap.dicom.files import Place, Refused, find_places, quiet, read_header
from scarmap.dicom.frames import TAGS, Frame, plain, read_frames
from scarmap.errors import DataError

Progress = Callable[[int, int], None]
"""Told how many files are done, and how many there are."""

Found = dict[tuple[str, ...], dict[tuple[str, int], tuple[Frame, str]]]
"""By study and patient, then by image and frame: the frame, with its date and accession number."""

IDENTITY = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "AccessionNumber",
)
"""Elements that tell who a patient is. They serve to part patients and to find them in free text,
and are never written."""


@dataclass(frozen=True)
class Exam:
    """One study of one patient.

    Attributes:
        study: Its UID.
        frames: In an order that does not depend on names of files.
        identity: Values of `IDENTITY`; never shown.
        when: Sortable date and time; never shown.
    """

    study: str
    frames: tuple[Frame, ...] = field(repr=False)
    identity: tuple[str, ...] = field(repr=False)
    when: str = field(repr=False)


@dataclass(frozen=True)
class Export:
    """What was found in a folder.

    Attributes:
        exams: Studies, by date.
        files: Number of files looked at.
        skipped: How many of them are no DICOM images.
        copies: How many hold an image that another file holds, too.
        notes: What else should be known, without names.
    """

    exams: tuple[Exam, ...]
    files: int
    skipped: int
    copies: int
    notes: tuple[str, ...]


def read_export(folder: Path, *, progress: Progress | None = None) -> Export:
    """Read the headers of everything in a folder or an archive.

    Args:
        folder: Any folder of an export, or a zip archive.
        progress: Called after each file.

    Raises:
        DataError: There is no such folder, or no DICOM image in it.
    """
    places = find_places(folder)
    notes = [each.reason for each in places if isinstance(each, Refused)]
    files = [each for each in places if isinstance(each, Place)]
    found: Found = {}
    skipped, copies = _read_all(files, found, progress)
    if not found:
        reasons = f" Also, {'; '.join(notes)}." if notes else ""
        raise DataError(
            f"{folder} holds no DICOM image among its {len(files)} files.{reasons} Give the folder "
            "that the scanner or the PACS exported, or a zip archive of it; NIfTI folders need no "
            "import."
        )
    exams = sorted((_exam(key, frames) for key, frames in found.items()), key=_order)
    return Export(tuple(exams), len(files), skipped, copies, tuple(notes))


def _read_all(files: Sequence[Place], found: Found, progress: Progress | None) -> tuple[int, int]:
    """Add the frames of all files; how many are no images, and how many are copies."""
    archives: dict[Path, zipfile.ZipFile] = {}
    skipped = copies = 0
    try:
        for done, place in enumerate(files, start=1):
            header = read_header(place, tags=TAGS, archives=archives)
            if header is None or "Rows" not in header:
                skipped += 1
            else:
                with quiet():
                    copies += _add(found, plain(header), place)
            if progress is not None:
                progress(done, len(files))
    finally:
        for archive in archives.values():
            archive.close()
    return skipped, copies


def _add(found: Found, header: Mapping[str, Any], place: Place) -> int:
    """Add the frames of a header; 1 where another file holds the same image."""
    identity = identity_of(header)
    key = (str(header.get("StudyInstanceUID") or ""), *identity[:3])
    frames = found.setdefault(key, {})
    when = f"{header.get('StudyDate') or ''}{header.get('StudyTime') or ''}"
    copy = 0
    for frame in read_frames(header, place):
        if (frame.uid, frame.index or 0) in frames:
            copy = 1
            continue
        frames[frame.uid, frame.index or 0] = (frame, f"{when}|{identity[3]}")
    return copy


def _exam(key: tuple[str, ...], frames: dict[tuple[str, int], tuple[Frame, str]]) -> Exam:
    told = min(when for _, when in frames.values())
    when, _, accession = told.partition("|")
    ordered = tuple(frames[name][0] for name in sorted(frames))
    return Exam(key[0], ordered, (*key[1:], accession), when)


def _order(exam: Exam) -> tuple[str, str]:
    return exam.when, exam.study


class SeveralStudiesError(DataError):
    """There are several studies where one is wanted.

    Attributes:
        exams: All of them, by date.
    """

    def __init__(self, message: str, exams: Sequence[Exam]) -> None:
        super().__init__(message)
        self.exams = exams


def only_exam(export: Export, folder: Path) -> Exam:
    """The one study of an export.

    Raises:
        SeveralStudiesError: It holds several.
    """
    if len(export.exams) == 1:
        return export.exams[0]
    patients = len({exam.identity[:3] for exam in export.exams})
    owners = "one patient" if patients == 1 else f"{patients} patients"
    raise SeveralStudiesError(
        f"{folder} holds {len(export.exams)} studies of {owners}, and which of them is meant "
        "cannot be told. Give the folder of one study, or import all of them with `scarmap "
        "import`, which makes one case of each.",
        export.exams,
    )


def identity_of(header: Any) -> tuple[str, ...]:
    """What tells who the patient is: the values of `IDENTITY`, "" where the header lacks one.

    Args:
        header: By keyword, a mapping or a pydicom.Dataset.
    """
    return tuple(str(header.get(name) or "").strip() for name in IDENTITY)


def scrub(text: str, identity: tuple[str, ...]) -> str:
    """A free text without the words that name the patient; operators type names into descriptions.

    >>> scrub("LGE SAX Doe John 19500102", ("ID77", "DOE^JOHN", "19500102"))
    'LGE SAX [removed] [removed] [removed]'
    """
    import re

    named = {
        word.lower()
        for value in identity
        for word in (value, *re.split(r"[\^\s=,._-]+", value))
        if len(word) >= 3
    }
    for word in sorted(named, key=len, reverse=True):
        pattern = rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])"
        text = re.sub(pattern, "[removed]", text, flags=re.IGNORECASE)
    return text
