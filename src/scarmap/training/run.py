"""A whole training: folds x stages, then out-of-fold masks and their scores, all in one run folder."""

from collections.abc import Mapping, Sequence
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
from scarmap.sampling.bank import Bank
from scarmap.training.describe import build
from scarmap.training.devices import make_fabric
from scarmap.training.fit import Job, Options, build_learner, fit, split_rows
from scarmap.training.held_out import Remarks, score_held_out, segment_held_out
from scarmap.training.material import Material, gather, median_spacing_mm
from scarmap.training.recipe import Recipe
from scarmap.training.record import PREDICTIONS, Request, held_out_names, is_done, is_scored, mark_done, new_record
from scarmap.training.reopen import open_record
from scarmap.training.restore import load_stage, make_segmenter


def train(request: Request) -> RunFolder:
    """Train a recipe on a folder of labelled cases.

    Returns:
        The run folder, holding weights, logs, out-of-fold masks, scores and pictures.

    Raises:
        DataError: The data cannot be trained on.
        RecipeError: The recipe does not fit the data.
        RunError: The folder holds another run, or one that was not asked to be resumed, or another command writes it.
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
            fresh = new_record(request, recipe, material, fabric.device, processes=fabric.world_size)
            open_record(run, fresh, resume=request.options.resume, retrain=request.options.retrain)
        fabric.barrier()
        material = replace(material, bank=material.bank.to(fabric.device))
        for index in wanted:
            fold = material.split.folds[index]
            stages = train_fold(run, recipe, material.bank, fold, index=index, fabric=fabric, options=request.options)
            if fabric.is_global_zero:
                finish_fold(run, recipe, material, stages, index=index, device=fabric.device)
            fabric.barrier()
    return run


def finish_fold(
    run: RunFolder,
    recipe: Recipe,
    material: Material,
    stages: Mapping[str, nn.Module],
    *,
    index: int,
    device: torch.device,
) -> None:
    """Predict what a trained fold held out, and score all that was held out so far, where that is not done."""
    if not is_done(run, index, PREDICTIONS):
        remarks = predict_fold(run, recipe, material, stages, index=index, device=device)
        mark_done(run, index, PREDICTIONS, remarks=remarks)
    if not is_scored(run):
        names = held_out_names(run.read_record())
        score_held_out(run, material.cases, split=material.split, names=names)


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


def predict_fold(
    run: RunFolder,
    recipe: Recipe,
    material: Material,
    stages: Mapping[str, nn.Module],
    *,
    index: int,
    device: torch.device,
) -> Remarks:
    """Write the masks of what a fold held out, and the system's own pictures of it.

    Args:
        run: The run folder.
        recipe: The system.
        material: The data, its slices on `device`.
        stages: Trained stages of the fold.
        index: Its number.
        device: Where the stages are.

    Returns:
        What is remarkable about the masks, for the record.
    """
    spacing_mm = median_spacing_mm(material.cases)
    segmenter = make_segmenter(recipe, [stages], layout=material.layout, spacing_mm=spacing_mm, device=device)
    remarks = segment_held_out(run, segmenter, material.cases, split=material.split, index=index)
    illustrate(run, recipe, stages, material.bank, material.split.folds[index], index=index)
    return remarks


def illustrate(
    run: RunFolder, recipe: Recipe, stages: Mapping[str, nn.Module], bank: Bank, fold: Fold, *, index: int
) -> None:
    """Write the system's own pictures of a fold, of cases that it did not train on where there are some."""
    if recipe.illustrate is None:
        return
    rows = bank.rows(fold.validation or fold.train)
    for illustration in recipe.illustrate(stages, bank, rows):
        write_illustration(run.illustrations(index), illustration)
