"""The anatomy prior's training: one network with a weight generator in its objective."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn
from torch.optim import Adam

from scarmap.recipes.recipe import Phase, Stage
from scarmap.recipes.schedules import exponential, modern_training
from scarmap.recipes.validation import region_dice
from scarmap.sampling.augment import MODERN_AUGMENTATION, Augmentation
from scarmap.sampling.intensity import scale_between
from scarmap.sampling.samplers import Sampler, full_slices
from scarmap.systems.anatomy_prior.inference import probabilities
from scarmap.systems.anatomy_prior.mixup import mixed_slices

SCALED = partial(scale_between, low=1, high=99, by_slice=False)
"""Intensities of the volume, of which the 1st and 99th percentile become 0 and 1.

Source: not given in the paper.
Differs: nothing to compare with; a choice. The volume is scaled as a whole, so that a slice without
    infarct does not look as bright as one with it.
"""

_LYING = replace(
    MODERN_AUGMENTATION,
    rotation_deg=30,
    flips=False,
    scale=(0.82, 1.22),
    elastic_px=1.3,
    stretch=1.35,
)
"""For EMIDEC: all slices lie the same way round, and some exports draw out hearts along the
rows."""
AUGMENTATION: Mapping[str, Augmentation] = {"emidec": _LYING, "myops2020": MODERN_AUGMENTATION}
"""What the modern schedule draws from."""


def training(schedule: str, *, mixup: bool, layout: str) -> dict[str, Any]:
    """Sampler, optimiser and length under a schedule.

    Source: anatomy prior, section 3: Adam from 1e-2 to 1e-6, batches of 16, 400 epochs, the best
        model on the validation set.
    Differs: how the learning rate decreases is not published; chosen: by the same factor each
        epoch. No augmentation but the mix-up is named, and none is used. "modern" is AdamW on one
        cycle up to 2e-3, batches of 4, the layout's `AUGMENTATION` after the mix-up, the last epoch
        kept.
    """
    blend = mixed_slices if mixup else full_slices
    sampler: Sampler
    if schedule == "modern":
        sampler = partial(blend, batch_size=4, augmentation=AUGMENTATION[layout])
        return {"sampler": sampler, **modern_training(epochs=60)}
    sampler = partial(blend, batch_size=16, augmentation=Augmentation())
    return {
        "sampler": sampler,
        "optimizer": Adam,
        "phases": (Phase(400, 1e-2, partial(exponential, last=1e-4)),),
    }


def segmentation_stage(
    model: Callable[[], nn.Module],
    objective: Callable[[], nn.Module],
    *,
    layout: str,
    regions: tuple[str, ...],
    schedule: str,
    mixup: bool,
) -> Stage:
    """The only stage."""
    return Stage(
        name="segment",
        model=model,
        objective=objective,
        score=partial(
            region_dice,
            predict=partial(probabilities, layout=layout, regions=regions),
            regions=regions,
        ),
        **training(schedule, mixup=mixup, layout=layout),
    )
