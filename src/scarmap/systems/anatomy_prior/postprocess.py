"""From probability maps to a label map, and whether an infarct is one at all."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scarmap.inference.postprocess import compose_nested, keep_largest, leave_out_small
from scarmap.labels import LabelArray
from scarmap.systems.anatomy_prior.targets import TARGETS
from scarmap.volume import Grid

INFARCT: Mapping[str, str] = {"emidec": "whole_infarct", "myops2020": "scar"}


def compose(
    probabilities: NDArray[np.float32], *, layout: str, largest_part: bool = False
) -> LabelArray:
    """Decide from the outside in: wall, blood pool or background, then pathology in the wall.

    Source: not given in the paper.
    Differs: nothing to compare with; a choice. The likeliest single label would lose an infarct
        whose pixels are torn between scar and no-reflow.

    Args:
        probabilities: (K, X, Y, Z), of the regions of the layout's `TARGETS`.
        layout: Label layout.
        largest_part: Keep only the largest connected part of the left ventricle.

    Returns:
        (X, Y, Z), tissue indices.
    """
    targets = TARGETS[layout]
    maps = dict(zip(targets.regions, probabilities, strict=True))
    labels = compose_nested(maps, pools=targets.pools, nested=targets.nested)
    return keep_largest(labels) if largest_part else labels


def leave_out_small_infarct(
    labels: LabelArray, grid: Grid, *, layout: str, smallest_ml: float
) -> tuple[LabelArray, tuple[str, ...]]:
    """Leave out an infarct below a volume as noise; what was seen around it takes its place.

    Source: none; not part of the paper. A network that is asked for infarct in every slice finds
        some in healthy patients too, which the challenge's convention punishes with 0.
    Differs: nothing to compare with; a choice.

    Args:
        labels: (X, Y, Z), tissue indices.
        grid: The case's grid.
        layout: Label layout.
        smallest_ml: Smallest volume of an infarct, no-reflow included.

    Returns:
        The labels, and a sentence where an infarct was left out.
    """
    nested = TARGETS[layout].nested
    around = list(nested.values())[list(nested).index(INFARCT[layout]) - 1]
    return leave_out_small(
        labels, grid, region=INFARCT[layout], around=around, smallest_ml=smallest_ml
    )
