"""MFU-Net's forward pass as probabilities of regions."""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn

from scarmap.nn.views import average_views, views_of_the_whole
from scarmap.systems.mfunet.network import Heads


def probabilities(model: nn.Module, images: Tensor) -> Tensor:
    """Probability of each anatomical structure and of each pathology.

    Args:
        model: A network that returns `Heads`.
        images: (B, S, H, W), normalised; H and W are multiples of 16.

    Returns:
        (B, K, H, W), in [0, 1]: the anatomy's foreground channels, which sum to 1 at most, then
            each pathology on its own, so that pathologies may overlap.
    """
    heads: Heads = model(images)
    anatomy = heads.anatomy.float().softmax(dim=1)[:, :-1]
    return torch.cat(
        [anatomy, *(head.float().softmax(dim=1)[:, :1] for head in heads.pathologies)], dim=1
    )


@views_of_the_whole
def assemble(stages: Mapping[str, nn.Module], slices: Tensor, *, views: int = 1) -> Tensor:
    """The system's inference: only the segmentation stage takes part.

    Args:
        stages: Trained stages.
        slices: (Z, S, H, W), normalised.
        views: How many views of each slice are averaged, see `average_views`.

    Returns:
        (Z, K, H, W).
    """
    predict = partial(probabilities, stages["segment"])
    return average_views(predict, slices, views=views)
