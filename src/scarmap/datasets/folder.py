"""Any folder of cases or masks: which layout it has, and what is in it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from scarmap.datasets import (
    care,
    emidec,
    mscmrseg2019,
    myops2020,
    myosaiq,
    named,
    nnunet,
    plain,
    worklist,
)
from scarmap.datasets.case_files import CaseFiles
from scarmap.errors import DataError, LabelError
from scarmap.io.files import read_json
from scarmap.io.formats import explain_dicom, has_image_ending, is_dicom
from scarmap.labels import declare

_LABELS = "labels.json"
"""In the folder of a data set with codes of its own: tissue to its value."""

_Reader = Callable[[Path], list[CaseFiles]]

_OF_DATA_SETS: tuple[_Reader, ...] = (
    emidec.find_cases,
    myosaiq.find_cases,
    care.find_cases,
    mscmrseg2019.find_cases,
    myops2020.find_cases,
    plain.find_cases,
)
"""Each knows the names of one layout; the first that finds cases counts."""

_READERS = (*_OF_DATA_SETS, nnunet.find_cases, named.find_cases)
"""After these, those that take names which many files have."""


def find_cases(folder: Path, *, labelled: bool = False) -> list[CaseFiles]:
    """List the cases of a folder in whichever known layout it has.

    Args:
        folder: A data set, any folder whose files are named like one, or a folder of such folders,
            whose layouts may differ; or a worklist, see `scarmap.datasets.worklist`.
        labelled: Keep only the cases that have a truth.

    Returns:
        At least one case, sorted by name.

    Raises:
        DataError: There is no such folder, nothing in it is named like a case, or two data sets in
            it have a case of the same name.
    """
    if worklist.is_worklist(folder):
        cases = [each for each in worklist.find_cases(folder) if each.labels or not labelled]
    elif not folder.is_dir():
        raise DataError(_no_folder(folder))
    else:
        read = read_sets if holds_sets(folder) else _read_set
        cases = read(folder, labelled=labelled)
    if cases:
        return cases
    if is_dicom(folder):
        raise DataError(explain_dicom(folder))
    raise DataError(
        f"{folder} holds no {'labelled ' if labelled else ''}case that scarmap can read; it holds "
        f"{_content(folder)}. Expected files named <case>_LGE.nii.gz, <case>_T2.nii.gz, "
        "<case>_C0.nii.gz (MyoPS; labels <case>_gd.nii.gz), folders <case>/Images/<case>.nii.gz "
        "(EMIDEC; labels in <case>/Contours), or folders <case>/ with LGE.nii.gz, T2.nii.gz, "
        "bSSFP.nii.gz (scarmap; labels in labels.nii.gz), nnU-Net's <case>_0000.nii.gz; or folders "
        "of these. Any other tree of files needs a worklist, --data worklist.csv; see docs/data.md."
    )


def _no_folder(path: Path) -> str:
    """One paragraph about what is not a folder of cases; an archive of DICOM is named as such."""
    if is_dicom(path):
        return explain_dicom(path)
    if path.is_file() and path.suffix.lower() == ".zip":
        return (
            f"{path} is an archive. If a scanner or a PACS exported it: scarmap import "
            f"{quote(str(path))} --out cases, then give --data cases. Else unpack it."
        )
    return f"{path} is not a folder. Give --data the folder that holds the cases."


def _content(folder: Path) -> str:
    if folder.is_file():
        return "only cases without labels"
    entries = sorted(path.name for path in folder.iterdir())
    shown = ", ".join(entries[:6]) or "nothing"
    return f"{shown}, ..." if len(entries) > 6 else shown


def holds_sets(folder: Path) -> bool:
    """Whether a folder is one of data sets, and none itself.

    Most layouts are recognised at any depth, so a folder that holds another data set beside one of
    them would look like that one alone.
    """
    if emidec.find_cases(folder) or plain.find_cases(folder) or nnunet.is_described(folder):
        return False
    parts = _subfolders(folder)
    if any(emidec.find_cases(part) or plain.find_cases(part) for part in parts):
        return True
    is_one = not parts or (folder / _LABELS).is_file()
    return not is_one and _loses_as_one(folder, parts)


def _loses_as_one(folder: Path, parts: Sequence[Path]) -> bool:
    """Whether a folder that is read as one data set lacks cases of its parts, or their codes."""
    try:
        whole = {case.name: case for case in _read_set(folder, labelled=False)}
    except DataError:
        return False
    read = {path for case in whole.values() for path in _files_read(case)}
    if any(path.parent == folder for path in read):
        return False
    doubtful = (part for part in parts if _holds_others(part, read))
    return any(_is_lost(part, whole) for part in doubtful)


def _files_read(case: CaseFiles) -> list[Path]:
    """Files of a case; none of one in a centre's folder whose layout is not that of the centre."""
    files = [*case.images.values(), *([case.labels] if case.labels else [])]
    return files if case.group or not any(map(care.center_of, files)) else []


def _holds_others(part: Path, read: Collection[Path]) -> bool:
    """Whether a folder declares codes, or holds images besides those that were read."""
    images = filter(has_image_ending, part.rglob("*"))
    return (part / _LABELS).is_file() or any(path not in read for path in images)


def _is_lost(part: Path, whole: Mapping[str, CaseFiles]) -> bool:
    """Whether a folder is a data set of which a case, or the codes of a truth, are not in `whole`.

    Without a truth, names that many files have are those of somebody's working copies.
    """
    readers = _READERS if nnunet.is_described(part) else _OF_DATA_SETS
    try:
        cases = _read_set(part, labelled=False, readers=readers) or _read_set(part, labelled=True)
    except DataError as problem:
        return isinstance(problem, LabelError)  # which whoever reads the data set is to be told
    return any(
        case.name not in whole or (case.labels and case.layout != whole[case.name].layout)
        for case in cases
    )


def _read_set(
    folder: Path, *, labelled: bool, readers: Sequence[_Reader] = _READERS
) -> list[CaseFiles]:
    """The cases of one data set; none where the folder is no data set.

    Raises:
        LabelError: Its `labels.json` declares no label set.
    """
    own = _declared_layout(folder)
    for reader in readers:
        cases = [case for case in reader(folder) if _is_usable(case, labelled=labelled)]
        if cases:
            return [replace(case, layout=own) for case in cases] if own else cases
    return []


def case_of_image(image: Path) -> tuple[str, str]:
    """Name and label layout of the case of one image: those that its folder gives it.

    Args:
        image: Its file.

    Raises:
        LabelError: A `labels.json` above it declares no label set.
    """
    name = _own_name(image)
    for folder in list(image.resolve().parents)[:3]:
        own = _declared_layout(folder)
        if own:
            return name, own
    if image.resolve().parent.name == "Images":
        return name, "emidec"
    return name, "myops2020" if myops2020.is_named_like_it(image) else "scarmap"


def _own_name(image: Path) -> str:
    if myops2020.is_named_like_it(image):
        return myops2020.case_name(image)
    by_words = named.read_name(image)
    return by_words[0] if by_words else nnunet.case_of(image) or myops2020.case_name(image)


def _is_usable(case: CaseFiles, *, labelled: bool) -> bool:
    return bool(case.images) and (case.labels is not None or not labelled)


def _declared_layout(folder: Path) -> str | None:
    """Layout that a data set declares in its `labels.json`; None where it uses its usual codes.

    Raises:
        LabelError: The file is damaged, or declares no label set.
    """
    file = folder / _LABELS
    if not file.is_file():
        return None
    try:
        values = read_json(file)
    except DataError as problem:
        raise LabelError(str(problem)) from None
    if not isinstance(values, dict):
        raise LabelError(
            f'{file} declares no label set. Expected for instance {{"lv_pool": 1, "scar": 3}}.'
        )
    return declare(values, where=str(file))


def read_sets(folder: Path, *, labelled: bool) -> list[CaseFiles]:
    """The cases of the data sets in a folder, sorted by name.

    Raises:
        DataError: Two of them have a case of the same name.
    """
    found: dict[str, CaseFiles] = {}
    for part in _subfolders(folder):
        for case in _read_set(part, labelled=labelled):
            if case.name in found:
                raise DataError(
                    f"Two data sets in {folder} have a case named {case.name}, one of them in "
                    f"{part.name}. Rename one of the two, so that masks and scores can be told "
                    "apart."
                )
            found[case.name] = case
    return [found[name] for name in sorted(found)]


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
