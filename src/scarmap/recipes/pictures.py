"""What the pictures of all systems share: which slices they show, and arrays turned for drawing."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scarmap.labels import INDEX, MaskArray, region_mask
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch

_PATHOLOGY = ("edema", "scar", "mvo")


def most_pathological(bank: Bank, rows: Tensor, *, count: int) -> Batch:
    """Load the slices with the most pathology, from different cases where possible.

    Args:
        bank: All slices.
        rows: Slices to choose from, (n,).
        count: How many slices are wanted.
    """
    return bank.window(most_pathological_rows(bank, rows)[:count])


def most_pathological_rows(bank: Bank, rows: Tensor) -> Tensor:
    """Sort slices by how many pixels of them are pathological.

    The slice with the most pathology of each case comes first, then all other slices. Both groups
    are sorted, most pathology first.

    Args:
        bank: All slices.
        rows: Slices to sort, (n,).
    """
    pathology = torch.tensor([INDEX[tissue] for tissue in _PATHOLOGY], device=bank.labels.device)
    sizes = [(int(torch.isin(bank.labels[row], pathology).sum()), int(row)) for row in rows]
    ranked = [row for _, row in sorted(sizes, reverse=True)]
    first_of_case: dict[str, int] = {}
    for row in ranked:
        first_of_case.setdefault(bank.cases[row], row)
    return torch.tensor(list(dict.fromkeys([*first_of_case.values(), *ranked])))


def contours(labels: NDArray[np.uint8], regions: Sequence[str]) -> dict[str, MaskArray]:
    """Masks (W, H) of those regions that a slice (H, W) shows."""
    masks = {region: region_mask(labels, region).T for region in regions}
    return {region: mask for region, mask in masks.items() if mask.any()}


def energy(features: Tensor) -> NDArray[np.float32]:
    """Mean absolute value over the channels of features (C, h, w), turned to (w, h)."""
    return upright(features.abs().mean(0))


def upright(image: Tensor) -> NDArray[np.float32]:
    """Turn a slice (H, W) into an array (X, Y), as pictures are drawn."""
    array: NDArray[np.float32] = image.float().cpu().numpy().T
    return array


def upright_mask(mask: Tensor) -> MaskArray:
    """A mask (H, W) as an array (X, Y)."""
    array: MaskArray = mask.cpu().numpy().astype(bool).T
    return array
