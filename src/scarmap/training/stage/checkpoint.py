"""What a stopped training continues from."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from scarmap.errors import RunError
from scarmap.io.files import replacing


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
    """Write the state of a training, whole or not at all."""
    state = {
        "progress": {field.name: getattr(progress, field.name) for field in fields(progress)},
        "learner": learner,
        "optimizer": optimizer,
    }
    with replacing(path) as temporary:
        torch.save(state, temporary)


def read_checkpoint(
    path: Path, device: torch.device
) -> tuple[Progress, dict[str, Any], dict[str, Any]]:
    """Read what `write_checkpoint` wrote; code in the file is refused, not executed.

    Raises:
        RunError: The file is damaged.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        return Progress(**state["progress"]), state["learner"], state["optimizer"]
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, UnpicklingError) as problem:
        reason = str(problem).partition("\n")[0]
        raise RunError(
            f"{path} cannot be continued from ({reason}). Remove it to train this stage anew."
        ) from None
