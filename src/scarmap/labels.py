"""Tissues, their code in each data set, and the regions that are measured.

Inside scarmap a label map holds the *index* of a tissue in `TISSUES` (uint8, 0 is background). The codes of a
data set appear only when a file is read or written. A *region* is a union of tissues: MyoPS and EMIDEC label
disjoint tissues, but clinics measure nested regions such as the whole myocardium.
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
        colour: Hex colour, chosen from the Okabe-Ito set, which colour-blind readers can tell apart.
        snomed: SNOMED CT code, or None where none exists (DICOM then needs a private code).
        codes: Value in the masks of each layout that labels this tissue.
    """

    name: str
    title: str
    colour: str
    snomed: str | None
    codes: Mapping[str, int]


TISSUES: tuple[Tissue, ...] = (
    Tissue("background", "background", "#000000", None, {"myops2020": 0, "emidec": 0, "scarmap": 0}),
    Tissue("lv_pool", "LV blood pool", "#D55E00", "87878005", {"myops2020": 500, "emidec": 1, "scarmap": 1}),
    Tissue("rv_pool", "RV blood pool", "#56B4E9", "53085002", {"myops2020": 600, "scarmap": 2}),
    Tissue(
        "normal_myocardium",
        "normal myocardium",
        "#009E73",
        "49848007",
        {"myops2020": 200, "emidec": 2, "scarmap": 3},
    ),
    Tissue("edema", "edema", "#0072B2", "79654002", {"myops2020": 1220, "scarmap": 4}),
    Tissue("scar", "scar (infarct)", "#F0E442", "12402003", {"myops2020": 2221, "emidec": 3, "scarmap": 5}),
    Tissue("mvo", "microvascular obstruction (no-reflow)", "#CC79A7", None, {"emidec": 4, "scarmap": 6}),
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
"""The regions that the labels of each layout define. "scarmap" is our own: it labels every tissue, by its index."""

MERGED: Mapping[str, Mapping[str, str]] = {
    "myops2020": {"mvo": "scar"},
    "emidec": {"rv_pool": "background", "edema": "normal_myocardium"},
    "scarmap": {},
}
"""Tissues that a layout does not label, and the label that its experts give their voxels instead."""


MIXED = "mixed"
"""In the place of a layout, where each case has one of its own."""


def common_layout(layouts: Iterable[str]) -> str:
    """The layout that all have, or `MIXED`.

    >>> common_layout(["emidec", "emidec"]), common_layout(["emidec", "myops2020"])
    ('emidec', 'mixed')
    """
    different = set(layouts)
    return different.pop() if len(different) == 1 else MIXED


def is_defined(region: str, layout: str) -> bool:
    """Whether the labels of a layout tell the inside of a region from its outside.

    >>> is_defined("whole_infarct", "myops2020"), is_defined("mvo", "myops2020")
    (True, False)
    """
    tissues = REGIONS[region]
    return region in LAYOUTS[layout] or all(
        (tissue in tissues) == (label in tissues) for tissue, label in MERGED[layout].items()
    )


def codes(layout: str) -> dict[str, int]:
    """Mask value of every tissue that a layout labels.

    >>> codes("emidec")["scar"]
    3
    """
    if layout not in LAYOUTS:
        raise LabelError(f"There is no label layout {layout!r}. {suggest(layout, LAYOUTS)}")
    return {tissue.name: tissue.codes[layout] for tissue in TISSUES if layout in tissue.codes}


def encode(values: NDArray[np.generic], layout: str, *, where: str = "the mask") -> LabelArray:
    """Turn the values of a data set's mask into tissue indices.

    Args:
        values: Mask of any shape, whole numbers in any dtype.
        layout: Name of the label layout.
        where: Name of the mask's file, for the error message.

    Returns:
        Array of the same shape, uint8, indices into `TISSUES`.

    Raises:
        LabelError: The mask holds values that the layout does not define.
    """
    table = codes(layout)
    found = np.unique(values)
    unknown = sorted(set(found.tolist()) - set(table.values()))
    if unknown:
        listed = ", ".join(f"{value:g}" for value in unknown[:8])
        raise LabelError(
            f"{where} holds the label values {listed}, which layout {layout!r} does not define; it defines "
            f"{', '.join(f'{value} ({name})' for name, value in table.items())}. Check that this is a mask "
            f"and not an image, that it was resampled with nearest neighbours, and that --layout is right."
        )
    labels = np.zeros(values.shape, dtype=np.uint8)
    for name, value in table.items():
        labels[values == value] = INDEX[name]
    return labels


def decode(labels: LabelArray, layout: str) -> NDArray[np.int16]:
    """Turn tissue indices into the values of a data set's mask, the inverse of `encode`.

    Args:
        labels: Tissue indices, uint8, any shape.
        layout: Name of the label layout.

    Returns:
        Array of the same shape, int16.

    Raises:
        LabelError: A tissue is present that the layout has no value for.
    """
    table = codes(layout)
    lookup = np.full(len(TISSUES), -1, dtype=np.int16)
    for name, value in table.items():
        lookup[INDEX[name]] = value
    values = lookup[labels]
    if (values < 0).any():
        homeless = sorted({TISSUES[index].name for index in np.unique(labels[values < 0])})
        raise LabelError(f"Layout {layout!r} has no mask value for {', '.join(homeless)}; use another --layout.")
    return values


def merge(labels: LabelArray, layout: str) -> LabelArray:
    """Replace the tissues that a layout does not label by those that its experts label instead, see `MERGED`.

    Args:
        labels: Tissue indices, uint8, any shape.
        layout: Name of the label layout.

    Returns:
        Array of the same shape, uint8, which `decode` accepts for this layout.

    >>> merge(np.array([INDEX["mvo"], INDEX["edema"]], dtype=np.uint8), "myops2020").tolist()
    [5, 4]
    """
    codes(layout)
    lookup = np.arange(len(TISSUES), dtype=np.uint8)
    for tissue, label in MERGED[layout].items():
        lookup[INDEX[tissue]] = INDEX[label]
    return lookup[labels]


def region_mask(labels: LabelArray, region: str) -> MaskArray:
    """Mask of a region.

    Args:
        labels: Tissue indices, uint8, any shape.
        region: A name in `REGIONS`.

    Returns:
        Boolean array of the same shape.

    >>> region_mask(np.array([0, 3, 5], dtype=np.uint8), "whole_myocardium").tolist()
    [False, True, True]
    """
    if region not in REGIONS:
        raise LabelError(f"There is no region {region!r}. {suggest(region, REGIONS)}")
    return np.isin(labels, [INDEX[name] for name in REGIONS[region]])
