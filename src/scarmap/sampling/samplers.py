"""Samplers: one call yields the batches of one epoch."""

import math
from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

from scarmap.sampling.augment import Augmentation, augment
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch


class Sampler(Protocol):
    """What the training loop asks of a sampler; it may change patch and batch size at each step."""

    def __call__(self, bank: Bank, rows: Tensor, generator: torch.Generator) -> Iterator[Batch]:
        """Yield the batches of one epoch, on the bank's device.

        Args:
            bank: All slices.
            rows: Row numbers of the slices to train on.
            generator: Source of randomness, on the bank's device.
        """
        ...


def full_slices(
    bank: Bank,
    rows: Tensor,
    generator: torch.Generator,
    *,
    batch_size: int,
    augmentation: Augmentation,
    size: int | None = None,
) -> Iterator[Batch]:
    """Each slice once an epoch, shuffled, augmented, as a whole window.

    Args:
        bank: All slices.
        rows: Slices to train on.
        generator: Source of randomness.
        batch_size: Slices in a batch; the last batch is filled up with slices of its epoch's
            beginning.
        augmentation: What to change.
        size: Side of the window; the bank's own when None.
    """
    for chosen in shuffled(rows, batch_size, generator):
        batch = Batch(bank.images[chosen], bank.labels[chosen])
        yield augment(batch, augmentation, size=size or bank.size, generator=generator)


def shuffled(rows: Tensor, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Row numbers of one epoch in random order, always `batch_size` of them at a time.

    A short last batch would give batch normalisation a poor estimate, so it is filled up from the
    epoch's start.
    """
    rows = rows.to(generator.device)
    order = rows[torch.randperm(len(rows), generator=generator, device=generator.device)]
    needed = math.ceil(len(rows) / batch_size) * batch_size
    order = order.repeat(math.ceil(needed / len(rows)))
    for start in range(0, needed, batch_size):
        yield order[start : start + batch_size]


def shuffled_again(
    rows: Tensor, batch_size: int, batches: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """Row numbers of so many batches: all rows in random order, then in another order, and so on.

    The length of such an epoch does not depend on how many slices there are, so that a small data
    set is trained on for as many steps as a large one.
    """
    rows = rows.to(generator.device)
    rounds = math.ceil(batches * batch_size / len(rows))
    orders = [
        torch.randperm(len(rows), generator=generator, device=generator.device)
        for _ in range(rounds)
    ]
    order = rows[torch.cat(orders)]
    for start in range(0, batches * batch_size, batch_size):
        yield order[start : start + batch_size]
