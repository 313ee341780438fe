"""The cascade's training: three networks one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn
from torch.optim import Adam

from scarmap.recipes.recipe import Phase, Stage
from scarmap.recipes.schedules import constant, modern_training
from scarmap.recipes.validation import region_dice
from scarmap.sampling.augment import UNIT_AUGMENTATION, Augmentation
from scarmap.sampling.intensity import scale_between
from scarmap.sampling.samplers import full_slices
from scarmap.systems.cascade.anatomy import (
    AnatomyNetwork,
    AnatomyObjective,
    Loss,
    region_probabilities,
    take_earlier,
)
from scarmap.systems.cascade.candidates import Gate
from scarmap.systems.cascade.denoiser import Denoiser, DenoisingObjective, denoising_dice
from scarmap.systems.cascade.fusion import Fusion
from scarmap.systems.cascade.inference import validation_probabilities
from scarmap.systems.cascade.objective import PathologyObjective
from scarmap.systems.cascade.pathology import NESTED, PathologyNetwork, SingleNetwork

SCALED = partial(scale_between, low=1, high=99)
"""Intensities of each slice, of which the 1st and 99th percentile become 0 and 1.

Source: not given in the paper.
Differs: nothing to compare with; a choice. 0 is also what candidate images hold outside the left
    ventricle.
"""

_PUBLISHED_AUGMENTATION = Augmentation(
    rotation_deg=180, flips=True, shift=5 / 128, shear=0.1, gamma=(0.7, 1.4), gamma_share=0.3
)
"""From the loader of the group's later released code."""

SINGLES: Mapping[str, tuple[tuple[int, ...], str]] = {
    "unet-edema": ((2,), "T2"),
    "unet-scar": ((1,), "LGE"),
    "fusion-unet": ((0, 1, 2), "main"),
}
"""Sequences and output of Table 2's single networks, in the order bSSFP, LGE, T2."""


def training(schedule: str, *, learning_rate: float, modern_epochs: int) -> dict[str, Any]:
    """Sampler, optimiser and length that a stage has under a schedule.

    Source: cascade, section 3.2 (Adam); augmentation from the loader of the group's later released
        code.
    Differs: learning rate, batch size, number of epochs and augmentation are not published. Chosen
        for "published": batches of 16, 300 epochs, the best one by validation Dice kept. "modern"
        is AdamW on one cycle up to 2e-3, batches of 4, strong augmentation, the last epoch kept.
    """
    if schedule == "modern":
        return {
            "sampler": partial(full_slices, batch_size=4, augmentation=UNIT_AUGMENTATION),
            **modern_training(epochs=modern_epochs),
        }
    return {
        "sampler": partial(full_slices, batch_size=16, augmentation=_PUBLISHED_AUGMENTATION),
        "optimizer": Adam,
        "phases": (Phase(300, learning_rate, constant),),
    }


def denoiser_stage(*, size: int, code: int, schedule: str) -> Stage:
    """Masks alone, corrupted anew in every epoch; Adam at 1e-3."""
    return Stage(
        name="denoiser",
        model=partial(Denoiser, size=size, code=code),
        objective=DenoisingObjective,
        score=denoising_dice,
        **training(schedule, learning_rate=1e-3, modern_epochs=200),
    )


def anatomy_stage(*, sequences: tuple[int, ...], width: int, beta: float, schedule: str) -> Stage:
    """The LV epicardial region; the frozen auto-encoder helps unless `beta` is 0; Adam at 1e-4."""
    loss: Loss = "dice-cross-entropy" if schedule == "modern" else "dice"
    stage = Stage(
        name="anatomy",
        model=partial(AnatomyNetwork, sequences=sequences, width=width),
        objective=partial(AnatomyObjective, beta=beta, loss=loss),
        score=partial(region_dice, predict=region_probabilities, regions=("lv_epicardium",)),
        **training(schedule, learning_rate=1e-4, modern_epochs=100),
    )
    return replace(stage, inputs=("denoiser",), initialise=take_earlier) if beta else stage


def pathology_stage(
    pathology: str,
    *,
    width: int,
    fusion: Fusion,
    weights: tuple[float, float, float],
    gate: Gate,
    schedule: str,
) -> Stage:
    """Pathology in the candidate images of the frozen anatomy network; Adam at 1e-4.

    Args:
        pathology: "prsn" or a key of `SINGLES`.
        width: Channels at full resolution.
        fusion: The fusion blocks of "prsn".
        weights: Weights of the losses of bSSFP, LGE and T2 beside the main one's 1.
        gate: Which anatomy output ends the candidate images.
        schedule: "published" or "modern".
    """
    model: Callable[[], nn.Module]
    if pathology == "prsn":
        output = "main"
        model = partial(PathologyNetwork, width=width, fusion=fusion)
        parts = {"main": 1.0, **dict(zip(("bSSFP", "LGE", "T2"), weights, strict=True))}
    else:
        sequences, output = SINGLES[pathology]
        model = partial(SingleNetwork, sequences=sequences, output=output, width=width)
        parts = {output: 1.0}
    loss: Loss = "dice-cross-entropy" if schedule == "modern" else "dice"
    predict = partial(validation_probabilities, output=output, gate=gate)
    return Stage(
        name="pathology",
        model=model,
        objective=partial(PathologyObjective, weights=parts, gate=gate, loss=loss),
        score=partial(region_dice, predict=predict, regions=NESTED[output]),
        inputs=("anatomy",) if gate == "segmentation" else ("denoiser", "anatomy"),
        initialise=take_earlier,
        **training(schedule, learning_rate=1e-4, modern_epochs=100),
    )
