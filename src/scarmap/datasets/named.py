"""Files named as people name them: the sequence is one of the words of the name.

`Patient01_LGE_SAX.nii.gz`, `LGE-p7.nii.gz` and `p7_T2w_stack.nii.gz` are read, at any depth. Words
for the view or the kind of image are no part of the case's name. The truth, in the codes of layout
"scarmap", is named likewise: `Patient01_labels.nii.gz`.
"""

import re
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.myops2020 import SUFFIXES, as_cases
from scarmap.errors import DataError
from scarmap.io.formats import has_image_ending, without_ending

KINDS = {**SUFFIXES, "t2w": "T2", "stir": "T2", "ssfp": "bSSFP", "seg": "labels"}
"""Word of a name to what the file shows; PSIR is LGE where no other word says what it is."""
_OTHER_LGE = ("psir",)
_VIEWS = {
    "sax",
    "sa",
    "short",
    "axis",
    "shortaxis",
    "stack",
    "mag",
    "magnitude",
    "psir",
    "2d",
    "3d",
}
_BETWEEN = re.compile(r"[_\-. ]+")


def read_name(path: Path) -> tuple[str, str] | None:
    """Case and kind of a file by its name; None where no word, or more than one, says the kind.

    >>> read_name(Path("Patient01_LGE_SAX.nii.gz")), read_name(Path("p7_probabilities.nii.gz"))
    (('Patient01', 'LGE'), None)
    """
    words = _BETWEEN.split(without_ending(path))
    kinds = [KINDS[word.lower()] for word in words if word.lower() in KINDS]
    kinds = kinds or ["LGE" for word in words if word.lower() in _OTHER_LGE]
    rest = [word for word in words if word.lower() not in _VIEWS | KINDS.keys()]
    return ("_".join(rest), kinds[0]) if len(kinds) == 1 and rest else None


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases below a folder, sorted by name; empty when no file is named like one.

    Args:
        folder: Searched with all its subfolders.

    Raises:
        DataError: Two files claim to be the same sequence of the same case.
    """
    cases: dict[str, dict[str, Path]] = {}
    for path in sorted(filter(has_image_ending, folder.rglob("*"))):
        read = read_name(path)
        if read is None:
            continue
        name, kind = read
        files = cases.setdefault(name, {})
        if kind in files:
            raise DataError(
                f"Case {name} has two {kind} files, {files[kind]} and {path}. Keep one of them, or "
                "say which file is which in a worklist, --data worklist.csv; see docs/data.md."
            )
        files[kind] = path
    return as_cases(cases, "scarmap")
