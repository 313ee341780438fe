"""How learning rates decay, and the "modern" schedule that every system offers."""

import math
from functools import partial
from typing import Any

from scarmap.recipes.recipe import Phase


def tenfold(epoch: int, epochs: int) -> float:
    """Exponential decay to a tenth over the phase.

    Source: MFU-Net, section 3.2 ("decayed exponentially"); the rate is the released code's.

    >>> round(tenfold(9, 10), 6)
    0.1
    """
    return math.exp(-math.log(10) * (epoch + 1) / epochs)


def exponential(epoch: int, epochs: int, *, last: float) -> float:
    """Exponential decay from 1 in the first epoch to `last` in the last one.

    >>> [round(exponential(epoch, 3, last=0.01), 6) for epoch in range(3)]
    [1.0, 0.1, 0.01]
    """
    return math.exp(math.log(last) * epoch / max(1, epochs - 1))


def one_cycle(epoch: int, epochs: int, *, warm_up: float = 0.2) -> float:
    """Cosine rise from 4 % to 100 % over the first share of the phase, then a cosine fall to 0.

    A warm-up from 1/25 of the peak is the usual one.

    Source: Smith and Topin, "Super-convergence" (2019), as in `torch.optim.lr_scheduler.OneCycleLR`
        (`div_factor=25`).

    >>> 0.03 < one_cycle(0, 100) < 0.06, one_cycle(99, 100) < 0.001
    (True, True)
    """
    done = (epoch + 0.5) / epochs
    if done < warm_up:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * done / warm_up)) / 2
    return (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up))) / 2


def constant(epoch: int, epochs: int) -> float:
    """No decay."""
    del epoch, epochs
    return 1.0


def modern_training(*, epochs: int, learning_rate: float = 2e-3) -> dict[str, Any]:
    """Fields of a `Stage`: AdamW, one cycle of the learning rate, clipped gradients, last epoch.

    The last epoch is kept, so that the cases that are scored choose nothing; they are looked at
    every fifth epoch.

    Args:
        epochs: Length of the cycle.
        learning_rate: Its peak.
    """
    from torch.optim import AdamW

    return {
        "optimizer": partial(AdamW, weight_decay=0.01),
        "phases": (Phase(epochs, learning_rate, partial(one_cycle, warm_up=0.15)),),
        "score_every": 5,
        "keep": "last",
        "gradient_clip": 5.0,
    }
