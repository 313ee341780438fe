"""A whole training: folds x stages, then out-of-fold masks and their scores, all in one run folder."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from scarmap import __version__
from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import find_cases, find_masks
from scarmap.datasets.folds import Fold
from scarmap.errors import RecipeError, RunError
from scarmap.evaluation.table import evaluate_folder, write_evaluation
from scarmap.inference.predict import segment
from scarmap.io.illustrations import write_illustration
from scarmap.io.nifti import write_labels
from scarmap.io.run import RunFolder
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.training.fit import Job, Options, fit
from scarmap.training.provenance import data_hash, provenance
from scarmap.training.recipe import Recipe, Row
from scarmap.training.restore import load_stage, make_segmenter, record_recipe
from scarmap.volume import Case, with_labels

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """A training that a user asked for.

    Attributes:
        name: Name of the recipe, for the record.
        row: The recipe.
        data: Folder of labelled cases.
        out: Run folder.
        folds: Numbers of the folds to train; None for all.
        device: "auto", "cpu" or "cuda".
        options: Seed, length and resumption.
    """

    name: str
    row: Row
    data: Path
    out: Path
    folds: tuple[int, ...] | None = None
    device: str = "auto"
    options: Options = field(default_factory=Options)


def train(request: Request) -> RunFolder:
    """Train a recipe on a folder of labelled cases.

    Returns:
        The run folder, holding weights, logs, out-of-fold masks, scores and pictures.

    Raises:
        DataError: The data cannot be trained on.
        RecipeError: The recipe does not fit the data.
        RunError: The folder holds another run, or one that was not asked to be resumed.
    """
    recipe = request.row.recipe()
    files = labelled_cases(request.data, recipe)
    cases = [load_case(each, sequences=recipe.preparation.sequences, labelled=True) for each in files]
    splits = recipe.folds([case.name for case in cases])
    wanted = chosen_folds(request.folds, len(splits))
    bank = fill_bank(cases, recipe.preparation)
    fabric = make_fabric(request.device)
    run = RunFolder(request.out)
    open_record(run, new_record(request, recipe, files, cases, splits, fabric.device), resume=request.options.resume)
    bank = bank.to(fabric.device)
    for index in wanted:
        stages = train_fold(run, recipe, bank, splits[index], index=index, fabric=fabric, options=request.options)
        if fabric.is_global_zero:
            finish_fold(run, recipe, stages, bank, [case for case in cases if case.name in splits[index].validation])
            illustrate(run, recipe, stages, bank, splits[index], index=index)
    if fabric.is_global_zero:
        score(run, files, recipe.layout)
    return run


def make_fabric(device: str) -> Fabric:
    """Device and precision: bfloat16 where there is a CUDA device, float32 on the CPU.

    Raises:
        RunError: A CUDA device was asked for and there is none.
    """
    cuda = torch.cuda.is_available()
    if device == "cuda" and not cuda:
        raise RunError(
            "--device cuda was asked for, but torch sees no CUDA device. Use --device cpu, or mend the driver."
        )
    on_cuda = cuda and device != "cpu"
    return Fabric(accelerator="cuda" if on_cuda else "cpu", devices=1, precision="bf16-mixed" if on_cuda else "32-true")


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


def new_record(
    request: Request,
    recipe: Recipe,
    files: Sequence[CaseFiles],
    cases: Sequence[Case],
    splits: Sequence[Fold],
    device: torch.device,
) -> dict[str, Any]:
    """`run.json` of a training that begins."""
    options = request.options
    return {
        "scarmap": __version__,
        "recipe": record_recipe(request.name, request.row, recipe),
        "data": {
            "folder": str(request.data.resolve()),
            "layout": recipe.layout,
            "num_cases": len(cases),
            "spacing_mm": median(case.grid.spacing_mm[0] for case in cases),
            "sha256": data_hash(files, recipe.preparation.sequences),
        },
        "folds": [asdict(split) for split in splits],
        "provenance": provenance(
            device=device, seed=options.seed, epochs_scale=options.epochs_scale, max_steps=options.max_steps
        ),
        "state": {},
    }


def open_record(run: RunFolder, fresh: dict[str, Any], *, resume: bool) -> None:
    """Write `run.json`, or check that the one which is continued is of the same training.

    Raises:
        RunError: The folder holds a run, and it is not to be or cannot be continued.
    """
    if not run.record_file.is_file():
        run.write_record(fresh)
        return
    if not resume:
        raise RunError(f"{run.root} already holds a run. Add --resume to continue it, or choose another --out.")
    stored = run.read_record()
    same = {
        "recipe": ("recipe", "details"),
        "data set": ("data", "sha256"),
        "seed": ("provenance", "seed"),
        "--epochs-scale": ("provenance", "epochs_scale"),
        "number of steps": ("provenance", "max_steps"),
    }
    changed = [what for what, (part, key) in same.items() if stored[part].get(key) != fresh[part].get(key)]
    if changed:
        raise RunError(
            f"{run.root} was started with another {' and another '.join(changed)}, so it cannot be continued. Choose "
            f"another --out, or repeat the first command: {stored['provenance']['command']}"
        )


def train_fold(
    run: RunFolder, recipe: Recipe, bank: Bank, fold: Fold, *, index: int, fabric: Fabric, options: Options
) -> dict[str, nn.Module]:
    """Train the stages of one fold in order; a stage that is done is loaded instead."""
    stages: dict[str, nn.Module] = {}
    for stage in recipe.stages:
        if state(run, index, stage.name) == "done":
            stages[stage.name] = load_stage(run, stage, index, fabric.device)
            continue
        logger.info("Fold %d, stage %s", index, stage.name)
        job = Job(stage, bank, fold, index, run.stage(index, stage.name), fabric, options)
        stages[stage.name] = fit(job, stages)
        if fabric.is_global_zero:
            record = run.read_record()
            record["state"][f"fold_{index}/{stage.name}"] = "done"
            run.write_record(record)
    return stages


def state(run: RunFolder, fold: int, stage: str) -> str:
    """State of one stage: "done", or "open"."""
    return str(run.read_record()["state"].get(f"fold_{fold}/{stage}", "open"))


def finish_fold(
    run: RunFolder, recipe: Recipe, stages: Mapping[str, nn.Module], bank: Bank, held_out: Sequence[Case]
) -> None:
    """Segment the cases that a fold did not train on."""
    spacing_mm = run.read_record()["data"]["spacing_mm"]
    segmenter = make_segmenter(recipe, [stages], spacing_mm=spacing_mm, device=bank.images.device)
    for case in held_out:
        labels = segment(with_labels(case, None), segmenter).labels
        write_labels(run.predictions / f"{case.name}.nii.gz", labels, recipe.layout)


def illustrate(
    run: RunFolder, recipe: Recipe, stages: Mapping[str, nn.Module], bank: Bank, fold: Fold, *, index: int
) -> None:
    """Write the system's own pictures of a fold, of cases that it did not train on where there are some."""
    if recipe.illustrate is None:
        return
    rows = bank.rows(fold.validation or fold.train)
    for illustration in recipe.illustrate(stages, bank, rows):
        write_illustration(run.illustrations(index), illustration)


def score(run: RunFolder, files: Sequence[CaseFiles], layout: str) -> None:
    """Score all out-of-fold masks that the run holds; a recipe without held-out cases has none."""
    predictions = find_masks(run.predictions) if run.predictions.is_dir() else {}
    truths = {case.name: case.labels for case in files if case.labels is not None and case.name in predictions}
    if truths:
        write_evaluation(run.evaluation, evaluate_folder(predictions, truths, layout))
