"""Which tissues a region holds: its masks, its probabilities, whether labels show it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from scarmap.labels import REGIONS, TISSUES


def region_members(regions: Sequence[str]) -> Tensor:
    """Which tissues of `TISSUES` each region holds, (K, T), bool."""
    return torch.tensor(
        [[tissue.name in REGIONS[region] for tissue in TISSUES] for region in regions]
    )


def region_masks(labels: Tensor, regions: Sequence[str]) -> Tensor:
    """Masks of regions.

    Args:
        labels: (B, H, W), integers, indices into `TISSUES`.
        regions: Names in `scarmap.labels.REGIONS`.

    Returns:
        (B, K, H, W), bool.
    """
    members = region_members(regions).to(labels.device)
    return members[:, labels.long()].movedim(0, 1).contiguous()


def told_apart(members: Tensor, label_of: Tensor) -> Tensor:
    """Whether labels separate a region's inside from its outside: no tissue is labelled across.

    Args:
        members: (K, T), bool, as `region_members`.
        label_of: (B, T), int64, label that each tissue has in the data set of each slice.

    Returns:
        (B, K), bool.
    """
    same: Tensor = members[:, label_of] == members[:, None]
    return same.all(2).T


def sum_over_regions(
    probabilities: Tensor, *, tissues: Sequence[str], regions: Sequence[str]
) -> Tensor:
    """Sum the probabilities of tissues over regions; regions may nest.

    Args:
        probabilities: (B, K, H, W), summing to 1 over K.
        tissues: Tissue of each channel.
        regions: Names in `scarmap.labels.REGIONS`; tissues of theirs that no channel shows count
            nothing.

    Returns:
        (B, len(regions), H, W), in [0, 1].
    """
    maps = [
        probabilities[
            :, [tissues.index(tissue) for tissue in REGIONS[region] if tissue in tissues]
        ].sum(1)
        for region in regions
    ]
    return torch.stack(maps, dim=1).clamp(max=1)
