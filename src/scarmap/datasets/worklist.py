"""A worklist: a CSV file that says which file is what, for any tree of files.

One line a case, the columns named in the first line::

    case,patient,lge,t2,bssfp,labels,layout,reference_angle,height_cm,weight_kg
    p7,,scans/17.nii.gz,scans/18.nii.gz,,,,190,178,82

Only `case` and one image or the labels are needed. Files are sought from the folder of the CSV.
`patient` is said where several cases show one.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from math import inf, isfinite, nan
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.errors import DataError, suggest
from scarmap.labels import codes

_IMAGES = {"lge": "LGE", "t2": "T2", "bssfp": "bSSFP"}
_NUMBERS = {"reference_angle": (-inf, inf), "height_cm": (20.0, 250.0), "weight_kg": (0.5, 400.0)}
"""Columns of numbers, with the least and the largest that a patient may have."""
_COLUMNS = ("case", "patient", *_IMAGES, "labels", "layout", *_NUMBERS)


@dataclass(frozen=True)
class Patient:
    """What a worklist says about a case besides its files; NaN where it says nothing.

    Attributes:
        reference_deg: Direction of the middle of the septum.
        height_cm: Height.
        weight_kg: Weight.
    """

    reference_deg: float = nan
    height_cm: float = nan
    weight_kg: float = nan

    @property
    def body_surface_m2(self) -> float:
        """Body surface after Mosteller; NaN without height and weight.

        >>> round(Patient(height_cm=180, weight_kg=80).body_surface_m2, 2)
        2.0
        """
        return float((self.height_cm * self.weight_kg / 3600) ** 0.5)


def is_worklist(path: Path) -> bool:
    """Whether a path is that of a worklist."""
    return path.suffix.lower() == ".csv" and path.is_file()


def find_cases(path: Path) -> list[CaseFiles]:
    """List the cases of a worklist, sorted by name.

    Raises:
        DataError: A column is unknown, or a line has no name, no file or the name of another one.
        LabelError: There is no such layout.
    """
    cases: dict[str, CaseFiles] = {}
    for number, line in _lines(path):
        case = _case(path, number, line)
        if case.name in cases:
            raise DataError(
                f"{path} names case {case.name} twice, the second time in line {number}."
            )
        cases[case.name] = case
    return [cases[name] for name in sorted(cases)]


def read_patients(path: Path) -> dict[str, Patient]:
    """What a worklist says about each case besides its files.

    Raises:
        DataError: A column is unknown, or a value is no number.
    """
    return {
        line["case"]: Patient(*(_number(path, number, line, column) for column in _NUMBERS))
        for number, line in _lines(path)
    }


def known_references(*paths: Path | None) -> dict[str, float]:
    """Direction of the septum of the cases that a worklist among some paths tells it of."""
    known = {name: patient.reference_deg for name, patient in _patients_of(paths).items()}
    return {name: value for name, value in known.items() if isfinite(value)}


def known_body_surfaces(*paths: Path | None) -> dict[str, float]:
    """Body surface, m2, of the cases whose height and weight a worklist among some paths tells."""
    known = {name: patient.body_surface_m2 for name, patient in _patients_of(paths).items()}
    return {name: value for name, value in known.items() if isfinite(value)}


def _patients_of(paths: Iterable[Path | None]) -> dict[str, Patient]:
    return {
        name: patient
        for path in paths
        if path and is_worklist(path)
        for name, patient in read_patients(path).items()
    }


def _lines(path: Path) -> list[tuple[int, Mapping[str, str]]]:
    """Number of each line that says something, and its values by column, stripped."""
    rows = _rows(path)
    header = [cell.lower() for cell in rows[0]] if rows else []
    _check_header(path, header)
    numbered = enumerate(rows[1:], start=2)
    return [
        (number, dict(zip_longest(header, row[: len(header)], fillvalue="")))
        for number, row in numbered
        if any(row)
    ]


def _rows(path: Path) -> list[list[str]]:
    """Every line of the file as its cells, stripped.

    Raises:
        DataError: It is no text in UTF-8, or no CSV.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [[cell.strip() for cell in row] for row in csv.reader(file)]
    except (UnicodeDecodeError, csv.Error):
        raise DataError(
            f"{path} is no CSV in UTF-8. Save it again as 'CSV UTF-8', as spreadsheets call it."
        ) from None


def _check_header(path: Path, header: list[str]) -> None:
    """Refuse a header with an unknown column, or without `case`."""
    unknown = [column for column in header if column not in _COLUMNS]
    if unknown or "case" not in header:
        wrong = f"has a column {unknown[0]!r}" if unknown else "has no column 'case'"
        hint = suggest(unknown[0] if unknown else "", _COLUMNS)
        raise DataError(f"{path} {wrong}, so it is no worklist that scarmap can read. {hint}")


def _case(path: Path, number: int, line: Mapping[str, str]) -> CaseFiles:
    name, layout = line["case"], line.get("layout") or "scarmap"
    codes(layout)
    images = {
        sequence: path.parent / line[column]
        for column, sequence in _IMAGES.items()
        if line.get(column)
    }
    labels = path.parent / line["labels"] if line.get("labels") else None
    if not name or Path(name).name != name or not (images or labels):
        raise DataError(
            f"Line {number} of {path} has no case that can name a file, or no file. Each line "
            "needs a name in `case` and a file in `lge`, `t2`, `bssfp` or `labels`."
        )
    return CaseFiles(name, layout, images, labels, patient=line.get("patient", ""))


def _number(path: Path, number: int, line: Mapping[str, str], column: str) -> float:
    text = line.get(column, "")
    if not text:
        return nan
    try:
        value = float(text)
    except ValueError:
        value = nan
    least, most = _NUMBERS[column]
    if not (isfinite(value) and least <= value <= most):
        within = f" between {least:g} and {most:g}" if isfinite(least) else ""
        raise DataError(
            f"Line {number} of {path} gives {column} as {text!r}; it must be a number{within}."
        )
    return value
