"""The anatomy prior's inference: one network, its labels summed over regions.

The weight generator takes no part.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from torch import Tensor, nn

from scarmap.nn.views import average_views, views_of_the_whole
from scarmap.systems.anatomy_prior.targets import region_maps


def probabilities(
    model: nn.Module, images: Tensor, *, layout: str, regions: Sequence[str]
) -> Tensor:
    """Probabilities of regions.

    Args:
        model: A `SegmentationNetwork`.
        images: (B, S, H, W).
        layout: Label layout that it was trained on.
        regions: What is wanted; regions may nest.

    Returns:
        (B, len(regions), H, W), float32, in [0, 1].
    """
    logits: Tensor = model(images)
    return region_maps(logits.float().softmax(1), layout=layout, regions=regions)


@views_of_the_whole
def assemble(
    stages: Mapping[str, nn.Module],
    slices: Tensor,
    *,
    layout: str,
    regions: Sequence[str],
    views: int = 1,
) -> Tensor:
    """The system's inference.

    Args:
        stages: Trained stages.
        slices: (Z, S, H, W), normalised.
        layout: Label layout.
        regions: What is wanted.
        views: How many views of each slice are averaged, see `average_views`.

    Returns:
        (Z, len(regions), H, W).
    """
    predict = partial(probabilities, stages["segment"], layout=layout, regions=regions)
    return average_views(predict, slices, views=views)
