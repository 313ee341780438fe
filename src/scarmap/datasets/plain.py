"""Plain folders, one per case: `<case>/LGE.nii.gz`, `T2.nii.gz`, `bSSFP.nii.gz`.

The truth lies beside them in `labels.nii.gz`, in the codes of layout "scarmap", which labels every
tissue. Any sequence may be missing.
"""

from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.myops2020 import SUFFIXES, as_cases
from scarmap.errors import DataError
from scarmap.io.formats import has_image_ending, without_ending


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases below a folder, sorted by name; empty when no file is named like a sequence.

    Args:
        folder: The folder that holds the case folders.

    Raises:
        DataError: Two files of a case claim to be the same sequence.
    """
    cases: dict[str, dict[str, Path]] = {}
    for path in sorted(filter(has_image_ending, folder.glob("*/*"))):
        kind = SUFFIXES.get(without_ending(path).lower())
        if kind is None:
            continue
        files = cases.setdefault(path.parent.name, {})
        if kind in files:
            raise DataError(
                f"Case {path.parent.name} has two {kind} files, {files[kind]} and {path}. Keep one "
                "of them in the folder of the case."
            )
        files[kind] = path
    return as_cases(cases, "scarmap")
