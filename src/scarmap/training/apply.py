"""A run folder of a system that is applied to labelled cases as it is, and not trained."""

from collections.abc import Sequence
from dataclasses import replace

from scarmap.datasets.folds import Fold
from scarmap.inference.predict import Segmenter
from scarmap.io.run import RunFolder
from scarmap.training.describe import build
from scarmap.training.held_out import score_held_out, segment_held_out
from scarmap.training.material import gather
from scarmap.training.record import PREDICTIONS, Request, held_out_names, mark_done, new_record


def apply(request: Request, segmenter: Segmenter) -> RunFolder:
    """Segment labelled cases, score the masks, and keep both where a training would: all cases are held out.

    Args:
        request: The recipe that the segmenter was made with, the data and the run folder; folds and options count
            nothing.
        segmenter: The trained system.

    Returns:
        The run folder, for a report.

    Raises:
        DataError: A case cannot be read.
        RecipeError: The cases are labelled in another layout than the recipe's.
    """
    recipe = build(request.row.recipe)
    material = gather(request.data, replace(recipe, folds=held_out_all, unit="patient"))
    run = RunFolder(request.out)
    run.write_record(new_record(request, recipe, material, segmenter.device))
    remarks = segment_held_out(run, segmenter, material.cases, split=material.split, index=0)
    mark_done(run, 0, PREDICTIONS, remarks=remarks)
    names = held_out_names(run.read_record())
    score_held_out(run, material.cases, split=material.split, names=names)
    return run


def held_out_all(cases: Sequence[str]) -> tuple[Fold, ...]:
    """One fold that trains on no case and holds all of them out."""
    return (Fold((), tuple(cases)),)
