"""The loop: one stage of one fold, for every system alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from scarmap.datasets.folds import Fold, contiguous_folds
from scarmap.errors import RunError
from scarmap.io.run import MONITORED
from scarmap.io.weights import read_weights, write_weights
from scarmap.recipes.describe import describe
from scarmap.recipes.recipe import Phase, Stage
from scarmap.sampling.bank import Bank
from scarmap.training.stage.checkpoint import (
    Progress,
    load_learner,
    load_optimizer,
    read_checkpoint,
    write_checkpoint,
)
from scarmap.training.stage.epoch import (
    check_finite,
    epoch_generator,
    local_devices,
    set_learning_rate,
    train_epoch,
    validate,
    validation_due,
)
from scarmap.training.stage.learner import Learner, build_learner
from scarmap.training.stage.log import Cell, EpochLog
from scarmap.training.stage.shared_batch import share_rows

_CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Options:
    """How a training is run; none of it is science.

    Attributes:
        seed: Everything random in a stage follows from it, the fold, the stage and the epoch.
        epochs_scale: Factor on the epochs and the patience of every phase.
        max_steps: Steps per epoch at most; None for all.
        resume: Continue from a checkpoint where there is one.
        retrain: Remove the stages of a run that a changed recipe changes, and train them again.
        on_stage: Called with a title when a stage begins.
        on_epoch: Called with the log row of each epoch and the number of epochs planned.
    """

    seed: int = 1
    epochs_scale: float = 1.0
    max_steps: int | None = None
    resume: bool = False
    retrain: bool = False
    on_stage: Callable[[str], None] = lambda _title: None
    on_epoch: Callable[[Mapping[str, Cell], int], None] = lambda _row, _planned: None


@dataclass(frozen=True)
class StageTraining:
    """One stage of one fold, and where and how to train it.

    Attributes:
        stage: What to train.
        bank: All slices, on the training device.
        fold: The split, by names of cases or of slices.
        fold_index: Its number, for the seed.
        folder: Folder of this stage in the run; logs, checkpoint and weights go there.
        fabric: Device, precision and processes; the first of these validates and writes, see
            `sharing`.
        options: How to run it.
    """

    stage: Stage
    bank: Bank
    fold: Fold
    fold_index: int
    folder: Path
    fabric: Fabric
    options: Options

    @property
    def phases(self) -> list[Phase]:
        """The stage's phases at the options' length."""
        return [scaled(phase, self.options.epochs_scale) for phase in self.stage.phases]

    @property
    def seeds(self) -> list[int]:
        """Entropy that belongs to this stage of this fold alone."""
        return [self.options.seed, self.fold_index, *self.stage.name.encode()]


def fit(training: StageTraining, earlier: Mapping[str, nn.Module]) -> nn.Module:
    """Train one stage of one fold.

    Args:
        training: What, where and how.
        earlier: Trained models of the stages named in `stage.inputs`.

    Returns:
        The trained model, with the weights that `stage.keep` chooses, in evaluation mode. Where it
            was killed at any moment and is called again with `options.resume`, it returns the same
            weights.
    """
    learner = build_learner(
        training.stage,
        earlier,
        seed=int(np.random.SeedSequence(training.seeds).generate_state(1)[0]),
    )
    progress, optimizer_state = _continued(training, learner)
    learner.model = share_rows(learner.model, training.fabric)
    step = training.fabric.setup_module(learner)
    log = (
        EpochLog(training.folder, first_epoch=progress.epoch)
        if training.fabric.is_global_zero
        else None
    )
    planned = sum(phase.epochs for phase in training.phases)
    for number, phase in enumerate(training.phases[progress.phase :], start=progress.phase):
        if number > progress.phase:
            progress = progress.next_phase()
        optimizer = _optimizer(training, learner, optimizer_state)
        optimizer_state = None
        rows = split_rows(training.bank, training.fold, phase)
        while not _over(phase, progress):
            progress, row = _run_epoch(training, phase, progress, step, optimizer, rows)
            if log is not None:
                log.append(row)
                write_checkpoint(
                    training.folder / _CHECKPOINT,
                    progress,
                    learner.state_dict(),
                    optimizer.state_dict(),
                )
                training.options.on_epoch(row, planned)
    return _finish(training.stage, learner.model, progress, training.folder, training.fabric)


def _optimizer(
    training: StageTraining, learner: Learner, state: dict[str, Any] | None
) -> Optimizer:
    plain = training.stage.optimizer(learner.parameters())
    optimizer = cast("Optimizer", training.fabric.setup_optimizers(plain))
    if state is not None:
        load_optimizer(training.folder / _CHECKPOINT, optimizer, state)
    return optimizer


def _continued(training: StageTraining, learner: Learner) -> tuple[Progress, dict[str, Any] | None]:
    """Load the checkpoint to continue, if any; returns the progress and the optimiser's state.

    Raises:
        RunError: It is damaged, or of another training.
    """
    checkpoint = training.folder / _CHECKPOINT
    if not (training.options.resume and checkpoint.is_file()):
        return Progress(), None
    progress, state, optimizer_state = read_checkpoint(checkpoint, training.fabric.device)
    if progress.phase >= len(training.phases):
        raise RunError(
            f"{checkpoint} is in phase {progress.phase + 1} of {len(training.phases)}, so it "
            "belongs to another training. Remove it to train this stage anew."
        )
    load_learner(checkpoint, learner, state)
    return progress, optimizer_state


def _over(phase: Phase, progress: Progress) -> bool:
    """Whether a phase has run its length, or is validated and has been stopped early."""
    patience = phase.patience if progress.best_score >= 0 else None
    return progress.phase_epoch >= phase.epochs or (
        patience is not None and progress.stale >= patience
    )


def _run_epoch(
    training: StageTraining,
    phase: Phase,
    progress: Progress,
    step: nn.Module,
    optimizer: Optimizer,
    rows: tuple[Tensor, Tensor],
) -> tuple[Progress, dict[str, Cell]]:
    """Train one epoch, validate it, and keep its weights when they are the best so far.

    Args:
        training: What, where and how.
        phase: The phase in progress.
        progress: How far it is.
        step: The learner, wrapped for its devices.
        optimizer: The optimiser of this phase.
        rows: Slices to train on and to validate on.

    Returns:
        How far the training is now, and the epoch's log row.
    """
    began = time.perf_counter()
    generator = epoch_generator(training.seeds, progress.epoch, training.bank.images.device)
    batches = islice(
        training.stage.sampler(training.bank, rows[0], generator), training.options.max_steps
    )
    set_learning_rate(optimizer, phase, progress.phase_epoch)
    with torch.random.fork_rng(devices=local_devices(training.bank.images.device)):
        torch.manual_seed(generator.initial_seed())
        parts, monitored = train_epoch(
            step,
            optimizer,
            batches,
            gradient_clip=training.stage.gradient_clip,
            fabric=training.fabric,
        )
    check_finite(parts, f"stage {training.stage.name!r}, epoch {progress.epoch + 1}")
    model: nn.Module = step.module.model  # type: ignore[union-attr, assignment]
    due = validation_due(training.stage, phase, progress) and training.fabric.is_global_zero
    scores = training.fabric.broadcast(
        validate(training.stage, model, training.bank, rows[1], due=due)
    )
    score = sum(scores.values()) / len(scores) if scores else None
    after = progress.after_epoch(score, phase.min_delta)
    improved = training.stage.keep == "best" and after.best_score > progress.best_score
    if training.fabric.is_global_zero and improved:
        write_weights(
            training.folder / "best.safetensors", model.state_dict(), {"validation_dice": score}
        )
    row = _log_row(progress, phase, parts, scores, time.perf_counter() - began)
    return after, row | {f"{MONITORED}{name}": value for name, value in monitored.items()}


def scaled(phase: Phase, factor: float) -> Phase:
    """The phase with its epochs and patience multiplied, at least one epoch each."""
    patience = phase.patience and max(1, round(phase.patience * factor))
    return replace(phase, epochs=max(1, round(phase.epochs * factor)), patience=patience)


def split_rows(bank: Bank, fold: Fold, phase: Phase) -> tuple[Tensor, Tensor]:
    """Rows of the bank to train and to validate on in one phase."""
    if phase.hold_out is not None:
        fold = contiguous_folds(fold.train)[phase.hold_out]
    return bank.rows(fold.train), bank.rows(fold.validation)


def _log_row(
    progress: Progress,
    phase: Phase,
    parts: dict[str, float],
    scores: dict[str, float],
    seconds: float,
) -> dict[str, Cell]:
    """The log's row of one epoch; losses by their parts' names, validation Dice by region."""
    row: dict[str, Cell] = {
        "epoch": progress.epoch,
        "phase": progress.phase,
        "learning_rate": phase.learning_rate * phase.decay(progress.phase_epoch, phase.epochs),
        "seconds": round(seconds, 3),
        "loss": sum(parts.values()),
        **parts,
    }
    if scores:
        row["validation_dice"] = sum(scores.values()) / len(scores)
        row |= {f"validation_dice_{region}": score for region, score in scores.items()}
    return row


def _finish(
    stage: Stage, model: nn.Module, progress: Progress, folder: Path, fabric: Fabric
) -> nn.Module:
    """Keep the chosen weights, write them, and hand the model over for inference."""
    best = folder / "best.safetensors"
    fabric.barrier()
    if stage.keep == "best" and progress.best_score >= 0:
        model.load_state_dict(read_weights(best)[0])
    if fabric.is_global_zero:
        about = {
            "stage": stage.name,
            "model": describe(stage.model),
            "epochs": progress.epoch,
            "kept": stage.keep if progress.best_score >= 0 else "last",
            "best_epoch": progress.best_epoch,
            "best_validation_dice": progress.best_score if progress.best_score >= 0 else None,
        }
        write_weights(folder / "weights.safetensors", model.state_dict(), about)
    return model.eval()
