"""The linear encoder and decoder: from five classes to five binary problems and back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scarmap.labels import INDEX, LabelArray, MaskArray

if TYPE_CHECKING:
    from torch import Tensor

    from scarmap.sampling.batch import Batch

SEQUENCES = ("bSSFP", "LGE", "T2")
ORDER = ("lv_pool", "rv_pool", "normal_myocardium", "edema", "scar")
"""In which tissues are written into a mask, the last one wins."""

_THRESHOLD = 0.5


@dataclass(frozen=True)
class Problem:
    """One binary problem.

    Attributes:
        region: What is learned, a name in `scarmap.labels.REGIONS`.
        sequences: What is seen, indices into `SEQUENCES`.
    """

    region: str
    sequences: tuple[int, ...]

    @property
    def is_pathology(self) -> bool:
        """Whether several networks answer it together."""
        return self.region in ("scar_and_edema", "edema", "scar")


def coded_problems(*, swap_lge_t2: bool = False) -> tuple[Problem, ...]:
    """The five problems of the encoder, in the order of the decoder's equations.

    Source: linear codec, section 2.3.
    Differs: nothing. LGE for edema and scar together and T2 for scar is what the paper and its code
        say; the clinical reading is the other way round (T2 shows edema and scar, LGE scar alone),
        as its Fig. 4 draws it.

    Args:
        swap_lge_t2: Whether T2 is for edema and scar together and LGE for scar.
    """
    bssfp, lge, t2 = ((channel,) for channel in range(len(SEQUENCES)))
    both, scar = (t2, lge) if swap_lge_t2 else (lge, t2)
    return (
        Problem("lv_pool", bssfp),
        Problem("rv_pool", bssfp),
        Problem("lv_epicardium", bssfp),
        Problem("scar_and_edema", both),
        Problem("scar", scar),
    )


def class_problems() -> tuple[Problem, ...]:
    """The rows without encoder: each tissue of the data set by itself, seen on all three sequences.

    Source: linear codec, Table 1, "UNet" and "Proposed" with a dagger.
    Differs: the paper does not say what these rows learn; the data set's own five classes are a
        choice.
    """
    return tuple(Problem(tissue, tuple(range(len(SEQUENCES)))) for tissue in ORDER)


def encode(batch: "Batch", problem: Problem) -> "tuple[Tensor, Tensor]":
    """What a network of a problem is given and what it should answer.

    Source: linear codec, section 2.3.
    Differs: nothing.

    Args:
        batch: Slices with their truth.
        problem: Which problem.

    Returns:
        images (B, C, H, W), C as the problem's sequences, and masks (B, 1, H, W), float32, 0 or 1.
    """
    from scarmap.nn.regions import region_masks  # decoding needs no torch

    return batch.images[:, list(problem.sequences)], region_masks(
        batch.labels, (problem.region,)
    ).float()


def decode(maps: NDArray[np.generic]) -> LabelArray:
    """From the answers to the five coded problems to tissues.

    With P0 to P4 in the order of `coded_problems` and s(x) for x > 0.5, both cavities are s(P0) and
    s(P1), normal myocardium s(P2 - P0 - P3), edema s(P2 - P0) s(P3 - P4) and scar s(P2 - P0) s(P4).
    So pathology lies in the myocardium whatever its networks say, and scar needs no pathology map
    around it.

    Source: linear codec, section 2.6, Eq. 1.
    Differs: the equations leave the right ventricle free to overlap with the rest; as in the
        released code, tissues are written in the order of `ORDER`, the last one wins.

    Args:
        maps: (5, ...), soft in [0, 1], or masks.

    Returns:
        (...), tissue indices.
    """
    lv_pool, rv_pool, epicardium, pathology, scar = maps.astype(np.float32)
    myocardium = active(epicardium - lv_pool)
    return write(
        (
            active(lv_pool),
            active(rv_pool),
            active(epicardium - lv_pool - pathology),
            myocardium & active(pathology - scar),
            myocardium & active(scar),
        )
    )


def active(maps: NDArray[np.float32]) -> MaskArray:
    """The binary activation: above one half."""
    above: MaskArray = maps > _THRESHOLD
    return above


def write(masks: tuple[MaskArray, ...]) -> LabelArray:
    """Write one mask per tissue of `ORDER` into one label map, later ones over earlier ones."""
    labels = np.zeros(masks[0].shape, dtype=np.uint8)
    for tissue, mask in zip(ORDER, masks, strict=True):
        labels[mask] = INDEX[tissue]
    return labels
