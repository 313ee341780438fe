"""Classical thresholds applied to one study, each with its size and its overlap with the mask."""

from collections.abc import Sequence
from math import nan

import numpy as np

from scarmap.labels import MaskArray, region_mask
from scarmap.quantification.measures.flags import flag
from scarmap.quantification.measures.sizes import MYOCARDIUM_G_PER_ML, percent, volume_ml
from scarmap.quantification.result import Flag, ThresholdFigures
from scarmap.quantification.thresholds.methods import (
    METHODS,
    NEEDS_REMOTE,
    NEEDS_ZERO,
    is_signed,
    threshold,
)
from scarmap.quantification.thresholds.remote import RemoteRegion
from scarmap.volume import LabelMap, Volume

_WHOLE_WALL = 90.0
"""Percent of the wall; no infarct is that large, so a threshold that finds more found none."""


def measure_thresholds(
    image: Volume,
    labels: LabelMap,
    reference: RemoteRegion | None,
    *,
    methods: Sequence[str],
    signed: bool | None = None,
) -> tuple[tuple[ThresholdFigures, ...], list[Flag]]:
    """Apply threshold methods inside the wall of a mask.

    Args:
        image: LGE, on the grid of the mask.
        labels: The mask, whose wall bounds the infarct and whose pathology is kept out of the
            remote myocardium.
        reference: Remote myocardium; None where there is none.
        methods: Names in `scarmap.quantification.thresholds.methods.METHODS`.
        signed: Whether the image is signed (PSIR); None finds out by negative voxels.

    Returns:
        Figures of each method, and flags.
    """
    signed = is_signed(image.array) if signed is None else signed
    flags: list[Flag] = []
    if signed and NEEDS_ZERO.intersection(methods):
        flags.append(flag("signed_image"))
    if reference is None and NEEDS_REMOTE.intersection(methods):
        flags.append(flag("no_remote"))
    found = tuple(_figures(image, labels, method, reference, signed) for method in methods)
    return found, flags + _flags_of_full_walls(found)


def _flags_of_full_walls(found: Sequence[ThresholdFigures]) -> list[Flag]:
    full = [each.title.split(":")[0] for each in found if each.infarct_percent_lv >= _WHOLE_WALL]
    if not full:
        return []
    message = (
        f"{', '.join(full)}: at least {_WHOLE_WALL:g} % of the wall called infarct; no border "
        "was found."
    )
    return [flag("threshold_fills_wall", message)]


def _figures(
    image: Volume, labels: LabelMap, method: str, reference: RemoteRegion | None, signed: bool
) -> ThresholdFigures:
    statistics = reference.statistics if reference else None
    wall, drawn = (
        region_mask(labels.array, "whole_myocardium"),
        region_mask(labels.array, "whole_infarct"),
    )
    found = threshold(image.array, wall, method, remote=statistics, signed=signed)
    defined = not np.isnan(found.cutoff)
    found_ml = volume_ml(found.mask, labels.grid) if defined else nan
    return ThresholdFigures(
        method=method,
        title=METHODS[method],
        cutoff=found.cutoff,
        remote=statistics if method in NEEDS_REMOTE else None,
        infarct_ml=found_ml,
        infarct_g=found_ml * MYOCARDIUM_G_PER_ML,
        infarct_percent_lv=percent(found_ml, volume_ml(wall, labels.grid)),
        dice_with_mask=_dice(found.mask, drawn) if defined and drawn.any() else nan,
    )


def _dice(found: MaskArray, drawn: MaskArray) -> float:
    both = int(np.count_nonzero(found)) + int(np.count_nonzero(drawn))
    return 2 * int(np.count_nonzero(found & drawn)) / both
