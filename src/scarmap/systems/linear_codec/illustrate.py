"""Pictures of the linear codec at work: the five answers, the pathology's networks, the decoder."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scarmap.io.illustrations import Illustration, Panel
from scarmap.labels import LabelArray, MaskArray, region_mask
from scarmap.recipes.pictures import contours, most_pathological, upright
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.systems.linear_codec.codec import SEQUENCES, Problem
from scarmap.systems.linear_codec.inference import assemble, member_maps
from scarmap.systems.linear_codec.postprocess import clean

Compose = Callable[[NDArray[np.float32]], LabelArray]
_TISSUES = ("lv_pool", "rv_pool", "normal_myocardium", "edema", "scar")
_SLICES = 2


@torch.inference_mode()
def illustrate(
    stages: Mapping[str, nn.Module],
    bank: Bank,
    rows: Tensor,
    *,
    problems: Sequence[Problem],
    members: Sequence[str],
    compose: Compose,
) -> list[Illustration]:
    """Draw what the networks answer on the two slices with the most pathology.

    Args:
        stages: Trained stages.
        bank: All slices.
        rows: Slices to choose from.
        problems: What the networks were asked.
        members: Networks that answer the pathology.
        compose: From soft maps (K, X, Y, Z) to tissue indices (X, Y, Z).
    """
    batch = most_pathological(bank, rows, count=_SLICES)
    soft = assemble(stages, batch.images, problems=problems, members=members)
    maps = np.ascontiguousarray(soft.cpu().numpy().transpose(1, 3, 2, 0))
    maps_of = partial(member_maps, stages, batch.images, members=members)
    return [
        _problem_picture(batch, maps, problems),
        _member_picture(
            batch, {each: maps_of(each) for each in problems if each.is_pathology}, maps, problems
        ),
        _decoder_picture(batch, compose(maps)),
    ]


def _problem_picture(
    batch: Batch, maps: NDArray[np.float32], problems: Sequence[Problem]
) -> Illustration:
    """One row per problem and slice: image with the expert's contour, soft map, cleaned mask."""
    masks = clean(maps, regions=[problem.region for problem in problems])
    rows = []
    for k, problem in enumerate(problems):
        panels: list[Panel] = []
        for index in range(len(batch.images)):
            truth = _expert(batch, index, problem.region)
            image = upright(batch.images[index, problem.sequences[0]])
            seen = " + ".join(SEQUENCES[channel] for channel in problem.sequences)
            panels += [
                Panel(f"{problem.region}: expert, {seen}", image, truth),
                Panel("network", maps[k, ..., index], truth, heat=True),
                Panel("after post-processing", image, {problem.region: masks[k, ..., index]}),
            ]
        rows.append(tuple(panels))
    return Illustration(
        "1-problems",
        "The five problems",
        "For each problem the image that its network sees with the expert's contour, the network's "
        "soft map, averaged where several networks answer, and the mask that enters the decoder. "
        "Compare Fig. 1 of the paper.",
        tuple(rows),
    )


def _member_picture(
    batch: Batch,
    found: Mapping[Problem, Mapping[str, Tensor]],
    maps: NDArray[np.float32],
    problems: Sequence[Problem],
) -> Illustration:
    """One row per pathology and slice: each network's soft map and their mean, with the truth."""
    rows = []
    for problem, answers in found.items():
        for index in range(len(batch.images)):
            truth = _expert(batch, index, problem.region)
            panels = [
                Panel(f"{problem.region}: {member}", upright(answer[index, 0]), truth, heat=True)
                for member, answer in answers.items()
            ]
            mean = maps[list(problems).index(problem), ..., index]
            image = upright(batch.images[index, problem.sequences[0]])
            panels.append(Panel("mean", mean, truth, heat=True))
            panels.append(Panel("above one half", image, {problem.region: mean > 0.5}))
            rows.append(tuple(panels))
    return Illustration(
        "2-members",
        "The networks behind the pathology",
        "Soft maps of the networks that answer the two pathology problems with the expert's "
        "contour, their mean, and what of it is above one half. A network that is no better than "
        "chance draws the mean away from the contour.",
        tuple(rows),
    )


def _decoder_picture(batch: Batch, labels: LabelArray) -> Illustration:
    """Expert and result on LGE."""
    rows = []
    for index in range(len(batch.images)):
        image = upright(batch.images[index, SEQUENCES.index("LGE")])
        found = {tissue: region_mask(labels[..., index], tissue) for tissue in _TISSUES}
        truth = contours(batch.labels[index].cpu().numpy(), _TISSUES)
        rows.append(
            (
                Panel("expert", image, truth),
                Panel(
                    "decoded", image, {tissue: mask for tissue, mask in found.items() if mask.any()}
                ),
            )
        )
    return Illustration(
        "3-decoder",
        "From problems to tissues",
        "What the answers become. With the decoder, edema and scar lie between epicardium and "
        "blood pool, whatever their networks say, and normal myocardium is what they leave.",
        tuple(rows),
    )


def _expert(batch: Batch, index: int, region: str) -> dict[str, MaskArray]:
    """The expert's mask of a region in a slice of the batch, nothing where it is empty."""
    return contours(batch.labels[index].cpu().numpy(), (region,))
