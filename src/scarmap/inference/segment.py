"""Segment one case: from its images to probabilities and a label map on its own grid."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scarmap.inference.ensemble import Maps, Predict
from scarmap.inference.locate import find_heart, looks_whole
from scarmap.io.coding import merge
from scarmap.labels import MIXED, LabelArray
from scarmap.quantification.doubts import flags_of_images
from scarmap.sampling.preparation import Preparation, Slices, prepare, restore, whole_slices
from scarmap.volume import Case, Grid, LabelMap

SLICES_AT_ONCE = 8
"""Bounds the memory of the networks; it changes no result."""
_EVERY_TISSUE = ("scarmap", MIXED)
"""A system that was trained on one of these layouts knows every tissue."""
_HEART = ("lv_epicardium", "whole_myocardium", "lv_pool")
"""Regions that show where the left ventricle is."""


@dataclass(frozen=True)
class Segmenter:
    """A trained system, ready for any number of cases.

    Attributes:
        preparation: How a case becomes slices, with the pixel size that it was trained at.
        layout: Label layout that it was trained on; the system knows the tissues of this layout.
        regions: What each probability map shows.
        probabilities: Slices (Z, S, H, W) to probabilities (Z, K, H, W), averaged over the
            ensemble, wherever its networks are.
        compose: Probabilities (K, X, Y, Z) to tissue indices (X, Y, Z).
        check: Tissue indices (X, Y, Z) to what a reader of the mask must be told; None says
            nothing.
        finish: The last decision on the mask: tissue indices (X, Y, Z) and their grid to the mask
            and what a reader must be told about the change; None changes nothing.
        calibrate: Makes probabilities (K, X, Y, Z) mean what they say; it was fitted on cases that
            the system had not seen. Probabilities that are handed out are calibrated, masks are
            made from the networks' own. None changes nothing.
        glance: As `probabilities`, of one view of each slice: enough to find the heart by. None
            finds it by `probabilities`.
        refine: What becomes of the probabilities of the window that shows the heart: maps
            (Z, K, H, W), slices (Z, S, H, W) and `glance` to maps. None keeps them.
    """

    preparation: Preparation
    layout: str
    regions: tuple[str, ...]
    probabilities: Predict
    compose: Callable[[NDArray[np.float32]], LabelArray]
    check: Callable[[LabelArray], tuple[str, ...]] | None = None
    finish: Callable[[LabelArray, Grid], tuple[LabelArray, tuple[str, ...]]] | None = None
    calibrate: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None
    glance: Predict | None = None
    refine: Callable[[Maps, Maps, Predict], Maps] | None = None

    def layout_of(self, case: str) -> str:
        """Label layout of a case's mask.

        It is the layout of the case where the system knows every tissue, else the system's own.

        Args:
            case: Label layout of the case's data set.
        """
        return case if self.layout in _EVERY_TISSUE else self.layout


@dataclass(frozen=True)
class Segmentation:
    """What was found in one case.

    Attributes:
        labels: On the case's own grid.
        probabilities: (K, X, Y, Z), float32, K as the segmenter's regions; the networks' own, not
            calibrated.
        observed: What the segmenter's `check` found in the mask and what is odd about the images,
            one sentence each.
        decided: What its `finish` changed, one sentence each.
    """

    labels: LabelMap
    probabilities: NDArray[np.float32]
    observed: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """What a reader of the mask must be told, one sentence each."""
        return self.observed + self.decided


def segment(case: Case, segmenter: Segmenter) -> Segmentation:
    """Segment one case.

    The window at the image's centre comes first. If it does not show a whole left ventricle, the
    heart is searched for in the whole image, and the window is moved to it.

    Args:
        case: Images of at least the segmenter's sequences.
        segmenter: The trained system.
    """
    slices = prepare(case, segmenter.preparation)
    found = run(slices.images, segmenter.probabilities)
    if not _settled(slices, found, segmenter):
        centre = _search(case, segmenter)
        if centre is not None:
            slices = prepare(case, segmenter.preparation, centre_share=centre)
            found = run(slices.images, segmenter.probabilities)
    if segmenter.refine is not None:
        look = partial(run, predict=segmenter.glance or segmenter.probabilities)
        found = segmenter.refine(found, slices.images, look)
    probabilities = restore(found, slices.way_back)
    labels = segmenter.compose(probabilities)
    if segmenter.layout != MIXED:
        labels = merge(labels, segmenter.layout)
    labels, decided = segmenter.finish(labels, case.grid) if segmenter.finish else (labels, ())
    observed = segmenter.check(labels) if segmenter.check else ()
    mask = LabelMap(labels, case.grid)
    doubtful = tuple(each.message for each in flags_of_images(case.images, mask))
    return Segmentation(mask, probabilities, observed + doubtful, decided)


def run(images: NDArray[np.float32], predict: Predict) -> NDArray[np.float32]:
    """Run networks over slices, a few at a time.

    Args:
        images: (Z, S, H, W).
        predict: The networks.

    Returns:
        (Z, K, H, W).
    """
    chunks = [
        predict(images[start : start + SLICES_AT_ONCE])
        for start in range(0, len(images), SLICES_AT_ONCE)
    ]
    return np.concatenate(chunks)


def _heart(found: NDArray[np.float32], segmenter: Segmenter) -> NDArray[np.float32] | None:
    channels = [index for index, region in enumerate(segmenter.regions) if region in _HEART]
    return found[:, channels].max(1) if channels else None


def _pixel_mm2(slices: Slices) -> float:
    grid, (across, down) = slices.way_back.grid, slices.way_back.resampled
    return grid.spacing_mm[0] * grid.spacing_mm[1] * grid.shape[0] * grid.shape[1] / (across * down)


def _settled(slices: Slices, found: NDArray[np.float32], segmenter: Segmenter) -> bool:
    across, down = slices.way_back.resampled
    size = segmenter.preparation.size
    beyond = (down > size, across > size)
    heart = _heart(found, segmenter)
    if heart is None or not any(beyond):
        return True
    return looks_whole(heart, pixel_mm2=_pixel_mm2(slices), inner_borders=beyond)


def _search(case: Case, segmenter: Segmenter) -> tuple[float, float] | None:
    whole = whole_slices(case, segmenter.preparation)
    look = segmenter.glance or segmenter.probabilities

    def heart_map(windows: NDArray[np.float32]) -> NDArray[np.float32]:
        heart = _heart(run(windows, look), segmenter)
        assert heart is not None
        return heart

    images = whole.images
    centre = find_heart(
        images, heart_map, size=segmenter.preparation.size, pixel_mm2=_pixel_mm2(whole)
    )
    if centre is None:
        return None
    return centre[1] / images.shape[3], centre[0] / images.shape[2]
