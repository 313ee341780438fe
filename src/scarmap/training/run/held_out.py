"""Masks and scores of what a fold did not train on: whole patients, or single slices."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import TypeVar

from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.split import Split, notes, true_parts
from scarmap.evaluation.reliability import Reliability, add_up, count_reliability, write_reliability
from scarmap.evaluation.table import evaluate_folder, write_evaluation
from scarmap.inference.segment import Segmentation, Segmenter, segment
from scarmap.io.nifti import write_in_layout
from scarmap.io.run import RunFolder
from scarmap.volume import Case, LabelMap, with_labels

_Value = TypeVar("_Value")

Remarks = Mapping[str, tuple[str, ...]]
"""Case, or slice, to what a reader of its mask must be told, one sentence each; may be empty."""


def segment_held_out(
    run: RunFolder,
    segmenter: Segmenter,
    cases: Sequence[Case],
    *,
    split: Split,
    index: int,
    on_case: Callable[[str], None] = lambda _name: None,
) -> Remarks:
    """Write the masks of what a fold validates on, and how reliable their probabilities are.

    A case is segmented once and as a whole, so that each of its slices is seen as it is in
    prediction.

    Args:
        run: The run folder.
        segmenter: The fold's trained system.
        cases: All labelled cases.
        split: The split.
        index: Number of the fold.
        on_case: Called with each case's name when it is segmented.

    Returns:
        What is remarkable about each mask.
    """
    told: dict[str, tuple[str, ...]] = {}
    counted: list[dict[str, Reliability]] = []
    for case in cases:
        names = split.held_out(index, case.name)
        if not names:
            continue
        found = segment(with_labels(case, None), segmenter)
        if case.labels is not None and names == [case.name]:
            counted.append(
                count_reliability(found.probabilities, segmenter.regions, case.labels, case.layout)
            )
        for name in names:
            labels = split.part(name, found.labels)
            write_in_layout(
                run.predictions / f"{name}.nii.gz", labels, segmenter.layout_of(case.layout)
            )
            whole = name == case.name
            told[name] = found.flags if whole else _slice_remarks(labels, found, segmenter)
        on_case(case.name)
    if counted:
        write_reliability(run.evaluation, index, add_up(counted))
    return told


def _slice_remarks(labels: LabelMap, found: Segmentation, segmenter: Segmenter) -> tuple[str, ...]:
    """What is remarkable about one slice, and what was decided about the case that it is from."""
    observed = segmenter.check(labels.array) if segmenter.check else ()
    return observed + tuple(f"In the whole case: {each}" for each in found.decided)


def score_held_out(
    run: RunFolder, cases: Sequence[Case], *, split: Split, names: Collection[str]
) -> None:
    """Score held-out masks; a recipe that holds nothing out has none.

    Args:
        run: The run folder.
        cases: All labelled cases.
        split: The split; what it leaks is written beside the scores.
        names: What to score: the cases, or slices, of the folds that were predicted.
    """
    if not names:
        return
    predictions = _only(find_masks(run.predictions), names)
    labels = {case.name: case.labels for case in cases if case.labels is not None}
    truths = _only(true_parts(split, labels), predictions)
    layouts = {name: case.layout for case in cases for name in split.names(case.name)}
    if truths:
        write_evaluation(
            run.evaluation, evaluate_folder(predictions, truths, layouts, notes=notes(split))
        )


def _only(values: Mapping[str, _Value], names: Container[str]) -> dict[str, _Value]:
    return {name: value for name, value in values.items() if name in names}
