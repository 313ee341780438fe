"""One run: its folds and stages are trained, what they held out is segmented and scored.

`train` carries it out in this process, or in several that share every batch;
`scarmap.training.jobs` spreads its steps.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace

import torch
from lightning_fabric import Fabric
from torch import nn

from scarmap.datasets.folds import Fold
from scarmap.errors import RecipeError
from scarmap.io.illustrations import write_illustration
from scarmap.io.lock import held
from scarmap.io.run import RunFolder
from scarmap.recipes.describe import build
from scarmap.recipes.recipe import Recipe, Stage
from scarmap.recipes.trained import load_stage, load_stages, make_segmenter
from scarmap.sampling.bank import Bank
from scarmap.training.run.held_out import Remarks, score_held_out, segment_held_out
from scarmap.training.run.labelled import Labelled, median_spacing_mm
from scarmap.training.run.record import (
    PREDICTIONS,
    held_out_names,
    is_done,
    is_scored,
    mark_done,
    new_record,
)
from scarmap.training.run.request import Request
from scarmap.training.run.resume import open_record
from scarmap.training.run.training_set import Material, gather
from scarmap.training.stage.fit import Options, StageTraining, fit, split_rows
from scarmap.training.stage.learner import build_learner
from scarmap.training.stage.processes import make_fabric


def train(request: Request) -> RunFolder:
    """Train a recipe on a folder of labelled cases.

    Returns:
        The run folder, holding weights, logs, out-of-fold masks, scores and pictures.

    Raises:
        DataError: The data cannot be trained on.
        RecipeError: The recipe does not fit the data.
        RunError: The folder holds another run, or one that was not asked to be resumed, or another
            command writes it.
    """
    recipe = build(request.row.recipe)
    fabric = make_fabric(request.device, devices=request.devices)
    fabric.launch()
    material = gather(request.data, recipe)
    wanted = chosen_folds(request.folds, len(material.split.folds))
    rehearse(recipe, material.bank, [material.split.folds[index] for index in wanted])
    run = RunFolder(request.out)
    with held(run.lock()) if fabric.is_global_zero else nullcontext():
        if fabric.is_global_zero:
            fresh = new_record(
                request, recipe, material, fabric.device, processes=fabric.world_size
            )
            open_record(run, fresh, resume=request.options.resume, retrain=request.options.retrain)
        fabric.barrier()
        material = replace(material, bank=material.bank.to(fabric.device))
        for index in wanted:
            _train_fold(run, recipe, material, index, fabric=fabric, options=request.options)
            if fabric.is_global_zero:
                _finish_fold(run, recipe, material, index, device=fabric.device)
            fabric.barrier()
    return run


def _train_fold(
    run: RunFolder,
    recipe: Recipe,
    material: Material,
    index: int,
    *,
    fabric: Fabric,
    options: Options,
) -> None:
    """Train the stages of one fold that are not done; the first process records each."""
    for stage in recipe.stages:
        if fabric.broadcast(is_done(run, index, stage.name)):
            load_stage(
                run, stage, index, fabric.device
            )  # damaged weights are found before hours of work on them
            continue
        if fabric.is_global_zero:
            options.on_stage(f"fold {index}, {stage.name}")
        train_stage(run, recipe, material, stage, fold=index, fabric=fabric, options=options)
        if fabric.is_global_zero:
            mark_done(run, index, stage.name)


def train_stage(
    run: RunFolder,
    recipe: Recipe,
    material: Material,
    stage: Stage,
    *,
    fold: int,
    fabric: Fabric,
    options: Options,
) -> None:
    """Train one stage of one fold; the stages that it starts from are done."""
    earlier = {
        each.name: load_stage(run, each, fold, fabric.device)
        for each in recipe.stages
        if each.name in stage.inputs
    }
    split, folder = material.split.folds[fold], run.stage(fold, stage.name)
    fit(StageTraining(stage, material.bank, split, fold, folder, fabric, options), earlier)


def _finish_fold(
    run: RunFolder, recipe: Recipe, material: Material, index: int, *, device: torch.device
) -> None:
    """Where that is not done: segment what a fold held out, and score all masks so far."""
    if not is_done(run, index, PREDICTIONS):
        remarks = predict_fold(run, recipe, material, index, device=device)
        mark_done(run, index, PREDICTIONS, remarks=remarks)
    if not is_scored(run):
        score(run, material, held_out_names(run.read_record()))


def predict_fold(
    run: RunFolder, recipe: Recipe, material: Material, index: int, *, device: torch.device
) -> Remarks:
    """Write the masks of what a fold held out, and the system's own pictures of it.

    Args:
        run: The run folder, in which the stages of the fold are trained.
        recipe: The system.
        material: The data, its slices on `device`.
        index: Number of the fold.
        device: Where the stages go.

    Returns:
        What is remarkable about the masks, for the record.
    """
    stages = load_stages(run, recipe, index, device)
    spacing_mm = median_spacing_mm(material.cases)
    segmenter = make_segmenter(
        recipe, [stages], layout=material.layout, spacing_mm=spacing_mm, device=device
    )
    remarks = segment_held_out(run, segmenter, material.cases, split=material.split, index=index)
    _illustrate(run, recipe, stages, material.bank, material.split.folds[index], index=index)
    return remarks


def score(run: RunFolder, material: Labelled, names: Collection[str]) -> None:
    """Score held-out masks of some cases, or slices."""
    score_held_out(run, material.cases, split=material.split, names=names)


def rehearse(recipe: Recipe, bank: Bank, folds: Sequence[Fold]) -> None:
    """Build and split everything once before a file is written: what cannot work fails here.

    Raises:
        RecipeError: A network or an objective refuses its settings.
        DataError: There are too few cases for the splits.
    """
    for stage in recipe.stages:
        build_learner(replace(stage, initialise=None), {}, seed=0)
        for fold in folds:
            for phase in stage.phases:
                split_rows(bank, fold, phase)


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
                f"There is no fold {index}: this recipe has folds 0 to {count - 1}. Use --fold all "
                "for all."
            )
    return list(wanted)


def _illustrate(
    run: RunFolder,
    recipe: Recipe,
    stages: Mapping[str, nn.Module],
    bank: Bank,
    fold: Fold,
    *,
    index: int,
) -> None:
    """Write the system's own pictures of a fold, of held-out cases where there are some."""
    if recipe.illustrate is None:
        return
    rows = bank.rows(fold.validation or fold.train)
    for illustration in recipe.illustrate(stages, bank, rows):
        write_illustration(run.illustrations(index), illustration)
