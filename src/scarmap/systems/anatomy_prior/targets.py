"""What a layout lets the system learn: its labels, and the nested regions that they make up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scarmap.labels import INDEX, codes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Targets:
    """Regions of one layout.

    Attributes:
        pools: Blood pools.
        nested: Region to the tissue of it that is in no inner region, from the outermost region to
            the innermost.
    """

    pools: tuple[str, ...]
    nested: Mapping[str, str]

    @property
    def regions(self) -> tuple[str, ...]:
        """What is predicted: blood pools, then the nested regions."""
        return (*self.pools, *self.nested)


TARGETS: Mapping[str, Targets] = {
    "emidec": Targets(
        ("lv_pool",),
        {"whole_myocardium": "normal_myocardium", "whole_infarct": "scar", "mvo": "mvo"},
    ),
    "myops2020": Targets(
        ("lv_pool", "rv_pool"),
        {"whole_myocardium": "normal_myocardium", "scar_and_edema": "edema", "scar": "scar"},
    ),
}


def label_names(layout: str) -> tuple[str, ...]:
    """Tissues that a layout labels, background first: the network's channels.

    >>> label_names("emidec")
    ('background', 'lv_pool', 'normal_myocardium', 'scar', 'mvo')
    """
    return tuple(sorted(codes(layout), key=INDEX.__getitem__))


def region_maps(probabilities: "Tensor", *, layout: str, regions: Sequence[str]) -> "Tensor":
    """Sum the labels' probabilities over regions.

    Args:
        probabilities: (B, K, H, W), of the layout's `label_names`, summing to 1 over K.
        layout: Label layout.
        regions: Names in `scarmap.labels.REGIONS`.

    Returns:
        (B, len(regions), H, W), in [0, 1].
    """
    from scarmap.nn.regions import sum_over_regions  # composing a mask needs no torch

    return sum_over_regions(probabilities, tissues=label_names(layout), regions=regions)
