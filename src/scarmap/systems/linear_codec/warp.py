"""The augmentation module: random warps and quarter-turns of whole batches, on their device."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.sampling.samplers import shuffled

NODES = 8
"""Along each axis of the grid that is shifted at random: linear codec, section 2.1."""
VERSIONS = 20
"""Of each slice: the original and 19 warps."""

COPIES = 2 * VERSIONS
"""Of each slice: every version as it is, and once more turned."""


def on_the_fly(
    bank: Bank,
    rows: Tensor,
    generator: torch.Generator,
    *,
    batch_size: int,
    copies: int = COPIES,
    warp_px: float = 5.0,
    steps: int | None = None,
) -> Iterator[Batch]:
    """Yield each slice several times an epoch, each time with another warp and turn.

    Source: linear codec, section 2.1.
    Differs: the published 40 copies of a slice are drawn once and kept; here they are drawn anew,
        from the same distribution: one copy in twenty is not warped, every second one is turned.
        See also `warp`.

    Args:
        bank: All slices.
        rows: Slices to train on.
        generator: Source of randomness, on the bank's device.
        batch_size: Slices in a batch.
        copies: How often a slice comes in an epoch.
        warp_px: Largest shift of a node along each axis in pixels.
        steps: Batches in an epoch at most; None for all.
    """
    device = generator.device
    for chosen in islice(shuffled(rows.repeat(copies), batch_size, generator), steps):
        num = len(chosen)
        nodes = warp_px * (
            2 * torch.rand(num, 2, NODES, NODES, generator=generator, device=device) - 1
        )
        kept, turned = torch.rand(2, num, generator=generator, device=device)
        quarters = torch.randint(1, 4, (num,), generator=generator, device=device)
        nodes = nodes * (kept >= 1 / VERSIONS)[:, None, None, None]
        yield warp(_slices(bank, chosen), nodes, quarters * (turned < 0.5), size=bank.size)


def published_set(
    bank: Bank,
    rows: Tensor,
    generator: torch.Generator,
    *,
    batch_size: int,
    copies: int = COPIES,
    warp_px: float = 5.0,
    steps: int | None = None,
    seed: int = 1,
) -> Iterator[Batch]:
    """Yield each fixed copy of each slice once an epoch, shuffled; no copy is stored.

    Source: linear codec, section 2.1: every slice in 20 versions, "augmented with one time more
        data" by quarter-turns.
    Differs: the seed is a choice. As in the released code the original is one of the 20 versions.
        See also `warp`.

    Args:
        bank: All slices.
        rows: Slices to train on.
        generator: Source of the order, on the bank's device.
        batch_size: Slices in a batch.
        copies: Copies 0 to this, without it; 32 are the first 80 % of the unshuffled set.
        warp_px: Largest shift of a node along each axis in pixels.
        steps: Batches in an epoch at most; None for all.
        seed: What the copies are drawn from.
    """
    numbered = rows[:, None] * COPIES + torch.arange(copies, device=rows.device)
    for chosen in islice(shuffled(numbered.flatten(), batch_size, generator), steps):
        made = [
            published_copy(number // COPIES, number % COPIES, seed=seed)
            for number in chosen.tolist()
        ]
        nodes = torch.from_numpy(np.stack([each for each, _ in made])).to(
            chosen.device, torch.float32
        )
        quarters = torch.tensor([each for _, each in made], device=chosen.device)
        yield warp(_slices(bank, chosen // COPIES), warp_px * nodes, quarters, size=bank.size)


def published_copy(row: int, copy: int, *, seed: int) -> tuple[np.ndarray, int]:
    """Warp and turn of one copy of one slice, always the same ones.

    Copies 0 to 19 are the versions, the original first; copies 20 to 39 are the same versions,
    turned.

    Args:
        row: Number of the slice in the bank.
        copy: Number of the copy, 0 to 39.
        seed: What all copies are drawn from.

    Returns:
        Nodes (2, 8, 8), in [-1, 1], and quarter-turns, 0 to 3.
    """
    version = copy % VERSIONS
    drawn = np.random.default_rng([seed, row, version])
    nodes = drawn.uniform(-1, 1, (2, NODES, NODES)) if version else np.zeros((2, NODES, NODES))
    return nodes, int(drawn.integers(1, 4)) if copy >= VERSIONS else 0


def warp(batch: Batch, nodes: Tensor, quarters: Tensor, *, size: int) -> Batch:
    """Warp the window in the middle of each slice, then turn it.

    Images are interpolated bilinearly, labels take the nearest pixel's, borders are repeated.

    Source: linear codec, section 2.1.
    Differs: every slice has a field of its own, as the text says; the released code draws one for a
        whole patient, lets it fade out over the 40 pixels along the border, and interpolates label
        values, which loses the pixels along every contour. The nodes in the corners lie on the
        window's corner pixels, a choice.

    Args:
        batch: Slices at least `size` on each side.
        nodes: (B, 2, 8, 8), shifts along x and y in pixels, enlarged bilinearly to the window.
        quarters: (B,), int64, quarter-turns against the clock.
        size: Side of the window in pixels.

    Returns:
        images (B, S, size, size) and labels (B, size, size); sequences and labels stay aligned.
    """
    H, W = batch.images.shape[-2:]
    device = batch.images.device
    centred = torch.arange(size, device=device) - (size - 1) / 2
    rows, columns = torch.meshgrid(centred, centred, indexing="ij")
    field = F.interpolate(nodes, size=(size, size), mode="bilinear", align_corners=True).permute(
        0, 2, 3, 1
    )
    points = torch.stack([columns, rows], dim=-1) + field
    turned = torch.stack([torch.rot90(points, turns, dims=(1, 2)) for turns in range(4)])
    points = turned[quarters, torch.arange(len(quarters), device=device)]
    grid = points * 2 / torch.tensor([W, H], device=device)
    images = F.grid_sample(
        batch.images, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    labels = batch.labels[:, None].float()
    labels = F.grid_sample(labels, grid, mode="nearest", padding_mode="border", align_corners=False)
    return Batch(images, labels[:, 0].to(batch.labels.dtype))


def _slices(bank: Bank, chosen: Tensor) -> Batch:
    return Batch(bank.images[chosen], bank.labels[chosen])
