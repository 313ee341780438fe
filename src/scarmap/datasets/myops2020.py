"""MyoPS 2020 and folders named like it: one file per sequence, `<case>_<sequence>.nii.gz`.

Both names in the wild are read: the challenge's `train25/myops_training_101_{C0,DE,T2}.nii.gz` with
labels in `train25_myops_gd/`, and `Case3001/Case3001_{C0,LGE,T2,gd}.nii.gz`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.errors import DataError
from scarmap.io.formats import has_image_ending, without_ending

SUFFIXES = {
    "de": "LGE",
    "lge": "LGE",
    "t2": "T2",
    "c0": "bSSFP",
    "bssfp": "bSSFP",
    "cine": "bSSFP",
    "gd": "labels",
    "gt": "labels",
    "labels": "labels",
    "mask": "labels",
}
_NAME = re.compile(rf"^(?P<case>.+)_(?P<suffix>{'|'.join(SUFFIXES)})$", re.IGNORECASE)


def as_cases(files: Mapping[str, Mapping[str, Path]], layout: str) -> list[CaseFiles]:
    """Cases from their files by kind, sorted by name.

    Args:
        files: Case to sequence, or "labels", to file.
        layout: Label layout of all of them.
    """
    cases = []
    for name, kinds in sorted(files.items()):
        images = {kind: path for kind, path in kinds.items() if kind != "labels"}
        cases.append(CaseFiles(name, layout, images, kinds.get("labels")))
    return cases


def case_name(path: Path) -> str:
    """Name of the case that a file belongs to: its own name without the sequence.

    >>> case_name(Path("p7_LGE.nii.gz")), case_name(Path("study.nii"))
    ('p7', 'study')
    """
    name = without_ending(path)
    match = _NAME.match(name)
    return match["case"] if match else name


def is_named_like_it(path: Path) -> bool:
    """Whether a file is named as this data set names its own."""
    return has_image_ending(path) and _NAME.match(without_ending(path)) is not None


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases below a folder, sorted by name; empty when no file is named like one.

    Args:
        folder: Searched with all its subfolders, so a parent of several parts works too.

    Raises:
        DataError: Two files claim to be the same sequence of the same case.
    """
    cases: dict[str, dict[str, Path]] = {}
    for path in sorted(filter(has_image_ending, folder.rglob("*"))):
        match = _NAME.match(without_ending(path))
        if match is None:
            continue
        kind = SUFFIXES[match["suffix"].lower()]
        files = cases.setdefault(match["case"], {})
        if kind in files:
            raise DataError(
                f"Case {match['case']} has two {kind} files, {files[kind]} and {path}. Point "
                "--data at one data set, or remove the copy."
            )
        files[kind] = path
    return as_cases(cases, "myops2020")
