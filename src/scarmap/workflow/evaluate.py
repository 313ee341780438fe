"""Masks against the truth: two folders, or two masks."""

from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path

from scarmap.datasets.manifest import entry_of
from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.masks import groups_of, layouts_of, one_study, own_layouts
from scarmap.datasets.split import Split, notes, recorded_split, true_parts
from scarmap.datasets.worklist import is_worklist
from scarmap.evaluation.conventions import CONVENTIONS
from scarmap.evaluation.table import Evaluation, evaluate_folder, write_evaluation
from scarmap.io.coding import merge
from scarmap.io.nifti import read_labels
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score
from scarmap.volume import check_same_grid
from scarmap.workflow.foretold import foretold_volumes, score_volumes
from scarmap.workflow.inputs import NO_NAME, Mask, PathLike, Spacing, as_labels


def evaluate(
    predictions: Mask,
    truths: Mask,
    *,
    layout: str | None = None,
    out: PathLike | None = None,
    spacing_mm: Spacing | None = None,
    case: str = NO_NAME,
    intervals: PathLike | None = None,
    on_case: Callable[[str, int], None] = lambda _name, _planned: None,
) -> Evaluation:
    """Score masks against the truth under every convention.

    Args:
        predictions: Folder of masks; or one mask as a file, in memory, or as an array of codes.
            Masks are read in the codes that nnU-Net's `dataset.json` or the manifest beside them
            tells, else in those of the truth.
        truths: The same of the truth, with the same case names or on the same grid.
        layout: Label layout of the truth, and of masks that come without a note of theirs; not
            needed where the truth is a data set in its own layout, has a manifest beside its one
            file, or is an array, which holds the codes of "scarmap" without one.
        out: Folder for `cases.csv` and `summary.json`; None writes nothing.
        spacing_mm: Distance between voxel centres along (X, Y, Z), where arrays are given.
        case: Name for the scores of a single mask.
        intervals: Folder that `scarmap quantify` wrote of the predictions; the volumes and their
            intervals are then scored, too: convention "myosaiq", metric "crps".
        on_case: Called with each case of a folder, and how many there are, when it is scored.

    Raises:
        DataError: A folder holds no masks, no case is in both, or a layout is needed.
        GeometryError: Two masks lie on different grids.
        LabelError: A mask holds codes that the layout does not define.

    >>> import numpy as np, scarmap
    >>> truth = np.zeros((8, 8, 2), dtype=int)
    >>> truth[2:6, 2:6] = 5
    >>> scores = scarmap.evaluate(np.roll(truth, 1, axis=0), truth, spacing_mm=(1, 1, 8))
    >>> [row.value for row in scores.rows if (row.convention, row.structure, row.metric)
    ...     == ("case3d", "scar", "dice")]
    [0.75]
    """
    if _is_folder(predictions) and _is_folder(truths):
        evaluation = _of_folders(Path(str(predictions)), Path(str(truths)), layout, on_case=on_case)
        evaluation = replace(evaluation, groups=groups_of(Path(str(truths))))
    else:
        layout = layout or _layout_of(truths)
        rows = _of_masks(predictions, truths, layout, spacing_mm, case)
        evaluation = Evaluation(layout, tuple(rows))
    if intervals is not None:
        foretold = foretold_volumes(Path(intervals))
        evaluation = replace(
            evaluation, rows=(*evaluation.rows, *score_volumes(evaluation.rows, foretold))
        )
    if out is not None:
        write_evaluation(Path(out), evaluation)
    return evaluation


def _is_folder(mask: Mask) -> bool:
    """Whether a path names many masks; one that names nothing is refused as a folder would be."""
    if not isinstance(mask, str | Path):
        return False
    path = Path(mask)
    return is_worklist(path) or not path.is_file()


def _layout_of(truth: Mask) -> str:
    """Layout of one mask that nobody gave; a file without a note has none, and is refused."""
    if isinstance(truth, str | Path):
        return one_study(Path(truth), layout=None, images={}).layout
    return "scarmap"


def _of_masks(
    prediction: Mask, truth: Mask, layout: str, spacing_mm: Spacing | None, case: str
) -> list[Score]:
    noted = entry_of(Path(prediction)) if isinstance(prediction, str | Path) else None
    theirs = (noted and noted.layout) or layout
    found = as_labels(prediction, layout=theirs, spacing_mm=spacing_mm)
    found = replace(found, array=merge(found.array, layout))
    true = as_labels(truth, layout=layout, spacing_mm=spacing_mm)
    check_same_grid(true.grid, found.grid, what=f"The truth and the mask of {case}")
    return [
        Score(case, *astuple(measured))
        for convention in CONVENTIONS.values()
        for measured in convention(found, true, layout)
    ]


def _of_folders(
    predictions: Path,
    truths: Path,
    layout: str | None,
    *,
    on_case: Callable[[str, int], None],
) -> Evaluation:
    layouts = layouts_of(truths, layout=layout)
    split, masks, true = _split_of_run(predictions), find_masks(predictions), find_masks(truths)
    if not (split and split.slices):
        told = notes(split) if split else ()
        theirs = own_layouts(predictions, layout=layout)
        return evaluate_folder(
            masks, true, layouts, predicted_layout=theirs, notes=told, on_case=on_case
        )
    of_case = dict.fromkeys(true, layouts) if isinstance(layouts, str) else layouts
    true_slices = true_parts(
        split, {case: read_labels(path, of_case[case]) for case, path in true.items()}
    )
    of_slice = {name: of_case[split.patient(name)] for name in true_slices}
    return evaluate_folder(masks, true_slices, of_slice, notes=notes(split), on_case=on_case)


def _split_of_run(predictions: Path) -> Split | None:
    """The split that held-out masks were made under; None for masks that belong to no run."""
    run = RunFolder(predictions.resolve().parent)
    ours = run.record_file.is_file() and predictions.resolve() == run.predictions
    return recorded_split(run.read_record()) if ours else None
