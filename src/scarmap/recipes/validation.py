"""Validation Dice during training: cheap, on the working grid, one number per region."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from scarmap.nn.regions import region_masks, region_members, told_apart
from scarmap.sampling.bank import Bank

_SLICES_AT_ONCE = 8


def region_dice(
    model: nn.Module,
    bank: Bank,
    rows: Tensor,
    *,
    predict: Callable[[nn.Module, Tensor], Tensor],
    regions: Sequence[str],
) -> dict[str, float]:
    """Mean over cases of the 3D Dice of each region.

    A case counts where its labels know the region and its truth shows it.

    Args:
        model: Network of the stage.
        bank: All slices.
        rows: Validation slices.
        predict: Model and slices (B, S, H, W) to probabilities (B, K, H, W), K as `regions`.
        regions: Region of each channel.

    Returns:
        Region to Dice between 0 and 1; regions that no validation case has are left out.
    """
    pixels: dict[str, Tensor] = {}
    defined: dict[str, Tensor] = {}
    for chosen in rows.split(_SLICES_AT_ONCE):  # type: ignore[no-untyped-call]
        batch = bank.window(chosen)
        counts = _count_pixels(
            predict(model, batch.images) > 0.5, region_masks(batch.labels, regions)
        )
        for row, count in zip(chosen.tolist(), counts, strict=True):
            case = bank.cases[row]
            pixels[case] = pixels[case] + count if case in pixels else count
            defined[case] = _defined_regions(bank, row, regions)
    both, found_size, truth_size = torch.stack(list(pixels.values())).double().unbind(-1)
    dice = 2 * both / (found_size + truth_size).clamp(min=1)
    counted = (truth_size > 0) & torch.stack(list(defined.values()))
    return {
        region: float(dice[counted[:, k], k].mean())
        for k, region in enumerate(regions)
        if counted[:, k].any()
    }


def _count_pixels(found: Tensor, truth: Tensor) -> Tensor:
    """Pixels of both masks, of what was found and of the truth: (B, K, H, W) to (B, K, 3)."""
    sizes = [mask.sum((-2, -1)) for mask in (found & truth, found, truth)]
    return torch.stack(sizes, -1).cpu()


def _defined_regions(bank: Bank, row: int, regions: Sequence[str]) -> Tensor:
    """Which regions the labels of a slice tell apart, (K,), bool; all in a recipe of one layout."""
    if bank.label_of is None:
        return torch.ones(len(regions), dtype=torch.bool)
    return told_apart(region_members(regions), bank.label_of[row : row + 1].cpu())[0]
