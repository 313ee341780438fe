"""The ways in which the field scores a case, so that numbers stand beside the right ones.

A convention is a function of a prediction and a truth on one grid; `CONVENTIONS` names them. They
differ in what is averaged and in what an empty mask is worth, which moves the Dice of small lesions
by tens of points.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import nan

import numpy as np

from scarmap.evaluation.overlap import dice, jaccard
from scarmap.evaluation.surface import hausdorff_mm, surface_errors
from scarmap.labels import MaskArray, codes, is_defined, region_mask, regions_of
from scarmap.volume import Grid, LabelMap

_PATHOLOGY: Mapping[str, tuple[str, str]] = {
    "myops2020": ("edema", "scar"),
    "emidec": ("scar", "mvo"),
    "scarmap": ("edema", "whole_infarct"),
}
"""The two disjoint pathologies of each layout, which `mfunet_slicewise` stacks."""


def _stacked_pathologies(layout: str) -> tuple[str, str] | None:
    """The two pathologies that a layout labels; None where it labels fewer than two.

    >>> _stacked_pathologies("own:normal_myocardium=1,scar=2,mvo=3")
    ('scar', 'mvo')
    >>> _stacked_pathologies("own:scar=1")
    """
    if layout in _PATHOLOGY:
        return _PATHOLOGY[layout]
    labelled = codes(layout)
    if "scar" in labelled and "edema" in labelled:
        return "edema", "whole_infarct"
    if "scar" in labelled and "mvo" in labelled:
        return "scar", "mvo"
    return None


@dataclass(frozen=True)
class Measurement:
    """One number; its attributes are those of `scarmap.io.scores.Score`, without the case."""

    convention: str
    structure: str
    metric: str
    value: float
    unit: str


def case3d(prediction: LabelMap, truth: LabelMap, layout: str) -> list[Measurement]:
    """Every region of the layout, each as one 3D mask per case.

    Overlap and surface distance are undefined (NaN) when the truth is empty: a case without scar
    says nothing about how well scar is outlined. When only the prediction is empty, overlap is 0
    and distance undefined. `volume_ml` is the prediction's volume, `volume_difference_ml` is
    prediction - truth (so the truth's volume is the one minus the other), and
    `volume_difference_ratio` is that difference over the truth's volume, undefined when the truth
    is empty.

    Args:
        prediction: Mask to judge.
        truth: Mask to judge by, on the same grid.
        layout: Label layout that defines the regions.
    """
    measured: list[Measurement] = []
    for structure, predicted, true in _regions(prediction, truth, layout):
        values = _overlap_and_distance(predicted, true, truth.grid) | _volumes(
            predicted, true, truth.grid
        )
        measured += [
            Measurement("case3d", structure, metric, value, unit)
            for (metric, unit), value in values.items()
        ]
    return measured


def mfunet_slicewise(
    prediction: LabelMap, truth: LabelMap, layout: str, *, epsilon: float = 1e-12
) -> list[Measurement]:
    """Dice of each slice, averaged over all slices of the case.

    A slice where both masks are empty counts 1, and one false voxel on an empty slice makes that
    slice about 0. Beside the regions it gives `average_pathology`: one Dice per slice over both
    pathologies stacked as two channels. It is not the mean of the two columns.

    Source: MFU-Net, released code, evaluation; Tables 1 and 2, column "Avg. Pathology".
    Differs: masks are one label per voxel, where the released heads for edema and infarct may
        overlap. EMIDEC is not in the paper; there scar and MVO are stacked.

    Args:
        prediction: Mask to judge.
        truth: Mask to judge by, on the same grid.
        layout: Label layout that defines the regions.
        epsilon: Added to both sides of each slice's fraction.
    """
    masks = {
        structure: (predicted, true)
        for structure, predicted, true in _regions(prediction, truth, layout)
    }
    stacked = _stacked_pathologies(layout)
    if stacked is not None:
        first, second = (masks[pathology] for pathology in stacked)
        masks["average_pathology"] = (
            np.concatenate([first[0], second[0]]),
            np.concatenate([first[1], second[1]]),
        )
    return [
        Measurement(
            "mfunet_slicewise",
            structure,
            "dice",
            _mean_slice_dice(predicted, true, epsilon),
            "ratio",
        )
        for structure, (predicted, true) in masks.items()
    ]


def slicewise(prediction: LabelMap, truth: LabelMap, layout: str) -> list[Measurement]:
    """Dice of the slices that show the structure in their truth, averaged over these slices.

    Slices with an empty truth do not count, so that neither finding nothing nor inventing something
    there changes the score; where no slice shows the structure it is undefined (NaN). When only the
    prediction is empty the slice counts 0.

    Args:
        prediction: Mask to judge.
        truth: Mask to judge by, on the same grid.
        layout: Label layout that defines the regions.
    """
    return [
        Measurement(
            "slicewise", structure, "dice", _mean_dice_where_present(predicted, true), "ratio"
        )
        for structure, predicted, true in _regions(prediction, truth, layout)
    ]


def emidec_official(prediction: LabelMap, truth: LabelMap, layout: str) -> list[Measurement]:
    """The metrics of the EMIDEC challenge, 3D per case.

    Dice is 1 when both masks are empty and 0 when one is. `volume_difference_ml` is |prediction -
    truth|. For whole infarct (scar and MVO) and for MVO, `volume_difference_ratio` is that
    difference over the *truth's myocardium* (normal, scar and MVO), undefined when that is empty
    or not labelled.
    For the whole myocardium there are two Hausdorff distances instead, undefined when either mask
    is empty: `hausdorff_mm` in true millimetres, and `hausdorff_as_scripted_mm`, which is the one
    to set beside published figures of EMIDEC.

    Source: EMIDEC-Challenge/Evaluation-metrics, main.py and metrics.py. Its README describes a
        slice-wise Dice; the code computes one per volume, and the code is followed.
    Differs: volumes are in ml, there in mm3. `hausdorff_mm` uses pixdim axis by axis; in the script
        the spacing (x, y, z) meets an array (z, y, x), so the slice distance and the pixel width
        change places, and `hausdorff_as_scripted_mm` repeats that. The LV pool is added. In a
        layout without MVO, scar alone is the whole infarct.

    Args:
        prediction: Mask to judge.
        truth: Mask to judge by, on the same grid.
        layout: Label layout; structures that it cannot label are left out.
    """
    codes(layout)
    drawn = region_mask(truth.array, "whole_myocardium")
    myocardium = int(np.count_nonzero(drawn)) if is_defined("whole_myocardium", layout) else 0
    measured: list[Measurement] = []
    for structure in ("whole_myocardium", "whole_infarct", "mvo", "lv_pool"):
        if not is_defined(structure, layout):
            continue
        predicted, true = (
            region_mask(prediction.array, structure),
            region_mask(truth.array, structure),
        )
        difference = abs(int(np.count_nonzero(predicted)) - int(np.count_nonzero(true)))
        values = {
            ("dice", "ratio"): dice(predicted, true, empty=1.0),
            ("volume_difference_ml", "ml"): difference * truth.grid.voxel_ml,
        }
        if structure == "whole_myocardium":
            spacing_mm = truth.grid.spacing_mm
            for metric, used in (
                ("hausdorff_mm", spacing_mm),
                ("hausdorff_as_scripted_mm", spacing_mm[::-1]),
            ):
                values[metric, "mm"] = hausdorff_mm(predicted, true, spacing_mm=used)
        if structure in ("whole_infarct", "mvo"):
            share = difference / myocardium if myocardium else nan
            values["volume_difference_ratio", "ratio"] = share
        measured += [
            Measurement("emidec_official", structure, metric, value, unit)
            for (metric, unit), value in values.items()
        ]
    return measured


CONVENTIONS: Mapping[str, Callable[[LabelMap, LabelMap, str], list[Measurement]]] = {
    "case3d": case3d,
    "mfunet_slicewise": mfunet_slicewise,
    "slicewise": slicewise,
    "emidec_official": emidec_official,
}


def _regions(
    prediction: LabelMap, truth: LabelMap, layout: str
) -> Iterator[tuple[str, MaskArray, MaskArray]]:
    codes(layout)
    for structure in regions_of(layout):
        yield (
            structure,
            region_mask(prediction.array, structure),
            region_mask(truth.array, structure),
        )


def _overlap_and_distance(
    predicted: MaskArray, true: MaskArray, grid: Grid
) -> dict[tuple[str, str], float]:
    surface = surface_errors(predicted, true, spacing_mm=grid.spacing_mm)
    drawn = true.any()
    return {
        ("dice", "ratio"): dice(predicted, true) if drawn else nan,
        ("jaccard", "ratio"): jaccard(predicted, true) if drawn else nan,
        ("hausdorff_mm", "mm"): surface.hausdorff_mm,
        ("hausdorff95_mm", "mm"): surface.hausdorff95_mm,
        ("assd_mm", "mm"): surface.assd_mm,
    }


def _volumes(predicted: MaskArray, true: MaskArray, grid: Grid) -> dict[tuple[str, str], float]:
    num_predicted, num_true = int(np.count_nonzero(predicted)), int(np.count_nonzero(true))
    difference = num_predicted - num_true
    return {
        ("volume_ml", "ml"): num_predicted * grid.voxel_ml,
        ("volume_difference_ml", "ml"): difference * grid.voxel_ml,
        ("volume_difference_ratio", "ratio"): difference / num_true if num_true else nan,
    }


def _mean_slice_dice(predicted: MaskArray, true: MaskArray, epsilon: float) -> float:
    shared = np.count_nonzero(predicted & true, axis=(0, 1))
    size = np.count_nonzero(predicted, axis=(0, 1)) + np.count_nonzero(true, axis=(0, 1))
    return float(((2 * shared + epsilon) / (size + epsilon)).mean())


def _mean_dice_where_present(predicted: MaskArray, true: MaskArray) -> float:
    shown = np.flatnonzero(true.any(axis=(0, 1)))
    if not len(shown):
        return nan
    return float(np.mean([dice(predicted[..., z], true[..., z]) for z in shown]))
