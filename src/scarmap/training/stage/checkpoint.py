"""What a stopped training continues from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from scarmap.errors import RunError
from scarmap.io.files import replacing
from scarmap.io.record import COUNT, fits_shape


@dataclass(frozen=True)
class Progress:
    """How far a stage has come.

    Attributes:
        epoch: Epochs done, over all phases.
        phase: Phase in progress.
        phase_epoch: Epochs done in it.
        best_score: Best mean validation Dice of this phase, -1 before the first.
        best_epoch: Epoch of it, over all phases.
        stale: Epochs since the score last rose by the phase's `min_delta`.
        mark: Score that the next rise is measured from.
    """

    epoch: int = 0
    phase: int = 0
    phase_epoch: int = 0
    best_score: float = -1.0
    best_epoch: int = 0
    stale: int = 0
    mark: float = -1.0

    def after_epoch(self, score: float | None, min_delta: float) -> "Progress":
        """One more epoch done, with its score where it was validated."""
        done = replace(
            self, epoch=self.epoch + 1, phase_epoch=self.phase_epoch + 1, stale=self.stale + 1
        )
        if score is None:
            return done
        if score > self.best_score:
            done = replace(done, best_score=score, best_epoch=self.epoch)
        if score > self.mark + min_delta:
            done = replace(done, mark=score, stale=0)
        return done

    def next_phase(self) -> "Progress":
        """The start of the following phase."""
        return Progress(epoch=self.epoch, phase=self.phase + 1)


def write_checkpoint(
    path: Path, progress: Progress, learner: dict[str, Any], optimizer: dict[str, Any]
) -> None:
    """Write the state of a training, whole or not at all.

    Raises:
        DataError: There is no room for it.
    """
    state = {
        "progress": {field.name: getattr(progress, field.name) for field in fields(progress)},
        "learner": learner,
        "optimizer": optimizer,
    }
    # torch's own writer ends on a full disk with a traceback, so the bytes are written here.
    packed = BytesIO()
    torch.save(state, packed)
    with replacing(path) as temporary:
        temporary.write_bytes(packed.getbuffer())


_SHAPE = {
    **dict.fromkeys(("epoch", "phase", "phase_epoch", "best_epoch", "stale"), COUNT),
    **dict.fromkeys(("best_score", "mark"), float),
}
_LIKE_THEIR_WEIGHTS = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer")
"""What an optimiser remembers of each weight."""


@contextmanager
def _continuing(path: Path) -> Iterator[None]:
    """Turn whatever torch says of a foreign state into one paragraph."""
    try:
        yield
    except _FOREIGN as problem:
        reason = str(problem).partition("\n")[0]
        raise RunError(
            f"{path} cannot be continued from ({reason}). Remove it to train this stage anew."
        ) from None


_FOREIGN = (
    OSError,
    RuntimeError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
    UnpicklingError,
)


def load_learner(path: Path, learner: nn.Module, state: dict[str, Any]) -> None:
    """Give a network and its objective the state of a checkpoint.

    Args:
        path: The checkpoint, for the message.
        learner: Both.
        state: What `read_checkpoint` read.

    Raises:
        RunError: It is the state of something else.
    """
    with _continuing(path):
        learner.load_state_dict(state)


def load_optimizer(path: Path, optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Give an optimiser the state of a checkpoint.

    Raises:
        RunError: It is the state of something else.
    """
    before = [_settings(group) for group in optimizer.param_groups]
    with _continuing(path):
        optimizer.load_state_dict(state)
        if [_settings(group) for group in optimizer.param_groups] != before:
            raise ValueError("its optimiser has other settings")
        for weights, remembered in optimizer.state.items():
            for name in _LIKE_THEIR_WEIGHTS:
                found = remembered.get(name, weights)
                if found is not None and found.shape != weights.shape:
                    raise ValueError(f"its optimiser remembers {name} of another shape")


def _settings(group: dict[str, Any]) -> dict[str, str]:
    """Names and kinds of an optimiser's settings; the learning rate itself is the phases'."""
    kinds = {
        name: "number" if isinstance(value, int | float) else type(value).__name__
        for name, value in group.items()
    }
    return {name: kind for name, kind in kinds.items() if name != "initial_lr"}


def read_checkpoint(
    path: Path, device: torch.device
) -> tuple[Progress, dict[str, Any], dict[str, Any]]:
    """Read what `write_checkpoint` wrote; code in the file is refused, not executed.

    Raises:
        RunError: The file is damaged.
    """
    with _continuing(path):
        state = torch.load(path, map_location=device, weights_only=True)
        progress, learner, optimizer = (
            state[each] for each in ("progress", "learner", "optimizer")
        )
        if not fits_shape(progress, _SHAPE):
            raise ValueError("it does not say how far it is")
        if not (isinstance(learner, dict) and isinstance(optimizer, dict)):
            raise ValueError("it holds no state of a network and an optimiser")
        return Progress(**progress), learner, optimizer
