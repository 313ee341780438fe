"""The linear codec's inference: soft maps, averaged over the networks of a problem."""

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from scarmap.nn.views import average_views, views_of_the_whole
from scarmap.systems.linear_codec.codec import Problem

_ANATOMY_MEMBER = "unet"


def networks_of(problem: Problem, members: Sequence[str]) -> tuple[str, ...]:
    """Which networks answer a problem: the U-Net alone the anatomy, all members the pathology."""
    return tuple(members) if problem.is_pathology else (_ANATOMY_MEMBER,)


def stage_name(member: str, problem: Problem) -> str:
    """Name of the stage of one network of one problem.

    >>> stage_name("unet", Problem("lv_pool", (0,)))
    'unet-lv_pool'
    """
    return f"{member}-{problem.region}"


def logit_map(model: nn.Module, images: Tensor, *, sequences: tuple[int, ...]) -> Tensor:
    """Soft map (B, 1, H, W) of images (B, S, H, W), by a network that returns logits."""
    logits: Tensor = model(images[:, list(sequences)])
    return torch.sigmoid(logits.float())


def detection_map(model: nn.Module, images: Tensor, *, sequences: tuple[int, ...]) -> Tensor:
    """Soft map (B, 1, H, W) of images (B, S, H, W), by a network that returns soft maps."""
    found: Tensor = model(images[:, list(sequences)])
    return found.float()


SOFT_MAPS = {"unet": logit_map, "unetpp": logit_map, "mask-rcnn": detection_map}
"""Model and images to a soft map, by network."""


def member_maps(
    stages: Mapping[str, nn.Module],
    slices: Tensor,
    problem: Problem,
    *,
    members: Sequence[str],
    views: int = 1,
) -> dict[str, Tensor]:
    """Soft map (Z, 1, H, W) of every network of a problem, by its name."""
    maps = {}
    for member in networks_of(problem, members):
        predict = partial(
            SOFT_MAPS[member], stages[stage_name(member, problem)], sequences=problem.sequences
        )
        maps[member] = average_views(predict, slices, views=views)
    return maps


@views_of_the_whole
def assemble(
    stages: Mapping[str, nn.Module],
    slices: Tensor,
    *,
    problems: Sequence[Problem],
    members: Sequence[str],
    views: int = 1,
) -> Tensor:
    """Soft map of every problem: the U-Net's for anatomy, the members' mean for pathology.

    Source: linear codec, section 2.4.
    Differs: nothing; what is above one half is decided after all averages, in `postprocess`.

    Args:
        stages: Trained stages.
        slices: (Z, S, H, W), in [0, 1].
        problems: What is asked; one map each, in this order.
        members: Networks that answer the pathology.
        views: How many views of each slice each network averages, see `average_views`.

    Returns:
        (Z, K, H, W), in [0, 1].
    """
    answers = []
    for problem in problems:
        maps = member_maps(stages, slices, problem, members=members, views=views)
        answers.append(torch.stack(list(maps.values())).mean(dim=0))
    return torch.cat(answers, dim=1)
