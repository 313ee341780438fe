"""nnU-Net: `imagesTr/<case>_0000.nii.gz`, a number per sequence, truth in `labelsTr`.

`dataset.json` says which number is which sequence, and which codes the tissues have. Without it a
folder is read where every case has one file, which is then LGE, and its truth is not read, since
nothing says what its codes mean.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.myops2020 import SUFFIXES
from scarmap.datasets.named import KINDS
from scarmap.errors import DataError
from scarmap.io.files import read_json
from scarmap.io.formats import by_name, has_image_ending, without_ending
from scarmap.labels import INDEX, declare

_ABOUT = "dataset.json"
OWN_LABELS = "scarmap_labels"
"""In `dataset.json` of what scarmap exports: tissue to code, also where `labels` names regions."""
_NAME = re.compile(r"^(?P<case>.+)_(?P<number>\d{4})$")
_PARTS = {"imagesTr": "labelsTr", "imagesTs": "labelsTs"}


def case_of(path: Path) -> str | None:
    """Case of a file by its name; None where it is not named like one of nnU-Net's images.

    >>> case_of(Path("p7_0000.nii.gz")), case_of(Path("p7.nii.gz"))
    ('p7', None)
    """
    match = _NAME.match(without_ending(path))
    return match["case"] if match else None


def is_described(folder: Path) -> bool:
    """Whether a folder has images, and the file that says what they show.

    A folder of nnU-Net's predictions has the file, too, and no images.
    """
    return (folder / _ABOUT).is_file() and any((folder / part).is_dir() for part in _PARTS)


def layout_of_predictions(folder: Path) -> str | None:
    """Layout of masks that nnU-Net wrote, by the `dataset.json` beside or above them.

    nnU-Net copies it into a folder of predictions, and keeps it two folders above the masks of a
    fold, `fold_0/validation`. No other folder above is looked at, which may be anyone's.

    Returns:
        The layout; None where no such file is there, or one of its labels is no tissue.

    Raises:
        LabelError: It gives tissues codes that a mask cannot hold.
    """
    folder = folder.resolve()
    above = {"validation": folder.parent.parent, **dict.fromkeys(_PARTS.values(), folder.parent)}
    for place in (folder, above.get(folder.name, folder)):
        file = place / _ABOUT
        about = read_json(file) if file.is_file() else {}
        if isinstance(about, dict) and "labels" in about:
            return _layout(about, file)
    return None


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases of a folder, sorted by name; empty when no file is named like one.

    Args:
        folder: One with `dataset.json`, or one of its folders of images.

    Raises:
        DataError: `dataset.json` does not say what the images show.
        LabelError: It gives tissues codes that a mask cannot hold.
    """
    images = _images(folder)
    if not images:
        return []
    file = _about_file(folder)
    if file is None:
        _check_one_image_each(folder, images)
    about = read_json(file) if file else {}
    layout = _layout(about, file)
    cases: dict[str, CaseFiles] = {}
    for (case, number), path in sorted(images.items()):
        before = cases[case].images if case in cases else {}
        truth = _truth(path, case) if layout else None
        shown = {**before, _sequence(about, number, file): path}
        cases[case] = CaseFiles(case, layout or "scarmap", shown, truth)
    return list(cases.values())


def _about_file(folder: Path) -> Path | None:
    """The `dataset.json` of a folder or of the one above it; None where there is none."""
    places = (folder / _ABOUT, folder.parent / _ABOUT)
    return next((each for each in places if each.is_file()), None)


def _check_one_image_each(folder: Path, images: Mapping[tuple[str, int], Path]) -> None:
    """Refuse cases of several images, as nothing says what each of them shows."""
    named = {case for case, number in images if number}
    if named:
        raise DataError(
            f"Case {min(named)} in {folder} has several images, and no {_ABOUT} says what they "
            'show. Add one with {"channel_names": {"0": "LGE", "1": "T2"}}, or rename the files '
            "<case>_LGE.nii.gz."
        )


def _images(folder: Path) -> dict[tuple[str, int], Path]:
    """Case and number to file."""
    folders = [folder / part for part in _PARTS if (folder / part).is_dir()] or [folder]
    found: dict[tuple[str, int], Path] = {}
    for path in (path for part in folders for path in sorted(part.glob("*"))):
        match = _NAME.match(without_ending(path))
        if match and has_image_ending(path):
            place = match["case"], int(match["number"])
            if place in found:
                by_name([found[place], path])
            found[place] = path
    return found


def _sequence(about: Mapping[str, Any], number: int, file: Path | None) -> str:
    if file is None:
        return "LGE"
    names = about.get("channel_names") or about.get("modality") or {}
    sequence = KINDS.get(str(names.get(str(number), "")).lower(), "labels")
    if sequence == "labels":
        raise DataError(
            f"{file} calls image {number} {names.get(str(number))!r}; expected the name of a "
            f"sequence in channel_names: {', '.join(name for name in SUFFIXES if name != 'gd')}."
        )
    return sequence


def _layout(about: Mapping[str, Any], file: Path | None) -> str | None:
    """Layout that its labels declare; None where one of them is no tissue that scarmap knows."""
    labels = {str(name).lower().replace(" ", "_"): code for name, code in _labels(about).items()}
    if not labels or not labels.keys() <= INDEX.keys():
        return None
    return declare(labels, where=str(file))


def _labels(about: Mapping[str, Any]) -> dict[str, Any]:
    """Tissue to code, as scarmap's own entry has it; older files have it the other way round."""
    labels = about.get(OWN_LABELS) or about.get("labels", {})
    if all(str(key).isdecimal() for key in labels):
        return {str(name): int(code) for code, name in labels.items()}
    return dict(labels)


def _truth(image: Path, case: str) -> Path | None:
    folder = image.parent.parent / _PARTS.get(image.parent.name, "")
    shown = (path for path in sorted(folder.glob(f"{case}.*")) if has_image_ending(path))
    return by_name(shown).get(case)
