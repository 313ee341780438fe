"""Dynamic resampling: patches of changing size and number, most of them centred on pathology."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from scarmap.labels import INDEX
from scarmap.sampling.augment import Augmentation, augment
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.sampling.samplers import shuffled

_PATHOLOGY = ("edema", "scar", "mvo")
_HEART = ("normal_myocardium", "lv_pool")
_Window = tuple[int, slice, slice]
"""Slice, rows and columns of a patch."""


def dynamic_patches(
    bank: Bank,
    rows: Tensor,
    generator: torch.Generator,
    *,
    batch_size: int,
    augmentation: Augmentation,
    smallest_share: float = 1 / 3,
    step: int = 16,
    share: float = 0.89,
) -> Iterator[Batch]:
    """Draw a patch size for each step, then as many patches as have the pixels of full slices.

    Source: MFU-Net, section 3.1 and Fig. 6; where a patch without pathology is centred is from the
        released code.
    Differs: the printed recursion for the number of patches loses samples by repeated rounding; the
        number follows here from the full size, 36 patches of 96 pixels to 4 of 288. The printed
        sizes begin at 112, the text and the figures use 96: 96 is included. The pool that a step's
        patches are cut from is not described: as in the released code, four full slices, augmented,
        drawn anew for every step, so that an epoch goes through each slice once and 36 patches of
        96 pixels come from four slices. The share of 0.89 is the paper's, 0.9 the code's.

    Args:
        bank: All slices.
        rows: Slices to train on.
        generator: Source of randomness, on the bank's device.
        batch_size: Full slices whose pixels are the budget.
        augmentation: Applied to the full slices, before patches are cut.
        smallest_share: Smallest side of a patch as a share of the window, 96 of 288 pixels as
            published.
        step: Distance between sizes in pixels; sizes run up to the window.
        share: Probability that a patch is centred on a pathological pixel of its slice.

    Yields:
        images (N, S, d, d) and labels (N, d, d) with N = floor(batch_size * size^2 / d^2).
    """
    sizes = patch_sizes(bank.size, smallest_share=smallest_share, step=step)
    for chosen in shuffled(rows, batch_size, generator):
        slices = augment(
            Batch(bank.images[chosen], bank.labels[chosen]),
            augmentation,
            size=bank.size,
            generator=generator,
        )
        size = sizes[_draw_below(len(sizes), generator)]
        count = num_patches(size, full=bank.size, batch_size=batch_size)
        yield cut_patches(slices, size=size, count=count, share=share, generator=generator)


def patch_sizes(full: int, *, smallest_share: float, step: int) -> list[int]:
    """Sides of patches, multiples of `step` from a share of the full window up to all of it.

    >>> sizes = patch_sizes(288, smallest_share=1 / 3, step=16)
    >>> sizes[:2], len(sizes)
    ([96, 112], 13)
    """
    smallest = max(step, round(full * smallest_share / step) * step)
    return list(range(smallest, full + 1, step))


def num_patches(size: int, *, full: int, batch_size: int) -> int:
    """Patches of one size that hold no more pixels than a batch of full slices.

    >>> [num_patches(size, full=288, batch_size=4) for size in (96, 112, 288)]
    [36, 26, 4]
    """
    return full * full * batch_size // (size * size)


def cut_patches(
    slices: Batch, *, size: int, count: int, share: float, generator: torch.Generator
) -> Batch:
    """Cut patches out of slices, drawn with replacement.

    A patch is centred on a random pathological pixel of its slice with probability `share` (on wall
    or cavity where the slice has no pathology, anywhere where it has neither), and lies anywhere
    otherwise. Windows are shifted to stay inside.

    Args:
        slices: Full slices.
        size: Side of a patch in pixels.
        count: Number of patches.
        share: Probability of centring.
        generator: Source of randomness.
    """
    extent = slices.labels.shape[-2:]
    targets = [centre_candidates(labels).tolist() for labels in slices.labels]
    draws = torch.rand(count, 5, generator=generator, device=generator.device).tolist()
    windows: list[_Window] = []
    for slice_draw, centring, target_draw, down, across in draws:
        row = int(slice_draw * len(targets))
        corner = [int(down * (extent[0] - size + 1)), int(across * (extent[1] - size + 1))]
        if centring < share and targets[row]:
            centre = targets[row][int(target_draw * len(targets[row]))]
            corner = [_first_pixel(centre[axis], size, extent[axis]) for axis in range(2)]
        windows.append((row, *(slice(first, first + size) for first in corner)))  # type: ignore[arg-type]
    soft = None if slices.soft is None else _cut(slices.soft, windows)
    return Batch(_cut(slices.images, windows), _cut(slices.labels, windows), soft)


def _first_pixel(centre: int, size: int, end: int) -> int:
    """Where a patch begins along one axis: around its centre, shifted to stay inside."""
    return min(max(centre - size // 2, 0), end - size)


def _cut(slices: Tensor, windows: list[_Window]) -> Tensor:
    """Patches (N, ..., d, d) of slices (B, ..., H, W)."""
    return torch.stack([slices[row, ..., down, across] for row, down, across in windows])


def centre_candidates(labels: Tensor) -> Tensor:
    """Pixels that a patch may be centred on.

    Args:
        labels: (H, W), uint8, tissue indices.

    Returns:
        (n, 2), int64, rows and columns: of pathology, else of wall and cavity, else none.
    """
    for tissues in (_PATHOLOGY, _HEART):
        found = torch.isin(labels, _tissue_indices(tissues, labels.device)).nonzero()
        if len(found):
            return found
    return found


def _tissue_indices(tissues: Sequence[str], device: torch.device) -> Tensor:
    """Indices of some tissues, (n,), uint8."""
    return torch.tensor([INDEX[tissue] for tissue in tissues], dtype=torch.uint8, device=device)


def _draw_below(end: int, generator: torch.Generator) -> int:
    """A whole number from 0 to `end` - 1."""
    return int(torch.randint(end, (), generator=generator, device=generator.device))
