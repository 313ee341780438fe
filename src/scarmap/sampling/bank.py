"""The whole training set in memory, as one tensor on the training device.

A cardiac MR training set is small: MyoPS at 288 pixels is 100 MB. Holding it where the network is
makes every crop, rotation and warp one batched resampling, with no worker process and no copy per
step.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from scarmap.datasets.split import slice_name
from scarmap.labels import label_indices
from scarmap.sampling.batch import Batch, centre_window
from scarmap.sampling.preparation import Preparation, check_nothing_lost, heart_centre, prepare
from scarmap.volume import Case


@dataclass(frozen=True)
class Bank:
    """All slices of a set of cases.

    Attributes:
        images: (N, S, H, W), float32.
        labels: (N, H, W), uint8, tissue indices.
        cases: Case of each slice, length N; slices of a case are neighbours, in order.
        size: Side of the network's window; images are larger by the preparation's margin.
        label_of: (N, T), int64, label that each tissue of `TISSUES` has in the data set of each
            slice; None where the recipe learns one layout.
    """

    images: Tensor
    labels: Tensor
    cases: tuple[str, ...]
    size: int
    label_of: Tensor | None = None

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """Number of each slice in its case, from 0, length N."""
        seen: Counter[str] = Counter()
        positions = []
        for case in self.cases:
            positions.append(seen[case])
            seen[case] += 1
        return tuple(positions)

    @cached_property
    def heights(self) -> Tensor:
        """Height of each slice in its stack, (N,), float32, on the images' device.

        0 is the first slice of the case, 1 the last one; the only slice of a case lies at 0.5.
        """
        last = {case: depth - 1 for case, depth in Counter(self.cases).items()}
        pairs = zip(self.cases, self.positions, strict=True)
        heights = [position / last[case] if last[case] else 0.5 for case, position in pairs]
        return torch.tensor(heights, dtype=torch.float32, device=self.images.device)

    def rows(self, names: Iterable[str]) -> Tensor:
        """Row numbers (n,), int64, ascending, of the named slices and of all slices of named cases.

        Slices are named by `scarmap.datasets.split.slice_name`; a name that is a case's means the
        case.
        """
        wanted = set(names)
        slices = wanted - set(self.cases)
        places = zip(self.cases, self.positions, strict=True)
        chosen = [
            row
            for row, place in enumerate(places)
            if place[0] in wanted or slice_name(*place) in slices
        ]
        return torch.tensor(chosen, dtype=torch.int64)

    def window(self, rows: Tensor) -> Batch:
        """Slices by row number, (n,), as the network sees them without augmentation."""
        rows = rows.to(self.images.device)
        return centre_window(Batch(self.images[rows], self.labels[rows]), self.size)

    def to(self, device: torch.device) -> "Bank":
        """The same bank on another device."""
        label_of = None if self.label_of is None else self.label_of.to(device)
        return replace(
            self, images=self.images.to(device), labels=self.labels.to(device), label_of=label_of
        )


def fill_bank(cases: Iterable[Case], preparation: Preparation) -> Bank:
    """Prepare labelled cases and stack their slices.

    Args:
        cases: Cases with truth, taken one after the other.
        preparation: How they become slices.

    Raises:
        DataError: The centre window cuts off labelled pixels of a case.
    """
    images, labels, names, label_of = [], [], [], []
    for case in cases:
        assert case.labels is not None
        centre = heart_centre(case.labels) if preparation.around_heart else (0.5, 0.5)
        slices = prepare(case, preparation, centre_share=centre, margin=preparation.margin)
        assert slices.labels is not None
        check_nothing_lost(case, slices, preparation.size)
        images.append(torch.from_numpy(slices.images))
        labels.append(torch.from_numpy(slices.labels))
        names += [case.name] * len(slices.images)
        label_of += [label_indices(case.layout)] * len(slices.images)
    return Bank(
        torch.cat(images), torch.cat(labels), tuple(names), preparation.size, torch.tensor(label_of)
    )
