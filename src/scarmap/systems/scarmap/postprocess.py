"""From maps of nested regions to a mask, and whether a case has an infarct. Needs no torch."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scarmap.inference.postprocess import compose_nested, keep_largest, leave_out_small_parts
from scarmap.labels import LabelArray
from scarmap.systems.scarmap.targets import FOUND, NESTED, POOLS
from scarmap.volume import Grid


def compose(
    maps: NDArray[np.float32], *, threshold: float | Mapping[str, float] = 0.5
) -> LabelArray:
    """Decide from the outside in and keep the largest part of each ventricle.

    Args:
        maps: (K, X, Y, Z), of `FOUND`.
        threshold: Share of the outer region's probability from which on a pixel is pathology; one
            for each region of pathology where they differ.

    Returns:
        (X, Y, Z), tissue indices.
    """
    labels = compose_nested(
        dict(zip(FOUND, maps, strict=True)), pools=POOLS, nested=NESTED, threshold=threshold
    )
    return keep_largest(keep_largest(labels), "rv_pool")


def decide_presence(
    labels: LabelArray,
    grid: Grid,
    *,
    smallest_infarct_percent: float,
    smallest_no_reflow_percent: float,
) -> tuple[LabelArray, tuple[str, ...]]:
    """Decide whether a case has an infarct and no-reflow, by their sizes as shares of the wall.

    A share of the wall depends neither on the size of the heart nor on a pixel size that an export
    may have lost.

    Args:
        labels: (X, Y, Z), tissue indices.
        grid: The case's grid.
        smallest_infarct_percent: Smallest connected part of an infarct, no-reflow included, in
            percent of the wall.
        smallest_no_reflow_percent: Smallest connected part of no-reflow, in percent of the wall.

    Returns:
        The labels, and a sentence for what was found and left out. An infarct's place becomes
            normal myocardium, or edema where edema was seen around it; that of no-reflow becomes
            scar.
    """
    labels, told_infarct = leave_out_small_parts(
        labels,
        grid,
        region="whole_infarct",
        around="edema",
        smallest_percent=smallest_infarct_percent,
    )
    labels, told_no_reflow = leave_out_small_parts(
        labels, grid, region="mvo", around="scar", smallest_percent=smallest_no_reflow_percent
    )
    return labels, told_infarct + told_no_reflow
