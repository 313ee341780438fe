"""The linear codec's training: one stage per network and problem, none of which needs another."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from torch import nn
from torch.optim import Adam

from scarmap.recipes.recipe import Phase, Stage
from scarmap.recipes.schedules import constant, modern_training
from scarmap.recipes.validation import region_dice
from scarmap.sampling.augment import UNIT_AUGMENTATION
from scarmap.sampling.intensity import scale_between
from scarmap.sampling.samplers import Sampler, full_slices
from scarmap.systems.linear_codec.codec import Problem
from scarmap.systems.linear_codec.inference import SOFT_MAPS, networks_of, stage_name
from scarmap.systems.linear_codec.maskrcnn import MaskRCNN
from scarmap.systems.linear_codec.objective import BinaryObjective, Loss, MaskRCNNObjective
from scarmap.systems.linear_codec.unet import ShallowUNet
from scarmap.systems.linear_codec.unetpp import UNetPlusPlus
from scarmap.systems.linear_codec.warp import on_the_fly, published_set

SCALED = partial(scale_between, low=5, high=95)
"""Intensities of each slice, of which the 5th and 95th percentile become 0 and 1.

Source: linear codec, section 2.2; clipping from the released code.
Differs: percentiles are of the whole slice and not of its centre crop, so that they do not depend
    on where the window lies; they are taken before the warp, which moves them by next to nothing.
"""

AugmentationName = Literal["on-the-fly", "published-set", "strong"]
_EPOCHS = 500
_MODERN_EPOCHS = {"unet": 60, "unetpp": 40, "mask-rcnn": 60}
# Nothing normalises U-Net++'s encoder: at 1e-3 its maps grow a hundred thousandfold and no scar is
# found, see benchmarks/linear_codec.md.
_MODERN_LEARNING_RATES = {"unet": 2e-3, "unetpp": 1e-4, "mask-rcnn": 1e-3}
_LEARNING_RATES = {"unet": 1e-5, "unetpp": 1e-5, "mask-rcnn": 1e-3}
_BATCH_SIZES = {"unet": 8, "unetpp": 8, "mask-rcnn": 2}
_MODERN_BATCH_SIZE = 2
_STEPS = {"mask-rcnn": 100}
_CLIPS = {"mask-rcnn": 5.0}
"""Steps of an epoch and largest gradient norm of the published schedule, of the networks that have
one."""


@dataclass(frozen=True)
class Training:
    """How all stages are trained.

    Attributes:
        schedule: "published" or "modern".
        augmentation: "on-the-fly", "published-set" or "strong".
        copies: How often a slice comes in an epoch of the published schedule, or how many copies
            the set has.
        warp_px: Largest shift of a node of the warp in pixels.
    """

    schedule: Literal["published", "modern"]
    augmentation: AugmentationName
    copies: int
    warp_px: float


@dataclass(frozen=True)
class Widths:
    """Sizes of the networks.

    Attributes:
        unet: Channels of the U-Net at full resolution.
        unetpp: Channels of U-Net++ at full resolution.
        maskrcnn: Keywords of `MaskRCNN`.
    """

    unet: int
    unetpp: int
    maskrcnn: dict[str, Any]


def all_stages(
    problems: tuple[Problem, ...], *, members: tuple[str, ...], widths: Widths, training: Training
) -> tuple[Stage, ...]:
    """One stage per network and problem, problem by problem."""
    return tuple(
        stage(member, problem, widths=widths, training=training)
        for problem in problems
        for member in networks_of(problem, members)
    )


def stage(member: str, problem: Problem, *, widths: Widths, training: Training) -> Stage:
    """One network of one problem.

    Args:
        member: "unet", "unetpp" or "mask-rcnn".
        problem: What it learns.
        widths: Sizes of the networks.
        training: How it is trained.
    """
    modern = training.schedule == "modern"
    target: dict[str, Any] = {"region": problem.region, "sequences": problem.sequences}
    objective: Callable[[], nn.Module] = partial(MaskRCNNObjective, **target)
    if member != "mask-rcnn":
        loss: Loss = "dice-cross-entropy" if modern else "dice"
        objective = partial(BinaryObjective, **target, loss=loss)
    made = Stage(
        name=stage_name(member, problem),
        model=network(member, in_channels=len(problem.sequences), widths=widths),
        objective=objective,
        sampler=sampler(member, training),
        optimizer=Adam,
        phases=(Phase(_EPOCHS, _LEARNING_RATES[member], constant),),
        score=partial(
            region_dice,
            predict=partial(SOFT_MAPS[member], sequences=problem.sequences),
            regions=(problem.region,),
        ),
        gradient_clip=_CLIPS.get(member),
    )
    return modernised(made, member) if modern else made


def modernised(made: Stage, member: str) -> Stage:
    """The same stage with AdamW on one cycle, far fewer epochs, and the last one kept."""
    peak = _MODERN_LEARNING_RATES[member]
    return replace(made, **modern_training(epochs=_MODERN_EPOCHS[member], learning_rate=peak))


def network(member: str, *, in_channels: int, widths: Widths) -> Callable[[], nn.Module]:
    """Builds one of the three networks."""
    if member == "unet":
        return partial(ShallowUNet, in_channels=in_channels, width=widths.unet)
    if member == "unetpp":
        return partial(UNetPlusPlus, in_channels=in_channels, width=widths.unetpp)
    return partial(MaskRCNN, in_channels=in_channels, **widths.maskrcnn)


def sampler(member: str, training: Training) -> Sampler:
    """The batches of one network.

    Source: linear codec, sections 2.1 and 2.4 (batches of 8, of 2 for Mask R-CNN); its 100 steps an
        epoch from the released code.
    Differs: the paper stores its 40 copies of a slice; by default they are drawn anew in every
        epoch, see `on_the_fly`; `augmentation="published-set"` keeps them. "modern" has batches of
        2, and with augmentation on the fly every slice once an epoch.
    """
    modern = training.schedule == "modern"
    batch_size = _MODERN_BATCH_SIZE if modern else _BATCH_SIZES[member]
    steps = None if modern else _STEPS.get(member)
    if training.augmentation == "strong":
        return partial(full_slices, batch_size=batch_size, augmentation=UNIT_AUGMENTATION)
    warped: dict[str, Any] = {"batch_size": batch_size, "warp_px": training.warp_px, "steps": steps}
    if training.augmentation == "published-set":
        return partial(published_set, **warped, copies=training.copies)
    return partial(on_the_fly, **warped, copies=1 if modern else training.copies)
