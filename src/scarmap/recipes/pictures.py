"""What the systems' own pictures have in common: which slices are shown, and arrays as they are drawn."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scarmap.labels import INDEX, MaskArray, region_mask
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch

PATHOLOGY = ("edema", "scar", "mvo")


def most_pathological(bank: Bank, rows: Tensor, *, count: int) -> Batch:
    """The slices with the most pathological pixels, of different cases where possible, in the network's window."""
    return bank.window(most_pathological_rows(bank, rows)[:count])


def most_pathological_rows(bank: Bank, rows: Tensor) -> Tensor:
    """All rows (n,), the most pathological one of each case first, and in each of both parts the most pathological."""
    pathology = torch.tensor([INDEX[tissue] for tissue in PATHOLOGY], device=bank.labels.device)
    sizes = [(int(torch.isin(bank.labels[row], pathology).sum()), int(row)) for row in rows]
    first_of_case: dict[str, int] = {}
    ranked = sorted(sizes, reverse=True)
    for _, row in ranked:
        first_of_case.setdefault(bank.cases[row], row)
    return torch.tensor(list(dict.fromkeys([*first_of_case.values(), *(row for _, row in ranked)])))


def contours(labels: NDArray[np.uint8], regions: Sequence[str]) -> dict[str, MaskArray]:
    """Masks of the regions that are present, (W, H)."""
    masks = {region: region_mask(labels, region).T for region in regions}
    return {region: mask for region, mask in masks.items() if mask.any()}


def energy(features: Tensor) -> NDArray[np.float32]:
    """Mean absolute value over channels of features (C, h, w), as (w, h)."""
    return upright(features.abs().mean(0))


def upright(image: Tensor) -> NDArray[np.float32]:
    """A slice (H, W) as an array (X, Y)."""
    array: NDArray[np.float32] = image.float().cpu().numpy().T
    return array
