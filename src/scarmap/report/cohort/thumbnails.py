"""The scar of each case at a glance: one small picture for its line in the table."""

from dataclasses import replace

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from scarmap.labels import INDEX, LabelArray, region_mask
from scarmap.quantification.result import Reference
from scarmap.report.drawing.heart import brightness, region_colour, upright
from scarmap.report.drawing.panels import Window, cut_labels, heart_window, sequences_in_order
from scarmap.report.html import Image, colour_address
from scarmap.report.study.view import standard_view, turned
from scarmap.volume import Case, LabelMap, crop_or_pad

_TINTED = ("scar", "mvo")
"""Tissues that a thumbnail shows in their colours."""

_OPACITY = 0.6

_MARGIN_MM = 8.0

_WIDEST_PIXELS = 160
"""Images of finer voxels are thinned out: a thumbnail is shown smaller than this."""


def scar_thumbnail(case: Case, reference: Reference) -> Image:
    """Draw the slice with most infarct, or else most heart, on LGE where there is one.

    Args:
        case: Its images, if there are any, and the mask that was measured as its labels.
        reference: How the stack lies in the heart, to turn the picture as bullseyes are seen.

    Returns:
        The left ventricle alone, with infarct and no-reflow tinted.

    Raises:
        ValueError: The case has no labels.
    """
    if case.labels is None:
        raise ValueError(f"Case {case.name} has no labels.")
    ventricle = _left_ventricle(case.labels)
    window = heart_window(replace(case, labels=ventricle), margin_mm=_MARGIN_MM)
    z, infarcted = _telling_slice(case.labels)
    view = standard_view(reference, case.layout)
    labels = turned(cut_labels(case.labels, z, window=window, layout=case.layout), view)
    sequences = sequences_in_order(case)
    sequence = sequences[0] if sequences else ""
    grey = turned(upright(_cut(case, sequence, z, window), case.layout), view)
    stride = -(-max(grey.shape) // _WIDEST_PIXELS)
    picture = _tinted(grey[::stride, ::stride], labels[::stride, ::stride])
    what = f"slice {z + 1}, which has most infarct" if infarcted else f"slice {z + 1}, no infarct"
    return Image(colour_address(picture), f"{what}, on {sequence or 'an empty ground'}")


def _left_ventricle(labels: LabelMap) -> LabelMap:
    inside = region_mask(labels.array, "lv_epicardium")
    return replace(labels, array=np.where(inside, labels.array, 0).astype(np.uint8))


def _telling_slice(labels: LabelMap) -> tuple[int, bool]:
    """The slice to show, and whether it holds an infarct."""
    infarct = np.count_nonzero(region_mask(labels.array, "whole_infarct"), axis=(0, 1))
    heart = np.count_nonzero(region_mask(labels.array, "lv_epicardium"), axis=(0, 1))
    infarcted = bool(infarct.any())
    return int(np.argmax(infarct if infarcted else heart)), infarcted


def _cut(case: Case, sequence: str, z: int, window: Window) -> NDArray[np.float32]:
    image = case.images.get(sequence)
    plane = np.zeros(case.grid.shape[:2], np.float32) if image is None else image.array[..., z]
    return crop_or_pad(plane.astype(np.float32), centre=window.centre, size=window.size)


def _tinted(grey: NDArray[np.generic], labels: LabelArray) -> NDArray[np.float64]:
    """Colours (rows, columns, RGB) of a grey slice with its tinted tissues."""
    low, high = brightness(grey)
    share = np.clip((grey.astype(np.float64) - low) / (high - low), 0, 1)
    picture = np.repeat(share[..., None], 3, axis=2)
    for tissue in _TINTED:
        inside = labels == INDEX[tissue]
        colour = np.array(to_rgb(region_colour(tissue)))
        picture[inside] = (1 - _OPACITY) * picture[inside] + _OPACITY * colour
    return picture
