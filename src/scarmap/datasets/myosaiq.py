"""MYOSAIQ: `D8_postMI/images/001_D8.nii.gz`, with the truth in `D8_postMI/labels/001_D8.nii.gz`.

Its masks have EMIDEC's codes: 1 cavity, 2 healthy wall, 3 infarct, 4 no-reflow. Patients were
imaged 8 days, 1 month and 12 months after the infarct, in folders `D8_postMI`, `M1_postMI` and
`M12_postMI`; the time is the group of a case. The same number may be the same patient at two times,
and is taken for it.

Source: the challenge's pages on tasks and data; the folders are named as public code reads them.
"""

import re
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.io.formats import by_name, has_image_ending, without_ending

_NAME = re.compile(r"^(?P<patient>.+)_(?P<time>D8|M1|M12)$")


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases below a folder, sorted by name; empty where no file is named like one.

    Args:
        folder: Searched with all its subfolders for folders `images`, each with `labels` beside it.

    Raises:
        DataError: A case has two images or two truths of one name.
    """
    cases = []
    for images in sorted(each for each in folder.rglob("images") if each.is_dir()):
        truths = _files(images.parent / "labels")
        for name, path in _files(images).items():
            match = _NAME.match(name)
            if match:
                time, patient = match["time"], match["patient"]
                shown, truth = {"LGE": path}, truths.get(name)
                cases.append(CaseFiles(name, "emidec", shown, truth, time, patient))
    return sorted(cases, key=lambda case: case.name)


def _files(folder: Path) -> dict[str, Path]:
    """Images of a folder by name."""
    shown = [path for path in sorted(folder.glob("*")) if has_image_ending(path)]
    named = by_name(shown)
    return {without_ending(path): path for path in named.values()}
