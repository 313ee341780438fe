"""How every system's networks are trained under its "modern" schedule, whatever its paper did."""

from functools import partial
from typing import Any

from torch.optim import AdamW

from scarmap.training.recipe import Phase
from scarmap.training.schedules import one_cycle


def modern_training(*, epochs: int, learning_rate: float = 2e-3) -> dict[str, Any]:
    """Fields of a `Stage`: AdamW on one cycle of the learning rate, clipped gradients, nothing selected.

    The last epoch is kept, so that the cases that are scored choose nothing; they are looked at every fifth epoch.

    Args:
        epochs: Length of the cycle.
        learning_rate: Its peak.
    """
    return {
        "optimizer": partial(AdamW, weight_decay=0.01),
        "phases": (Phase(epochs, learning_rate, partial(one_cycle, warm_up=0.15)),),
        "score_every": 5,
        "keep": "last",
        "gradient_clip": 5.0,
    }
