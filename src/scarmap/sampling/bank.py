"""The whole training set in memory, as one tensor on the training device.

A cardiac MR training set is small: MyoPS at 288 pixels is 100 MB. Holding it where the network is makes every crop,
rotation and warp one batched resampling, with no worker process and no copy per step.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from scarmap.sampling.preparation import Preparation, check_nothing_lost, prepare
from scarmap.volume import Case


@dataclass(frozen=True)
class Bank:
    """All slices of a set of cases.

    Attributes:
        images: (N, S, H, W), float32.
        labels: (N, H, W), uint8, tissue indices.
        cases: Case of each slice, length N; slices of a case are neighbours, in order.
        height: Relative height of each slice in its stack, (N,), 0 first to 1 last slice (0.5 for a single one).
        voxel_ml: Volume of a voxel of each slice in millilitres, at the working pixel size, (N,).
        size: Side of the network's window; images are larger by the preparation's margin.
    """

    images: Tensor
    labels: Tensor
    cases: tuple[str, ...]
    height: Tensor
    voxel_ml: Tensor
    size: int

    def rows(self, names: Iterable[str]) -> Tensor:
        """Row numbers of the slices of some cases, (n,), int64."""
        wanted = set(names)
        return torch.tensor([row for row, name in enumerate(self.cases) if name in wanted], dtype=torch.int64)

    def to(self, device: torch.device) -> "Bank":
        """The same bank on another device."""
        moved = (tensor.to(device) for tensor in (self.images, self.labels))
        images, labels = moved
        return Bank(images, labels, self.cases, self.height, self.voxel_ml, self.size)


def fill_bank(cases: Sequence[Case], preparation: Preparation) -> Bank:
    """Prepare labelled cases and stack their slices.

    Args:
        cases: Cases with truth.
        preparation: How they become slices.

    Raises:
        DataError: The centre window cuts off labelled pixels of a case.
    """
    images, labels, names, heights, voxels = [], [], [], [], []
    for case in cases:
        slices = prepare(case, preparation, margin=preparation.margin)
        check_nothing_lost(case, slices)
        assert slices.labels is not None
        depth = len(slices.images)
        images.append(slices.images)
        labels.append(slices.labels)
        names += [case.name] * depth
        heights.append(torch.linspace(0, 1, depth) if depth > 1 else torch.tensor([0.5]))
        coarser = (
            case.grid.shape[0] * case.grid.shape[1] / (slices.placement.resampled[0] * slices.placement.resampled[1])
        )
        voxels.append(torch.full((depth,), case.grid.voxel_ml * coarser))
    return Bank(
        torch.cat(images),
        torch.cat(labels),
        tuple(names),
        torch.cat(heights),
        torch.cat(voxels),
        preparation.size,
    )
