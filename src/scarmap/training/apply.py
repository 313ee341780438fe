"""A run folder of a system that is applied to labelled cases as it is, and not trained."""

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folds import Fold
from scarmap.datasets.split import Split
from scarmap.inference.predict import Segmenter
from scarmap.io.run import RunFolder
from scarmap.training.describe import build
from scarmap.training.held_out import score_held_out, segment_held_out
from scarmap.training.record import Request, mark_done, new_record
from scarmap.training.run import labelled_cases


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
    wanted = recipe.preparation
    files = labelled_cases(request.data, recipe)
    cases = [load_case(each, sequences=wanted.sequences, labelled=True, optional=wanted.optional) for each in files]
    split = Split("patient", (Fold((), tuple(case.name for case in cases)),))
    run = RunFolder(request.out)
    run.write_record(new_record(request, recipe, files, cases, split, segmenter.device))
    segment_held_out(run, segmenter, cases, split=split, index=0)
    score_held_out(run, cases, split=split, layout=recipe.layout)
    mark_done(run, 0, "predictions")
    return run
