"""The whole training set in memory, as one tensor on the training device.

A cardiac MR training set is small: MyoPS at 288 pixels is 100 MB. Holding it where the network is makes every crop,
rotation and warp one batched resampling, with no worker process and no copy per step.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from scarmap.sampling.batch import Batch, centre_window
from scarmap.sampling.preparation import Preparation, check_nothing_lost, prepare
from scarmap.volume import Case


@dataclass(frozen=True)
class Bank:
    """All slices of a set of cases.

    Attributes:
        images: (N, S, H, W), float32.
        labels: (N, H, W), uint8, tissue indices.
        cases: Case of each slice, length N; slices of a case are neighbours, in order.
        size: Side of the network's window; images are larger by the preparation's margin.
    """

    images: Tensor
    labels: Tensor
    cases: tuple[str, ...]
    size: int

    def rows(self, names: Iterable[str]) -> Tensor:
        """Row numbers of the slices of some cases, (n,), int64."""
        wanted = set(names)
        return torch.tensor([row for row, name in enumerate(self.cases) if name in wanted], dtype=torch.int64)

    def window(self, rows: Tensor) -> Batch:
        """Slices by row number, (n,), as the network sees them without augmentation."""
        rows = rows.to(self.images.device)
        return centre_window(Batch(self.images[rows], self.labels[rows]), self.size)

    def to(self, device: torch.device) -> "Bank":
        """The same bank on another device."""
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))


def fill_bank(cases: Sequence[Case], preparation: Preparation) -> Bank:
    """Prepare labelled cases and stack their slices.

    Args:
        cases: Cases with truth.
        preparation: How they become slices.

    Raises:
        DataError: The centre window cuts off labelled pixels of a case.
    """
    images, labels, names = [], [], []
    for case in cases:
        slices = prepare(case, preparation, margin=preparation.margin)
        assert slices.labels is not None
        check_nothing_lost(case, slices, preparation.size)
        images.append(slices.images)
        labels.append(slices.labels)
        names += [case.name] * len(slices.images)
    return Bank(torch.cat(images), torch.cat(labels), tuple(names), preparation.size)
