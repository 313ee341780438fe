"""The cascade's inference: find the left ventricle, look for pathology inside it."""

from collections.abc import Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmap.nn.frozen import Frozen
from scarmap.nn.views import average_views
from scarmap.systems.cascade.candidates import Gate, region
from scarmap.systems.cascade.pathology import nested_probabilities


def assemble(
    stages: Mapping[str, nn.Module],
    slices: Tensor,
    *,
    output: str | None = "main",
    gate: Gate = "segmentation",
    views: int = 1,
) -> Tensor:
    """Probabilities of the LV epicardial region and of the nested regions inside it.

    Where the region is empty, nothing is found in it. Inside means up to one pixel beyond: the last
    pixels are repeated there, so that enlarging the maps does not dilute them along the border;
    `compose` cuts them again.

    Source: cascade, Fig. 1: what ASSN finds, PRSN looks into.
    Differs: the repeated pixel is not in the paper, which says nothing of how maps get back to the
        image's own pixels; it changes no pixel inside the region.

    Args:
        stages: Trained stages.
        slices: (Z, S, H, W), in [0, 1].
        output: Which output of the pathology network; None for the region alone.
        gate: Which anatomy output ends the candidate images, see `region`.
        views: How many views of each slice each network averages, see `average_views`.

    Returns:
        (Z, 1 + K, H, W), in [0, 1].
    """
    epicardium = average_views(partial(region, stages, gate=gate), slices, views=views)
    if output is None:
        return epicardium
    inside = (epicardium > 0.5).to(slices.dtype)
    predict = partial(_output_probabilities, stages["pathology"], output=output)
    nested = average_views(predict, slices * inside, views=views)
    return torch.cat([epicardium, one_pixel_beyond(nested * inside, inside)], dim=1)


def _output_probabilities(model: nn.Module, candidates: Tensor, *, output: str) -> Tensor:
    """Nested probabilities of one output: candidate images (B, S, H, W) to (B, K, H, W)."""
    logits: dict[str, Tensor] = model(candidates)
    return nested_probabilities(logits[output])


def one_pixel_beyond(maps: Tensor, inside: Tensor) -> Tensor:
    """Extend maps (B, K, H, W) by a pixel beyond a gate (B, 1, H, W), as the largest neighbour."""
    return torch.where(inside > 0.5, maps, F.max_pool2d(maps, 3, stride=1, padding=1))


def validation_probabilities(
    model: nn.Module, images: Tensor, *, output: str, gate: Gate
) -> Tensor:
    """Nested probabilities inside the frozen anatomy network's region, for `Stage.score`."""
    assert isinstance(model.frozen, Frozen)
    inside = (region(model.frozen, images, gate=gate) > 0.5).to(images.dtype)
    return _output_probabilities(model, images * inside, output=output) * inside
