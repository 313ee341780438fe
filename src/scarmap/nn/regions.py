"""Probabilities of regions from those of tissues."""

from collections.abc import Sequence

import torch
from torch import Tensor

from scarmap.labels import REGIONS


def sum_over_regions(probabilities: Tensor, *, tissues: Sequence[str], regions: Sequence[str]) -> Tensor:
    """Sum the probabilities of tissues over regions; regions may nest.

    Args:
        probabilities: (B, K, H, W), summing to 1 over K.
        tissues: Tissue of each channel.
        regions: Names in `scarmap.labels.REGIONS`; tissues of theirs that no channel shows count nothing.

    Returns:
        (B, len(regions), H, W), in [0, 1].
    """
    maps = [
        probabilities[:, [tissues.index(tissue) for tissue in REGIONS[region] if tissue in tissues]].sum(1)
        for region in regions
    ]
    return torch.stack(maps, dim=1).clamp(max=1)
