"""MS-CMRSeg 2019: `patient1_{C0,LGE,T2}.nii.gz`, with truths `patient1_LGE_manual.nii.gz`.

The three sequences lie on grids of their own and are not aligned, and each that was drawn has a
truth of its own: 200 wall, 500 and 600 the blood of the left and the right ventricle. Scar was not
drawn; its voxels are wall. The truth of a case here is the LGE image's, which the challenge is
about; those of bSSFP and T2 are not read, as they belong to other grids.
"""

import re
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.myops2020 import SUFFIXES
from scarmap.errors import DataError
from scarmap.io.formats import has_image_ending, without_ending
from scarmap.labels import codes, declare

_NAME = re.compile(r"^(?P<case>patient\d+)_(?P<sequence>C0|LGE|T2)(?P<truth>_manual)?$", re.I)
_DRAWN = ("lv_pool", "rv_pool", "normal_myocardium")


def layout() -> str:
    """Label layout of its masks.

    >>> layout()
    'own:background=0,lv_pool=500,rv_pool=600,normal_myocardium=200'
    """
    known = codes("myops2020")
    return declare({tissue: known[tissue] for tissue in _DRAWN})


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases below a folder, sorted by name; empty where no truth is named `_manual`.

    Args:
        folder: Searched with all its subfolders.

    Raises:
        DataError: Two files claim to be the same image or truth.
    """
    images: dict[str, dict[str, Path]] = {}
    truths: dict[tuple[str, str], Path] = {}
    for path in sorted(filter(has_image_ending, folder.rglob("*"))):
        match = _NAME.match(without_ending(path))
        if match is None:
            continue
        case, sequence = match["case"], SUFFIXES[match["sequence"].lower()]
        if match["truth"]:
            _keep_one(truths, (case, sequence), path)
        else:
            _keep_one(images.setdefault(case, {}), sequence, path)
    if not truths:
        return []
    drawn = {case: path for (case, sequence), path in truths.items() if sequence == "LGE"}
    own = layout()
    return [CaseFiles(case, own, shown, drawn.get(case)) for case, shown in sorted(images.items())]


def _keep_one(files: dict[Any, Path], key: Any, path: Path) -> None:
    if key in files:
        raise DataError(
            f"{files[key]} and {path} are the same image of the same patient. Point --data at one "
            "data set, or remove the copy."
        )
    files[key] = path
