"""The one loop that trains the recipes.

- `stage`: one network, epoch by epoch, in one process or in several.
- `run`: one run folder: its record, its folds and stages, its held-out masks and their scores.
- `jobs`: many runs, as jobs for a scheduler.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.training.jobs.train_several import train_several
    from scarmap.training.run.apply import apply
    from scarmap.training.run.request import Request
    from scarmap.training.run.train import train
    from scarmap.training.stage.fit import Options, StageTraining, fit

__all__ = ["Options", "Request", "StageTraining", "apply", "fit", "train", "train_several"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
