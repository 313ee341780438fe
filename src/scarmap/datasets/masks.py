"""Masks to be measured, by a model or by hand, each with the images of its study."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.manifest import entry_of, read_entries
from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.myops2020 import case_name
from scarmap.datasets.nnunet import layout_of_predictions
from scarmap.errors import DataError, GeometryError, LabelError
from scarmap.io.nifti import read_image, read_labels
from scarmap.labels import LAYOUTS, MIXED, SEQUENCES, codes, common_layout
from scarmap.volume import Case, LabelMap, Volume, check_same_grid

_GENERAL_NAMES = ("labels", "mask")
"""Names of a mask's file that say nothing about its study; its folder does."""


def one_study(mask: Path, *, layout: str | None, images: Mapping[str, Path]) -> CaseFiles:
    """The study of one mask.

    Args:
        mask: Its file.
        layout: Label layout of the mask; None for what the manifest beside it says.
        images: Sequence to file; where there is none, the images that the manifest names.

    Raises:
        DataError: No layout is given.
        LabelError: There is no such layout.
    """
    known = entry_of(mask)
    if known:
        layout = layout or known.layout or None
        return CaseFiles(known.case, _layout(layout, mask), images or known.study.images, mask)
    name = case_name(mask)
    name = mask.parent.name if name in _GENERAL_NAMES else name
    return CaseFiles(name, _layout(layout, mask), images, mask)


def studies_of_folder(
    masks: Path, *, layout: str | None = None, data: Path | None = None
) -> list[CaseFiles]:
    """The studies of a folder of masks.

    Args:
        masks: Masks named by case, or a data set in its own layout, whose truth is then measured.
        layout: Label layout of the masks; may be left out for a data set in its own layout, and
            for masks whose manifest tells it. `scarmap.labels.MIXED` stands for that of each
            mask's case in `data`.
        data: Folder with the images; where it is left out, those that the manifest of the masks
            names or those beside the masks are taken, if there are any.

    Returns:
        At least one study with its mask as `labels`, sorted by name.

    Raises:
        DataError: There is no such folder or no mask in it, a layout is needed, or no mask has
            images in `data`.
        LabelError: There is no such layout.
    """
    found = find_masks(masks)
    noted = {name: entry.study for name, entry in read_entries(masks).items() if entry.layout}
    cases = _images_of(masks, data, noted)
    if data is not None:
        _check_names(found, cases, masks=masks, data=data)
    if layout is None and found.keys() <= noted.keys():
        layout, cases = MIXED, _in_noted_layouts(cases, noted)
    layout = layout or _layout_of_truths(found, cases)
    known = MIXED if layout == MIXED else _layout(layout, masks)
    return [
        replace(case, labels=path)
        for name, path in sorted(found.items())
        if (case := _case_of(name, cases, known))
    ]


def _check_names(
    found: Mapping[str, Path], cases: Mapping[str, CaseFiles], *, masks: Path, data: Path
) -> None:
    """Refuse masks of which none is named like a case of `data`."""
    if found.keys().isdisjoint(cases):
        raise DataError(
            f"No mask in {masks} ({', '.join(list(found)[:4])}) has a case of the same name in "
            f"{data} ({', '.join(list(cases)[:4])}). Name masks by case, <case>.nii.gz, or leave "
            "--data out."
        )


def _images_of(
    masks: Path, data: Path | None, noted: Mapping[str, CaseFiles]
) -> Mapping[str, CaseFiles]:
    """Cases with the images of masks: from `data`, else those noted, else those beside them."""
    if data is None and noted:
        return noted
    cases = _cases(masks if data is None else data, wanted=data is not None)
    return {case.name: case for case in cases}


def _in_noted_layouts(
    cases: Mapping[str, CaseFiles], noted: Mapping[str, CaseFiles]
) -> dict[str, CaseFiles]:
    """The noted cases, each in its noted layout, with the images of `cases` where it has them."""
    return {
        name: replace(cases.get(name, each), layout=each.layout) for name, each in noted.items()
    }


def layouts_of(truths: Path, *, layout: str | None = None) -> str | dict[str, str]:
    """Label layout of a folder of truths: the given one, or in data sets that of each case.

    Raises:
        DataError: A layout is needed.
        LabelError: There is no such layout.
    """
    if layout in (None, MIXED):
        cases = _cases(truths, wanted=False)
        own = {case.name: case.layout for case in cases if case.labels is not None}
        if own:
            return own
    return _layout(layout, truths)


def own_layouts(masks: Path, *, layout: str | None = None) -> dict[str, str]:
    """Label layout of each mask of a folder, by case; masks of which nothing tells it are left out.

    It is told by nnU-Net's `dataset.json`, else by the manifest, else by the data set that the
    folder is.

    Args:
        masks: Folder of masks, or a worklist.
        layout: What a user says about masks without a note; then the data set does not count.

    Raises:
        DataError: There is no such folder, or no mask in it.
        LabelError: Codes are declared and cannot be read.
    """
    found = find_masks(masks)
    theirs = layout_of_predictions(masks)
    if theirs is not None:
        return dict.fromkeys(found, theirs)
    known = {name: entry.layout for name, entry in read_entries(masks).items() if entry.layout}
    if layout in (None, MIXED):
        for case in _cases(masks, wanted=False):
            if case.labels is not None and case.labels == found.get(case.name):
                known.setdefault(case.name, case.layout)
    return known


def groups_of(truths: Path) -> dict[str, str]:
    """Group of each case of a folder of truths, where its data set sorts cases; else none."""
    return {case.name: case.group for case in _cases(truths, wanted=False) if case.group}


def only_images(folder: Path) -> bool:
    """Whether a folder, or a worklist, holds cases without any mask, drawn or predicted."""
    cases = _cases(folder, wanted=False)
    return bool(cases) and not read_entries(folder) and not any(case.labels for case in cases)


def load_study(files: CaseFiles, *, sequences: Sequence[str] = SEQUENCES) -> Case:
    """Read a mask and whatever images there are on its grid.

    An image on another grid is left out, such as a T2 image at which the model did not look; LGE
    is not, nor the only image.

    Args:
        files: Where they are; `labels` is the mask.
        sequences: The images to read, where they are there.

    Raises:
        DataError: A file is missing or damaged.
        GeometryError: LGE lies on another grid than the mask, or all images do.
        LabelError: The mask holds values that its layout does not define.
    """
    if files.labels is None:
        raise DataError(f"Study {files.name} has no mask. Give the file with its labels.")
    labels = read_labels(files.labels, files.layout)
    images: dict[str, Volume] = {}
    misfits: dict[str, GeometryError] = {}
    for sequence in filter(sequences.__contains__, files.images):
        try:
            images[sequence] = _image_of(files, sequence, labels)
        except GeometryError as problem:
            misfits[sequence] = problem
    if misfits and ("LGE" in misfits or not images):
        raise misfits.get("LGE") or next(iter(misfits.values()))
    return Case(files.name, files.layout, images, labels, tuple(misfits))


def _image_of(files: CaseFiles, sequence: str, labels: LabelMap) -> Volume:
    path = files.images[sequence]
    image = read_image(path)
    what = f"Case {files.name}: {sequence} ({path}) and its labels ({files.labels})"
    check_same_grid(image.grid, labels.grid, what=what)
    return image


def _case_of(name: str, cases: Mapping[str, CaseFiles], layout: str) -> CaseFiles | None:
    """Images of a mask's study; None where nothing tells the layout of the mask."""
    if layout == MIXED:
        return cases.get(name)
    return replace(cases.get(name, CaseFiles(name, layout, {})), layout=layout)


def _layout_of_truths(masks: Mapping[str, Path], cases: Mapping[str, CaseFiles]) -> str | None:
    """Layout of the masks that are the truth of their case; None where none is."""
    own = [
        cases[name].layout
        for name, mask in masks.items()
        if name in cases and cases[name].labels == mask
    ]
    return common_layout(own) if own else None


def _cases(folder: Path, *, wanted: bool) -> list[CaseFiles]:
    try:
        return find_cases(folder)
    except LabelError:  # codes are declared and cannot be read: any other layout would be a guess
        raise
    except DataError:
        if wanted:
            raise
        return []


def _layout(layout: str | None, where: Path) -> str:
    if layout is None and not where.exists():
        raise DataError(f"{where} does not exist.")
    if layout is None:
        raise DataError(
            f"The label layout of {where} is not known, and the same value means different tissues "
            f"in different ones. Give --layout {', '.join(list(LAYOUTS)[:-1])} or "
            f"{list(LAYOUTS)[-1]}."
        )
    codes(layout)
    return layout
