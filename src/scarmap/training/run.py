"""A whole training: folds x stages, then out-of-fold masks and their scores, all in one run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lightning_fabric import Fabric
from torch import nn

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import find_cases
from scarmap.datasets.folds import Fold
from scarmap.datasets.split import split_cases
from scarmap.errors import RecipeError
from scarmap.io.illustrations import write_illustration
from scarmap.io.run import RunFolder
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.sampling.preparation import Preparation
from scarmap.training.describe import build
from scarmap.training.devices import make_fabric
from scarmap.training.fit import Job, Options, build_learner, fit, split_rows
from scarmap.training.held_out import score_held_out, segment_held_out
from scarmap.training.recipe import Recipe
from scarmap.training.record import Request, is_done, mark_done, median_spacing_mm, new_record
from scarmap.training.reopen import open_record
from scarmap.training.restore import load_stage, make_segmenter
from scarmap.volume import Case

PREDICTIONS = "predictions"
"""Step of a fold after its stages: held-out masks, pictures and scores."""


def train(request: Request) -> RunFolder:
    """Train a recipe on a folder of labelled cases.

    Returns:
        The run folder, holding weights, logs, out-of-fold masks, scores and pictures.

    Raises:
        DataError: The data cannot be trained on.
        RecipeError: The recipe does not fit the data.
        RunError: The folder holds another run, or one that was not asked to be resumed.
    """
    recipe = build(request.row.recipe)
    fabric = make_fabric(request.device, devices=request.devices)
    fabric.launch()
    files = labelled_cases(request.data, recipe)
    sequences, optional = recipe.preparation.sequences, recipe.preparation.optional
    cases = [load_case(each, sequences=sequences, labelled=True, optional=optional) for each in files]
    split = split_cases({case.name: case.grid.shape[2] for case in cases}, recipe.folds, unit=recipe.unit)
    wanted = chosen_folds(request.folds, len(split.folds))
    bank = fill_bank(cases, at_one_pixel_size(recipe.preparation, cases))
    rehearse(recipe, bank, [split.folds[index] for index in wanted])
    run = RunFolder(request.out)
    if fabric.is_global_zero:
        fresh = new_record(request, recipe, files, cases, split, fabric.device, processes=fabric.world_size)
        open_record(run, fresh, resume=request.options.resume)
    fabric.barrier()
    bank = bank.to(fabric.device)
    for index in wanted:
        fold = split.folds[index]
        stages = train_fold(run, recipe, bank, fold, index=index, fabric=fabric, options=request.options)
        if fabric.is_global_zero and not is_done(run, index, PREDICTIONS):
            segmenter = make_segmenter(recipe, [stages], spacing_mm=median_spacing_mm(cases), device=fabric.device)
            segment_held_out(run, segmenter, cases, split=split, index=index)
            illustrate(run, recipe, stages, bank, fold, index=index)
            score_held_out(run, cases, split=split, layout=recipe.layout)
            mark_done(run, index, PREDICTIONS)
        fabric.barrier()
    return run


def at_one_pixel_size(preparation: Preparation, cases: Sequence[Case]) -> Preparation:
    """The preparation at the median pixel size of the cases where it names none, as predictions will be made."""
    return replace(preparation, spacing_mm=preparation.spacing_mm or median_spacing_mm(cases))


def rehearse(recipe: Recipe, bank: Bank, folds: Sequence[Fold]) -> None:
    """Build and split everything once before a file is written, so that what cannot work fails here.

    Raises:
        RecipeError: A network or an objective refuses its settings.
        DataError: There are too few cases for the splits.
    """
    for stage in recipe.stages:
        build_learner(replace(stage, initialise=None), {}, seed=0)
        for fold in folds:
            for phase in stage.phases:
                split_rows(bank, fold, phase)


def labelled_cases(data: Path, recipe: Recipe) -> list[CaseFiles]:
    """Labelled cases of a folder, checked against the recipe's layout.

    Raises:
        DataError: There are none.
        RecipeError: They are of another layout.
    """
    files = find_cases(data, labelled=True)
    if files[0].layout != recipe.layout:
        raise RecipeError(
            f"{data} is labelled in layout {files[0].layout!r}, but the recipe learns {recipe.layout!r}. Point "
            f"--data at such a data set, or, where the recipe has these settings, add --set layout={files[0].layout} "
            f"--set sequences={','.join(files[0].images)}."
        )
    return files


def chosen_folds(wanted: Sequence[int] | None, count: int) -> list[int]:
    """Numbers of the folds to train.

    Raises:
        RecipeError: A fold does not exist.
    """
    if wanted is None:
        return list(range(count))
    for index in wanted:
        if not 0 <= index < count:
            raise RecipeError(
                f"There is no fold {index}: this recipe has folds 0 to {count - 1}. Use --fold all for all."
            )
    return list(wanted)


def train_fold(
    run: RunFolder, recipe: Recipe, bank: Bank, fold: Fold, *, index: int, fabric: Fabric, options: Options
) -> dict[str, nn.Module]:
    """Train the stages of one fold in order; a stage that is done is loaded instead."""
    stages: dict[str, nn.Module] = {}
    for stage in recipe.stages:
        if fabric.broadcast(is_done(run, index, stage.name)):
            stages[stage.name] = load_stage(run, stage, index, fabric.device)
            continue
        if fabric.is_global_zero:
            options.on_stage(f"fold {index}, {stage.name}")
        job = Job(stage, bank, fold, index, run.stage(index, stage.name), fabric, options)
        stages[stage.name] = fit(job, stages)
        if fabric.is_global_zero:
            mark_done(run, index, stage.name)
    return stages


def illustrate(
    run: RunFolder, recipe: Recipe, stages: Mapping[str, nn.Module], bank: Bank, fold: Fold, *, index: int
) -> None:
    """Write the system's own pictures of a fold, of cases that it did not train on where there are some."""
    if recipe.illustrate is None:
        return
    rows = bank.rows(fold.validation or fold.train)
    for illustration in recipe.illustrate(stages, bank, rows):
        write_illustration(run.illustrations(index), illustration)
