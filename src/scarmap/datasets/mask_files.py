"""Which files of a folder are masks, by case: a flat folder, or the truths of any data set."""

from collections.abc import Iterable
from pathlib import Path

from scarmap.datasets import (
    emidec,
    mscmrseg2019,
    myops2020,
    myosaiq,
    nnunet,
    plain,
    worklist,
)
from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import holds_sets, read_sets
from scarmap.datasets.names import check_name
from scarmap.errors import DataError
from scarmap.io.formats import by_name, explain_dicom, has_image_ending, is_dicom


def find_masks(folder: Path) -> dict[str, Path]:
    """List the masks of a folder by case name.

    Args:
        folder: A flat folder of masks named `<case>.nii.gz` or `<case>_gd.nii.gz`, a data set's own
            layout with its truth, a folder of such data sets, or a worklist.

    Raises:
        DataError: There is no such folder or no mask in it.
    """
    if worklist.is_worklist(folder):
        return _truths(worklist.find_cases(folder))
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder of masks.")
    return (
        _contours(folder)
        or _truths_of_sets(folder)
        or _truths_of_one_set(folder)
        or _flat_masks(folder)
    )


_READERS = (
    myosaiq.find_cases,
    mscmrseg2019.find_cases,
    myops2020.find_cases,
    plain.find_cases,
)


def _truths_of_one_set(folder: Path) -> dict[str, Path]:
    """Truths of a folder that is one data set, in the layout of the first that knows it."""
    for find in _READERS:
        truths = _truths(find(folder))
        if truths:
            return truths
    return _truths(nnunet.find_cases(folder) if nnunet.is_described(folder) else ())


def _contours(folder: Path) -> dict[str, Path]:
    """Truths of EMIDEC, with or without their images."""
    truths = {path.parent for path in _shown(folder, "*/Contours/*.nii*")}
    found = {truth.parent.name: emidec.only_image(truth) for truth in sorted(truths)}
    return {name: path for name, path in found.items() if path}


def _truths_of_sets(folder: Path) -> dict[str, Path]:
    """Truths of the data sets in a folder; none where it holds none, or none with a truth."""
    return _truths(read_sets(folder, labelled=True) if holds_sets(folder) else ())


def _flat_masks(folder: Path) -> dict[str, Path]:
    flat = by_name(_shown(folder, "*"))
    masks = {check_name(name): path for name, path in flat.items() if "_probabilities" not in name}
    if not masks and is_dicom(folder):
        raise DataError(explain_dicom(folder))
    if not masks:
        raise DataError(
            f"{folder} holds no masks. Expected <case>.nii.gz files, or a data set's own layout "
            "with its labels."
        )
    return masks


def _shown(folder: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(folder.glob(pattern)) if has_image_ending(path)]


def _truths(cases: Iterable[CaseFiles]) -> dict[str, Path]:
    return {case.name: case.labels for case in cases if case.labels is not None}
