"""The data dictionary: every figure of a study, every column of `cohort.csv`, every flag."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure of a study.

    Attributes:
        name: Name in files, and column of `cohort.csv`.
        unit: "ml", "g", "%", "mm", "ratio", "count", "m2" or "g/m2".
        meaning: Defines it in words.
    """

    name: str
    unit: str
    meaning: str


_SIZES = {
    "normal_myocardium": "Wall that is neither edema nor infarct",
    "infarct": "Infarct with no-reflow",
    "infarct_without_mvo": "Infarct without no-reflow",
    "mvo": "No-reflow (microvascular obstruction)",
    "edema": "Edema outside the infarct",
    "area_at_risk": "Edema and infarct together",
}

_INDEXED = {
    "myocardium": "LV wall, healthy or not",
    "infarct": _SIZES["infarct"],
    "mvo": _SIZES["mvo"],
}

_MEANS = {
    "extent": "from the endocardium to the outermost infarct on a chord",
    "fraction": "infarcted length of a chord",
}


def _sizes() -> list[Figure]:
    figures = []
    for part, meaning in _SIZES.items():
        figures += [
            Figure(f"{part}_ml", "ml", f"{meaning}: volume."),
            Figure(f"{part}_g", "g", f"{meaning}: mass, 1.05 g/ml."),
            Figure(f"{part}_percent_lv", "%", f"{meaning}: share of the mass of the LV wall."),
        ]
    return figures


def _transmurality() -> list[Figure]:
    figures = []
    for variant, meaning in _MEANS.items():
        name, where = (
            f"transmurality_{variant}",
            f"Transmurality as {variant}, {meaning}, over its length in the wall",
        )
        figures += [
            Figure(f"{name}_mean_percent", "%", f"{where}: mean over all chords."),
            Figure(
                f"{name}_infarcted_mean_percent",
                "%",
                f"{where}: mean over the chords that meet infarct.",
            ),
            Figure(f"{name}_maximum_percent", "%", f"{where}: largest of all chords."),
        ]
    return figures


FIGURES: tuple[Figure, ...] = (
    Figure(
        "lv_pool_ml",
        "ml",
        "LV cavity with papillary muscles where the mask counts them to it: volume.",
    ),
    Figure("rv_pool_ml", "ml", "RV cavity: volume; undefined where the layout does not label it."),
    Figure("myocardium_ml", "ml", "LV wall, healthy or not: volume."),
    Figure("myocardium_g", "g", "LV wall, healthy or not: mass, 1.05 g/ml."),
    *_sizes(),
    Figure(
        "mvo_percent_infarct",
        "%",
        "No-reflow over infarct with no-reflow; undefined without an infarct.",
    ),
    Figure(
        "myocardial_salvage_index",
        "ratio",
        "(area at risk - infarct) / area at risk; undefined unless asked for, and without an "
        "area at risk.",
    ),
    *_transmurality(),
    Figure(
        "num_chords",
        "count",
        "Chords across closed rings, the denominator of the means over all chords.",
    ),
    Figure("num_infarcted_chords", "count", "Chords among them that meet infarct."),
    Figure(
        "wall_thickness_mm",
        "mm",
        "Mean distance from endocardium to nearest epicardium over closed rings.",
    ),
    Figure("wall_thickness_radial_mm", "mm", "Mean length of the chords inside the wall."),
    Figure("num_slices", "count", "Slices that show LV wall."),
    Figure(
        "num_closed_slices", "count", "Slices whose wall surrounds the cavity over the full circle."
    ),
    Figure(
        "num_segments",
        "count",
        "AHA segments that the stack shows; 0 without an angular reference.",
    ),
    Figure(
        "num_infarcted_segments",
        "count",
        "AHA segments whose infarct reaches 1 % of their mass, or another share asked for, "
        "and fills one row of voxels across the wall; undefined without segments.",
    ),
    Figure(
        "num_transmural_segments",
        "count",
        "AHA segments whose class of transmurality is 51-75 or 76-100.",
    ),
    Figure(
        "num_viable_segments",
        "count",
        "AHA segments whose class of transmurality is 0, 1-25 or 26-50.",
    ),
    Figure(
        "body_surface_m2",
        "m2",
        "Body surface after Mosteller; undefined without height and weight.",
    ),
    *(
        Figure(f"{name}_g_m2", "g/m2", f"{meaning}: mass over body surface.")
        for name, meaning in _INDEXED.items()
    ),
)

INDEXED: Mapping[str, str] = {f"{name}_g": f"{name}_g_m2" for name in _INDEXED}
"""Mass to the figure that divides it by the body surface."""

UNITS: Mapping[str, str] = {figure.name: figure.unit for figure in FIGURES}

FLAGS: Mapping[str, str] = {
    "no_heart": "The mask shows no LV wall.",
    "not_assessable": "A sequence that shows infarct, no-reflow or edema was not given; these are "
    "not assessable, and figures that need them undefined.",
    "told_by_model": "The model said something about its mask when it was made, such as an infarct "
    "that was left out.",
    "sequence_doubtful": "An image does not look like its sequence.",
    "scar_only": "The mask holds no wall around its pathology; figures of the wall and shares of "
    "it are undefined.",
    "thin_slices": "Many thin slices, as in 3D LGE, were taken for a short-axis stack.",
    "interval_excludes": "An interval does not hold its own figure.",
    "hardly_called": "The model hardly ever calls a tissue that it called here.",
    "not_assessed": "The model hardly ever calls a tissue and called none here; its figures are "
    "undefined.",
    "infarct_outside_wall": "Infarct, no-reflow or edema lie apart from the ring of the wall.",
    "base_disputed": "Cavity and affine disagree about the base; the cavity was followed.",
    "from_dicom": "Something was noticed while the DICOM study was read.",
    "alignment": "A sequence was left out of slices, or left where the scanner placed it.",
    "image_left_out": "An image lies on another grid than the mask and was left out.",
    "folds_disagree": "The model's folds or passes disagree widely about the infarct.",
    "threshold_fills_wall": "A classical threshold calls nearly all of the wall infarct; it found "
    "no border.",
    "spacing_disagrees": "Header and affine state different voxel sizes; "
    "the header's pixdim was used.",
    "single_slice": "One slice only: it is called mid, and volumes are of that slice.",
    "few_slices": "Fewer than three closed rings, so that basal, mid and apical are not all there.",
    "open_ring": "Some slices show a wall that does not close; they count for masses, "
    "not for rings and segments.",
    "sense_assumed": "The direction in which AHA numbers rise was assumed, "
    "as the affine does not tell.",
    "base_assumed": "Which end of the stack is the base was assumed, "
    "as neither cavity nor affine tell.",
    "no_rv_reference": "The mask shows no right ventricle that touches the wall, "
    "and no landmark was given.",
    "sectors_rigid": "Sectors are rigid, as those asked for need the insertions "
    "of a right ventricle in the mask.",
    "salvage_caution": "Salvage from edema is not recommended as an end point; read it with care.",
    "salvage_undefined": "There is no area at risk, so that salvage is undefined.",
    "salvage_negative": "The infarct is larger than the area at risk, so that salvage is negative.",
    "edema_smaller_than_infarct": "Edema around the infarct is smaller than the infarct itself.",
    "bright_blood_t2": "The cavity of the T2 image is brighter than the wall: right where it is "
    "T2-prepared, and wrong where blood should be dark.",
    "no_remote": "No remote myocardium was found; thresholds that need one are undefined.",
    "signed_image": "The LGE image is signed (PSIR); of the half-maximum thresholds "
    "only that from remote is defined.",
    "no_infarct": "The mask holds no infarct.",
    "no_edema": "The layout labels edema but the mask holds none.",
}
"""Code to what it means, the gravest first."""

GRAVE = frozenset(list(FLAGS)[: list(FLAGS).index("interval_excludes") + 1])
"""Flags without which the figures of a study mislead; a page shows them on top."""
