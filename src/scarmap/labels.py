"""Tissues, their code in each data set, and the regions that are measured.

Inside scarmap a label map holds the *index* of a tissue in `TISSUES` (uint8, 0 is background). The
codes of a data set appear only when a file is read or written. A *region* is a union of tissues:
MyoPS and EMIDEC label disjoint tissues, but clinics measure nested regions such as the whole
myocardium.

A *layout* names the codes of a data set: one of `LAYOUTS`, or one of the user's own that `declare`
makes. The name of an own layout states its codes, so that it means the same in every process and
in every file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import LabelError, suggest

LabelArray = NDArray[np.uint8]
MaskArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Tissue:
    """One tissue class.

    Attributes:
        name: Name used in tables, file names and code.
        title: Name for people.
        colour: Hex colour, of the Okabe-Ito set, which colour-blind readers can tell apart; the
            right ventricle, which is no part of any figure, is light grey.
        snomed: SNOMED CT code, or None where none exists (DICOM then needs a private code).
        codes: Value in the masks of each layout that labels this tissue.
    """

    name: str
    title: str
    colour: str
    snomed: str | None
    codes: Mapping[str, int]


TISSUES: tuple[Tissue, ...] = (
    Tissue(
        "background", "background", "#000000", None, {"myops2020": 0, "emidec": 0, "scarmap": 0}
    ),
    Tissue(
        "lv_pool",
        "LV blood pool",
        "#D55E00",
        "87878005",
        {"myops2020": 500, "emidec": 1, "scarmap": 1},
    ),
    Tissue("rv_pool", "RV blood pool", "#D0D4DA", "53085002", {"myops2020": 600, "scarmap": 2}),
    Tissue(
        "normal_myocardium",
        "normal myocardium",
        "#009E73",
        "49848007",
        {"myops2020": 200, "emidec": 2, "scarmap": 3},
    ),
    Tissue("edema", "edema", "#0072B2", "79654002", {"myops2020": 1220, "scarmap": 4}),
    Tissue(
        "scar",
        "scar (infarct)",
        "#F0E442",
        "12402003",
        {"myops2020": 2221, "emidec": 3, "scarmap": 5},
    ),
    Tissue(
        "mvo", "microvascular obstruction (no-reflow)", "#CC79A7", None, {"emidec": 4, "scarmap": 6}
    ),
)
INDEX: Mapping[str, int] = {tissue.name: index for index, tissue in enumerate(TISSUES)}

REGIONS: Mapping[str, tuple[str, ...]] = {
    "lv_pool": ("lv_pool",),
    "rv_pool": ("rv_pool",),
    "normal_myocardium": ("normal_myocardium",),
    "whole_myocardium": ("normal_myocardium", "edema", "scar", "mvo"),
    "lv_epicardium": ("lv_pool", "normal_myocardium", "edema", "scar", "mvo"),
    "edema": ("edema",),
    "scar": ("scar",),
    "scar_and_edema": ("edema", "scar", "mvo"),
    "mvo": ("mvo",),
    "whole_infarct": ("scar", "mvo"),
}

LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "myops2020": (
        "lv_pool",
        "rv_pool",
        "normal_myocardium",
        "whole_myocardium",
        "lv_epicardium",
        "edema",
        "scar",
        "scar_and_edema",
    ),
    "emidec": (
        "lv_pool",
        "normal_myocardium",
        "whole_myocardium",
        "lv_epicardium",
        "scar",
        "mvo",
        "whole_infarct",
    ),
    "scarmap": tuple(REGIONS),
}
"""Regions that the labels of each layout define; "scarmap" labels every tissue, by its index."""

MERGED: Mapping[str, Mapping[str, str]] = {
    "myops2020": {"mvo": "scar"},
    "emidec": {"rv_pool": "background", "edema": "normal_myocardium"},
    "scarmap": {},
}
"""Tissues that a layout does not label, and what its experts label their voxels instead."""

_UNLABELLED: Mapping[str, str] = {
    "mvo": "scar",
    "scar": "normal_myocardium",
    "edema": "normal_myocardium",
    "normal_myocardium": "background",
    "lv_pool": "background",
    "rv_pool": "background",
}
"""What an own layout labels a tissue that it lacks; where it lacks that, too, the next one on."""

OWN = "own:"
"""Begins the name of a layout of the user's own, before `tissue=code` for each tissue."""

_LARGEST_CODE = 32767
"""Masks are written as signed 16-bit integers, which every NIfTI reader knows."""

MIXED = "mixed"
"""In the place of a layout, where each case has one of its own."""

SEQUENCES = ("LGE", "T2", "bSSFP")
"""The sequences that cases may have."""


def common_layout(layouts: Iterable[str]) -> str:
    """The layout that all have, or `MIXED`.

    >>> common_layout(["emidec", "emidec"]), common_layout(["emidec", "myops2020"])
    ('emidec', 'mixed')
    """
    different = set(layouts)
    return different.pop() if len(different) == 1 else MIXED


def declare(values: Mapping[str, int], *, where: str = "the label set") -> str:
    """Name of a layout with codes of the user's own.

    Args:
        values: Tissue to its value in the masks, for the tissues that are labelled; background is 0
            unless given.
        where: What declares it, for the error message.

    Raises:
        LabelError: A tissue is unknown, a value is no whole number that a mask can hold, or two
            tissues share one.

    >>> declare({"scar": 3, "lv_pool": 1, "normal_myocardium": 2})
    'own:background=0,lv_pool=1,normal_myocardium=2,scar=3'
    """
    values = {"background": 0, **values}
    for name, value in values.items():
        _check_code(name, value, where)
    shared = [name for name, value in values.items() if list(values.values()).count(value) > 1]
    if shared:
        raise LabelError(
            f"{where} gives {' and '.join(shared)} the same value. Each tissue needs a value of "
            "its own."
        )
    if len(values) == 1:
        raise LabelError(
            f"{where} labels no tissue. Expected for instance "
            '{"lv_pool": 1, "normal_myocardium": 2}.'
        )
    return OWN + ",".join(f"{name}={values[name]}" for name in INDEX if name in values)


def _check_code(name: str, value: object, where: str) -> None:
    if name not in INDEX:
        raise LabelError(
            f"{where} names a tissue {name!r} that scarmap does not know. {suggest(name, INDEX)}"
        )
    if type(value) is not int or not 0 <= value <= _LARGEST_CODE:
        raise LabelError(
            f"{where} gives {name} the value {value!r}; a mask holds whole numbers from 0 to "
            f"{_LARGEST_CODE}."
        )


def _own_codes(layout: str) -> dict[str, int]:
    """Mask value of every tissue of an own layout, the inverse of `declare`.

    Raises:
        LabelError: The name is not one that `declare` makes.
    """
    try:
        pairs = [part.split("=") for part in layout.removeprefix(OWN).split(",")]
        values = {name: int(value) for name, value in pairs}
    except ValueError:
        raise LabelError(
            f"The layout {layout!r} cannot be read. Expected tissue=value pairs, for instance "
            f"{OWN}lv_pool=1,normal_myocardium=2,scar=3."
        ) from None
    declare(values, where=f"The layout {layout!r}")
    return {"background": 0, **values}


def merged(layout: str) -> Mapping[str, str]:
    """Tissues that a layout does not label, and what its experts label their voxels instead.

    >>> merged("own:lv_pool=1,scar=2,normal_myocardium=3")
    {'rv_pool': 'background', 'edema': 'normal_myocardium', 'mvo': 'scar'}
    """
    if not layout.startswith(OWN):
        return MERGED[layout]
    labelled, given = _own_codes(layout), {}
    for name in INDEX:
        label = name
        while label not in labelled:
            label = _UNLABELLED[label]
        if label != name:
            given[name] = label
    return given


def label_indices(layout: str) -> list[int]:
    """Index of the label that each tissue gets in a layout, its own or that of `merged`.

    >>> label_indices("emidec")
    [0, 1, 0, 3, 3, 5, 6]
    """
    instead = merged(layout)
    return [INDEX[instead.get(name, name)] for name in INDEX]


def regions_of(layout: str) -> tuple[str, ...]:
    """Regions that the labels of a layout define; none for `MIXED`.

    >>> regions_of("own:lv_pool=1,normal_myocardium=2,scar=3,mvo=4") == regions_of("emidec")
    True
    """
    if not layout.startswith(OWN):
        return LAYOUTS.get(layout, ())
    return tuple(region for region in REGIONS if is_defined(region, layout))


def is_defined(region: str, layout: str) -> bool:
    """Whether the labels of a layout tell what lies in a region.

    They do where it labels the region itself, or merges only tissues on one side of its border.

    >>> is_defined("whole_infarct", "myops2020"), is_defined("mvo", "myops2020")
    (True, False)
    """
    tissues = REGIONS[region]
    told_apart = all(
        (tissue in tissues) == (label in tissues) for tissue, label in merged(layout).items()
    )
    return told_apart or region in codes(layout)


def codes(layout: str) -> dict[str, int]:
    """Mask value of every tissue that a layout labels.

    Raises:
        LabelError: There is no such layout.

    >>> codes("emidec")["scar"]
    3
    """
    if layout.startswith(OWN):
        return _own_codes(layout)
    if layout not in LAYOUTS:
        raise LabelError(f"There is no label layout {layout!r}. {suggest(layout, LAYOUTS)}")
    return {tissue.name: tissue.codes[layout] for tissue in TISSUES if layout in tissue.codes}


def region_mask(labels: LabelArray, region: str) -> MaskArray:
    """Mask of a region, a boolean array of the same shape.

    Args:
        labels: Tissue indices, uint8, any shape.
        region: A name in `REGIONS`.

    >>> region_mask(np.array([0, 3, 5], dtype=np.uint8), "whole_myocardium").tolist()
    [False, True, True]
    """
    if region not in REGIONS:
        raise LabelError(f"There is no region {region!r}. {suggest(region, REGIONS)}")
    inside = np.isin(np.arange(256), [INDEX[name] for name in REGIONS[region]])
    return np.take(inside, labels)  # ten times as fast as comparing each voxel
