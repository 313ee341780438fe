"""Masks that another program made of a run's cases, as a run folder that pages can compare."""

from pathlib import Path
from typing import Any

from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.masks import layouts_of, own_layouts
from scarmap.datasets.split import recorded_split
from scarmap.errors import DataError, RunError
from scarmap.evaluation.table import evaluate_folder, write_evaluation
from scarmap.io.nifti import read_labels, write_in_layout
from scarmap.io.run import RunFolder

ADOPTED = "against"
"""Folder of a run that holds what it was compared with."""


def adopt_masks(masks: Path, like: RunFolder) -> RunFolder:
    """Score masks on the cases that a run holds out, and keep them beside it as a run folder.

    The run folder is `against/<name of the masks' folder>` in the run. It has no stages; its
    `run.json` says where its masks are from.

    Args:
        masks: Folder of masks named by case, in the codes that nnU-Net's `dataset.json` or their
            manifest tells, else in those of the run's data set.
        like: The run.

    Raises:
        RunError: The run splits slices, which other programs do not.
        DataError: There are no masks, the run's data folder is gone, or no case is in both.
        GeometryError: A mask lies on another grid than its truth.
        LabelError: A mask holds codes that its layout does not define.
    """
    record = like.read_record()
    if recorded_split(record).slices:
        raise RunError(
            f"{like.root} holds out slices, and {masks} holds masks of whole cases. Compare it "
            "with a run that holds out patients."
        )
    data = Path(record["data"]["folder"])
    truths, layouts = _truths(data, masks), layouts_of(data)
    held_out = {name for fold in record["folds"] for name in fold["validation"]}
    theirs = own_layouts(masks)
    found = {name: path for name, path in find_masks(masks).items() if name in held_out}
    evaluation = evaluate_folder(found, truths, layouts, predicted_layout=theirs)
    run = RunFolder(like.root / ADOPTED / _name(masks))
    for case in sorted(found.keys() & truths.keys()):
        layout = layouts if isinstance(layouts, str) else layouts[case]
        predicted = read_labels(found[case], theirs.get(case, layout))
        write_in_layout(run.predictions / f"{case}.nii.gz", predicted, layout)
    write_evaluation(run.evaluation, evaluation)
    made: dict[str, Any] = {
        "recipe": {"name": _name(masks), "settings": {}, "masks": str(masks.resolve())},
        "data": record["data"],
        "folds": record["folds"],
        "provenance": {},
        "state": {},
    }
    run.write_record(made)
    return run


def _truths(data: Path, masks: Path) -> dict[str, Path]:
    if not data.exists():
        raise DataError(
            f"{masks} holds masks to compare with, and the data that they are scored on, {data}, "
            "are not there any more."
        )
    return find_masks(data)


def _name(masks: Path) -> str:
    """Name of a folder of masks; nnU-Net's `fold_0/validation` is named by its trainer.

    >>> _name(Path("nnunet_masks")), _name(Path("trainer__plans__2d/fold_0/validation"))
    ('nnunet_masks', 'trainer__plans__2d-fold_0')
    """
    place = masks.resolve()
    if place.name == "validation":
        return f"{place.parents[1].name}-{place.parent.name}"
    return place.name
