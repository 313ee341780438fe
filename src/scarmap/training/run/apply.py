"""A trained system on labelled cases that it has not seen, kept as a run; needs no torch."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folds import Fold
from scarmap.datasets.split import split_cases
from scarmap.inference.segment import Segmenter
from scarmap.io.run import RunFolder
from scarmap.labels import common_layout
from scarmap.training.run.held_out import score_held_out, segment_held_out
from scarmap.training.run.labelled import ANY, Labelled, labelled_cases
from scarmap.training.run.provenance import provenance
from scarmap.training.run.record import PREDICTIONS, held_out_names, mark_done, record_of


def apply(
    recipe: Mapping[str, Any],
    segmenter: Segmenter,
    data: Path,
    out: Path,
    *,
    on_case: Callable[[str], None] = lambda _name: None,
) -> RunFolder:
    """Segment labelled cases with a trained system, and keep masks and scores as a run does.

    Args:
        recipe: The recipe of the segmenter, as it stands in `run.json`; all cases are held out,
            whatever its folds.
        segmenter: The trained system.
        data: Folder of labelled cases.
        out: Run folder to write.
        on_case: Called with each case's name when it is segmented.

    Returns:
        The run folder, for a report.

    Raises:
        DataError: A case cannot be read.
        RecipeError: The cases are labelled in another layout than the recipe's.
    """
    material = _gather(data, recipe["layout"], segmenter)
    run = RunFolder(out)
    run.write_record(record_of(recipe, material, data, provenance()))
    remarks = segment_held_out(
        run, segmenter, material.cases, split=material.split, index=0, on_case=on_case
    )
    mark_done(run, 0, PREDICTIONS, remarks=remarks)
    names = held_out_names(run.read_record())
    score_held_out(run, material.cases, split=material.split, names=names)
    return run


def _gather(data: Path, layout: str, segmenter: Segmenter) -> Labelled:
    files = labelled_cases(data, layout)
    given = segmenter.preparation
    cases = [
        load_case(each, sequences=given.sequences, labelled=True, optional=given.optional)
        for each in files
    ]
    depths = {case.name: case.grid.shape[2] for case in cases}
    split = split_cases(depths, _held_out_all, unit="patient")
    known = common_layout(case.layout for case in cases) if layout == ANY else layout
    return Labelled(files, cases, split, known)


def _held_out_all(cases: Sequence[str]) -> tuple[Fold, ...]:
    """One fold that trains on no case and holds all of them out."""
    return (Fold((), tuple(cases)),)
