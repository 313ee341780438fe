"""One epoch: its randomness, its learning rate, its steps and its validation."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from scarmap.errors import RunError
from scarmap.recipes.recipe import Phase, Stage
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.training.stage.checkpoint import Progress


def epoch_generator(seeds: Sequence[int], epoch: int, device: torch.device) -> torch.Generator:
    """A generator made from the seeds and the epoch alone, so resuming needs no stored state."""
    state = np.random.SeedSequence([*seeds, epoch]).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(state >> np.uint64(1)))


def local_devices(device: torch.device) -> list[torch.device]:
    """Devices besides the CPU whose global generator an epoch may draw from."""
    return [] if device.type == "cpu" else [device]


def set_learning_rate(optimizer: Optimizer, phase: Phase, epoch: int) -> None:
    """Set the learning rate of an epoch of a phase."""
    for group in optimizer.param_groups:
        group["lr"] = phase.learning_rate * phase.decay(epoch, phase.epochs)


def train_epoch(
    step: nn.Module,
    optimizer: Optimizer,
    batches: Iterable[Batch],
    *,
    gradient_clip: float | None,
    fabric: Fabric,
) -> tuple[dict[str, float], dict[str, float]]:
    """One pass over the batches.

    Returns:
        Mean of each part of the loss, and of each monitored quantity over the batches that define
            it; one that no batch defines is left out.
    """
    step.train()
    losses: dict[str, list[Tensor]] = {}
    beside: dict[str, list[Tensor]] = {}
    for batch in batches:
        optimizer.zero_grad(set_to_none=True)
        parts, monitored = step(type(batch), **vars(batch))
        fabric.backward(torch.stack(list(parts.values())).sum())
        if gradient_clip is not None:
            fabric.clip_gradients(step, optimizer, max_norm=gradient_clip, error_if_nonfinite=False)
        optimizer.step()
        _collect(losses, parts)
        _collect(beside, monitored)
    means = {
        name: float(torch.stack(values).sum()) / len(values) for name, values in losses.items()
    }
    shown = {name: float(torch.stack(values).nanmean()) for name, values in beside.items()}
    return means, {name: value for name, value in shown.items() if isfinite(value)}


def _collect(collected: dict[str, list[Tensor]], given: Mapping[str, Tensor]) -> None:
    for name, value in given.items():
        collected.setdefault(name, []).append(value.detach())


def check_finite(parts: Mapping[str, float], where: str) -> None:
    """Raise RunError unless every part of the loss is finite: weights do not recover from NaN."""
    broken = [f"{name} = {value}" for name, value in parts.items() if not isfinite(value)]
    if broken:
        raise RunError(
            f"The loss is no longer a number in {where}: {', '.join(broken)}. Look for damaged "
            "images or lower the learning rate, then train into another --out."
        )


def validation_due(stage: Stage, phase: Phase, progress: Progress) -> bool:
    """Whether the epoch in progress is one that is validated."""
    done = progress.phase_epoch + 1
    return done % stage.score_every == 0 or done == phase.epochs


def validate(
    stage: Stage, model: nn.Module, bank: Bank, rows: Tensor, *, due: bool
) -> dict[str, float]:
    """Scores of the validation slices, empty where there is nothing to score."""
    if stage.score is None or len(rows) == 0 or not due:
        return {}
    model.eval()
    with torch.inference_mode():
        return stage.score(model, bank, rows)
