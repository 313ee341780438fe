"""From an export to case folders: one study, or all studies of many patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scarmap.dicom.case_folder import write_case
from scarmap.dicom.choose import Choice, choose_stacks
from scarmap.dicom.reading import Export, Progress, only_exam, read_export
from scarmap.errors import DataError


@dataclass(frozen=True)
class Imported:
    """What an import made.

    Attributes:
        folders: The case folders.
        choices: What was chosen for each.
        failed: Running number of each study of which no case could be made, and why.
        export: What was found in the folder.
    """

    folders: tuple[Path, ...]
    choices: tuple[Choice, ...]
    failed: Mapping[int, str]
    export: Export


def choose_from(
    folder: Path, *, asked: Mapping[str, str] | None = None, progress: Progress | None = None
) -> Choice:
    """What would be chosen from the one study of a folder.

    Args:
        folder: A DICOM folder or archive.
        asked: Sequence to the series that a person chose.
        progress: Called after each file.

    Raises:
        DataError: There is no DICOM image, or there are several studies.
    """
    return choose_stacks(only_exam(read_export(folder, progress=progress), folder), asked=asked)


def import_study(
    folder: Path,
    out: Path,
    *,
    name: str = "case_0001",
    asked: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> tuple[Path, Choice]:
    """Write the case folder of the one study of a folder.

    Args:
        folder: A DICOM folder or archive.
        out: Folder of cases.
        name: Pseudonym of the case.
        asked: Sequence to the series that a person chose.
        progress: Called after each file.

    Returns:
        The case folder, and what was chosen.

    Raises:
        DataError: No case can be made of it.
    """
    choice = choose_from(folder, asked=asked, progress=progress)
    return write_case(choice, out, name=name), choice


def import_all(
    folder: Path,
    out: Path,
    *,
    name: str | None = None,
    asked: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Write a case folder for each study of a folder, numbered by date.

    Args:
        folder: A folder or archive of one or many patients.
        out: Folder of cases.
        name: Pseudonym; with several studies a number is added.
        asked: Sequence to the series that a person chose; only for a single study.
        progress: Called after each file.

    Raises:
        DataError: There is no DICOM image, series were chosen for several studies, or a case
            exists.
    """
    export = read_export(folder, progress=progress)
    exams = export.exams
    if len(exams) > 1 and asked and any(asked.values()):
        raise DataError(
            f"{folder} holds {len(exams)} studies, and series can be chosen for one study only. "
            "Import that study alone."
        )
    folders, choices, failed = [], [], {}
    for number, exam in enumerate(exams, start=1):
        choice = choose_stacks(exam, asked=asked)
        case = f"{name or 'case'}_{number:04d}" if len(exams) > 1 or not name else name
        try:
            folders.append(write_case(choice, out, name=case))
            choices.append(choice)
        except DataError as problem:
            if len(exams) == 1:
                raise
            failed[number] = str(problem)
    return Imported(tuple(folders), tuple(choices), failed, export)
