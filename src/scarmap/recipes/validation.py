"""Validation Dice during training: cheap, on the working grid, one figure per region."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from scarmap.labels import INDEX, REGIONS
from scarmap.nn.regions import region_members, told_apart
from scarmap.sampling.bank import Bank

SLICES_AT_ONCE = 8


def region_dice(
    model: nn.Module,
    bank: Bank,
    rows: Tensor,
    *,
    predict: Callable[[nn.Module, Tensor], Tensor],
    regions: Sequence[str],
) -> dict[str, float]:
    """Mean over cases of the 3D Dice of each region; cases whose truth does not show or label the region do not count.

    Args:
        model: Network of the stage.
        bank: All slices.
        rows: Validation slices.
        predict: Model and slices (B, S, H, W) to probabilities (B, K, H, W), K as `regions`.
        regions: Region of each channel.

    Returns:
        Region to Dice between 0 and 1; regions that no validation case has are left out.
    """
    overlap: dict[str, list[Tensor]] = {}
    for chosen in rows.split(SLICES_AT_ONCE):  # type: ignore[no-untyped-call]
        batch = bank.window(chosen)
        found = predict(model, batch.images) > 0.5
        truth = region_masks(batch.labels, regions)
        counts = torch.stack(
            [(found & truth).sum((-2, -1)), found.sum((-2, -1)), truth.sum((-2, -1))], -1
        )
        for row, count in zip(chosen.tolist(), counts.cpu(), strict=True):
            overlap.setdefault(bank.cases[row], []).append(count)
    defined = {
        case: defined_regions(bank, row, regions)
        for row, case in enumerate(bank.cases)
        if case in overlap
    }
    per_case = torch.stack([torch.stack(counts).sum(0) for counts in overlap.values()]).double()
    both, found_size, truth_size = per_case.unbind(-1)
    dice = 2 * both / (found_size + truth_size).clamp(min=1)
    present = (truth_size > 0) & torch.stack([defined[case] for case in overlap])
    return {
        region: float(dice[present[:, k], k].mean())
        for k, region in enumerate(regions)
        if bool(present[:, k].any())
    }


def defined_regions(bank: Bank, row: int, regions: Sequence[str]) -> Tensor:
    """Which regions the labels of a slice tell apart, (K,), bool; all where the recipe learns one layout."""
    if bank.label_of is None:
        return torch.ones(len(regions), dtype=torch.bool)
    return told_apart(region_members(regions), bank.label_of[row : row + 1].cpu())[0]


def region_masks(labels: Tensor, regions: Sequence[str]) -> Tensor:
    """Masks of regions.

    Args:
        labels: (B, H, W), uint8, tissue indices.
        regions: Names in `scarmap.labels.REGIONS`.

    Returns:
        (B, K, H, W), bool.
    """
    masks = [
        torch.isin(
            labels, torch.tensor([INDEX[name] for name in REGIONS[region]], device=labels.device)
        )
        for region in regions
    ]
    return torch.stack(masks, dim=1)
