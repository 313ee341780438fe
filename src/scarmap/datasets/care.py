"""MyoPS++ and CARE: `CenterB/Case2001/Case2001_{C0,LGE,T2,gd}.nii.gz`, a folder for each centre.

Source: CARE 2025, the page of its myocardium track, for codes, sequences and labels of each centre;
    the folders are named as public code reads them.

Centres differ in what was imaged and in what was drawn. Where a centre's experts drew no edema or
no right ventricle, a mask does not say that there is none: each centre has the layout of what it
drew.
"""

import re
from dataclasses import replace
from pathlib import Path

from scarmap.datasets import myops2020
from scarmap.datasets.case_files import CaseFiles
from scarmap.labels import codes, declare

_CENTER = re.compile(r"^Center[ _-]?(?P<letter>[A-Z])$", re.IGNORECASE)
_ALL = ("lv_pool", "rv_pool", "normal_myocardium", "edema", "scar")
DRAWN = {
    "A": ("lv_pool", "normal_myocardium", "scar"),
    **dict.fromkeys("EFG", ("lv_pool", "rv_pool", "normal_myocardium", "scar")),
    **dict.fromkeys("HI", ("scar",)),
    "J": ("lv_pool", "normal_myocardium", "scar"),
}
"""Centre to the tissues that its experts drew; all of MyoPS 2020 where it is not named."""


def center_of(path: Path) -> str | None:
    """Letter of the centre whose folder a file is in; None where no folder is named so.

    >>> center_of(Path("MyoPS_train/CenterB/Case2001/Case2001_LGE.nii.gz"))
    'B'
    """
    matches = [_CENTER.match(part) for part in path.parts[:-1]]
    letters = [match["letter"].upper() for match in matches if match]
    return letters[-1] if letters else None


def layout_of(center: str) -> str:
    """Label layout of a centre's masks.

    >>> layout_of("B"), layout_of("H")
    ('myops2020', 'own:background=0,scar=2221')
    """
    drawn = DRAWN.get(center, _ALL)
    if drawn == _ALL:
        return "myops2020"
    known = codes("myops2020")
    return declare({tissue: known[tissue] for tissue in drawn})


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases of all centres below a folder, sorted by name; empty without such a folder.

    Args:
        folder: The data set, one of its parts, or one centre.

    Raises:
        DataError: Two files claim to be the same sequence of the same case.
    """
    if not any(_CENTER.match(each.name) for each in (folder, *folder.rglob("*")) if each.is_dir()):
        return []
    found = []
    for case in myops2020.find_cases(folder):
        files = [*case.images.values(), *([case.labels] if case.labels else [])]
        center = center_of(files[0])
        if center is None:
            return []
        found.append(replace(case, layout=layout_of(center), group=f"center {center}"))
    return found
