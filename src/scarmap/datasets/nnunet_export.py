"""Cases written as a data set of nnU-Net: its channels, labels, regions and our splits.

::

    OUT/
      dataset.json             channel_names, labels, scarmap_labels, numTraining, file_ending
      imagesTr/<case>_0000.nii.gz   a number per sequence
      labelsTr/<case>.nii.gz        consecutive codes, background 0
      imagesTs/<case>_0000.nii.gz   cases without truth
      splits_final.json        our folds, which nnU-Net reads from its preprocessed folder

`scarmap_labels` is ours: the code of each tissue. nnU-Net keeps what it does not know and copies
`dataset.json` beside its predictions, so that scarmap reads these in their codes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folds import Fold
from scarmap.datasets.nnunet import OWN_LABELS
from scarmap.errors import DataError
from scarmap.io.files import write_json
from scarmap.io.nifti import write_image, write_labels
from scarmap.labels import INDEX, MIXED, REGIONS, SEQUENCES, codes, common_layout, declare
from scarmap.volume import Case, Grid

_WALL = ("normal_myocardium", "edema", "scar", "mvo")
"""From the outside in: each lies within what is left of the wall by those before it."""


def consecutive_codes(layout: str) -> dict[str, int]:
    """Code of each tissue that a layout labels, without gaps, as nnU-Net wants them.

    >>> consecutive_codes("emidec")
    {'background': 0, 'lv_pool': 1, 'normal_myocardium': 2, 'scar': 3, 'mvo': 4}
    """
    labelled = codes(layout)
    return {name: code for code, name in enumerate(name for name in INDEX if name in labelled)}


def nested_regions(labels: dict[str, int]) -> tuple[dict[str, Any], list[int]]:
    """Regions for a training by regions, and the code that each writes, the last one winning.

    Args:
        labels: Tissue to code.

    Returns:
        Region to the codes in it, background 0 first; and nnU-Net's `regions_class_order`.

    >>> regions, order = nested_regions(consecutive_codes("myops2020"))
    >>> regions["scar_and_edema"], order
    ([4, 5], [1, 2, 3, 4, 5])
    """
    regions: dict[str, Any] = {"background": 0}
    order: list[int] = []
    for pool in ("lv_pool", "rv_pool"):
        if pool in labels:
            regions[pool], order = labels[pool], [*order, labels[pool]]
    wall = [tissue for tissue in _WALL if tissue in labels]
    for start, tissue in enumerate(wall):
        inside = wall[start:]
        regions[_region_of(inside)] = [labels[each] for each in inside]
        order.append(labels[tissue])
    return regions, order


def _region_of(tissues: Sequence[str]) -> str:
    """The region's name in `REGIONS` by the tissues that a layout has of it."""
    if tissues[0] == "normal_myocardium":
        return "whole_myocardium"
    if tissues[0] == "edema":
        return "scar_and_edema"
    return next(name for name, inside in REGIONS.items() if set(inside) == set(tissues))


def shared_sequences(cases: Sequence[CaseFiles]) -> tuple[str, ...]:
    """Sequences that every case has, as nnU-Net needs every channel of every case.

    Raises:
        DataError: There is none.
    """
    shared = tuple(each for each in SEQUENCES if all(each in case.images for case in cases))
    if not shared:
        raise DataError(
            "No sequence is there in every case, and nnU-Net needs every channel of every case. "
            "Export the cases that have one in common, as a folder of their own."
        )
    return shared


def export_nnunet(
    cases: Sequence[CaseFiles],
    out: Path,
    *,
    sequences: Sequence[str],
    folds: Sequence[Fold],
    regions: bool = False,
    on_case: Callable[[str, int], None] = lambda _name, _planned: None,
) -> Path:
    """Write cases as a data set of nnU-Net.

    Args:
        cases: Where the cases are; those without a truth become `imagesTs`.
        out: Folder, new or empty; nnU-Net wants it named like Dataset501_MyoPS.
        sequences: The channels, in this order.
        folds: What `splits_final.json` holds.
        regions: Let nnU-Net learn nested regions instead of tissues.
        on_case: Called with each case that is written, and how many there are.

    Returns:
        `dataset.json`.

    Raises:
        DataError: The folder is in use, the cases have several layouts, or a case lacks a sequence.
        GeometryError: The files of a case lie on different grids.
    """
    if out.is_dir() and any(out.iterdir()):
        raise DataError(f"{out} is not empty. Give --out a new folder.")
    layout = common_layout(case.layout for case in cases)
    if layout == MIXED:
        raise DataError(
            "The cases have several label layouts, and nnU-Net wants one set of codes. Export each "
            "data set into a folder of its own."
        )
    labels = consecutive_codes(layout)
    own = declare(labels)
    for files in cases:
        case = load_case(files, sequences=sequences, labelled=files.labels is not None)
        _write_case(case, out, sequences=sequences, layout=own)
        on_case(files.name, len(cases))
    write_json(out / "splits_final.json", [_split(fold) for fold in folds])
    about = _about(labels, sequences, regions=regions)
    about["numTraining"] = sum(case.labels is not None for case in cases)
    write_json(out / "dataset.json", about)
    return out / "dataset.json"


def _write_case(case: Case, out: Path, *, sequences: Sequence[str], layout: str) -> None:
    images = out / ("imagesTs" if case.labels is None else "imagesTr")
    images.mkdir(parents=True, exist_ok=True)
    for number, sequence in enumerate(sequences):
        image = case.images[sequence]
        path = images / f"{case.name}_{number:04d}.nii.gz"
        write_image(path, image.array, stated_grid(image.grid))
    if case.labels is not None:
        (out / "labelsTr").mkdir(exist_ok=True)
        labels = replace(case.labels, grid=stated_grid(case.labels.grid))
        write_labels(out / "labelsTr" / f"{case.name}.nii.gz", labels, layout)


def stated_grid(grid: Grid) -> Grid:
    """The grid with an affine that has its spacing, and without a header to take over.

    Other programs read the spacing from the affine, which in some files (EMIDEC's) has none.
    """
    affine = grid.affine.copy()
    affine[:3, :3] *= np.array(grid.spacing_mm) / np.linalg.norm(affine[:3, :3], axis=0)
    same = np.allclose(affine, grid.affine, rtol=1e-2)
    return replace(grid, affine=grid.affine if same else affine, source=None)


def _about(labels: dict[str, int], sequences: Sequence[str], *, regions: bool) -> dict[str, Any]:
    about: dict[str, Any] = {
        "channel_names": {str(number): name for number, name in enumerate(sequences)},
        "labels": labels,
        OWN_LABELS: labels,
        "file_ending": ".nii.gz",
    }
    if regions:
        about["labels"], about["regions_class_order"] = nested_regions(labels)
    return about


def _split(fold: Fold) -> dict[str, list[str]]:
    return {"train": list(fold.train), "val": list(fold.validation)}
