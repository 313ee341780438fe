"""The data dictionary: every figure of a study, every column of `cohort.csv`, every flag."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure of a study.

    Attributes:
        name: Name in files, and column of `cohort.csv`.
        unit: "ml", "g", "%", "mm", "ratio" or "count".
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
        "AHA segments with any infarct; undefined without segments.",
    ),
    Figure(
        "num_transmural_segments",
        "count",
        "AHA segments whose class of transmurality is 51-75 or 76-100.",
    ),
)

UNITS: Mapping[str, str] = {figure.name: figure.unit for figure in FIGURES}

FLAGS: Mapping[str, str] = {
    "no_heart": "The mask shows no LV wall.",
    "few_slices": "Fewer than three closed rings, so that basal, mid and apical are not all there.",
    "single_slice": "One slice only: it is called mid, and volumes are of that slice.",
    "open_ring": "Some slices show a wall that does not close; they count for masses, "
    "not for rings and segments.",
    "no_rv_reference": "The mask shows no right ventricle that touches the wall, "
    "and no landmark was given.",
    "sense_assumed": "The direction in which AHA numbers rise was assumed, "
    "as the affine does not tell.",
    "base_assumed": "Which end of the stack is the base was assumed, "
    "as neither cavity nor affine tell.",
    "base_disputed": "Cavity and affine disagree about the base; the cavity was followed.",
    "sectors_rigid": "Sectors are rigid, as those asked for need the insertions "
    "of a right ventricle in the mask.",
    "no_infarct": "The mask holds no infarct.",
    "infarct_outside_wall": "Infarct, no-reflow or edema lie apart from the ring of the wall.",
    "edema_smaller_than_infarct": "Edema around the infarct is smaller than the infarct itself.",
    "no_edema": "The layout labels edema but the mask holds none.",
    "salvage_caution": "Salvage from edema is not recommended as an end point; read it with care.",
    "salvage_undefined": "There is no area at risk, so that salvage is undefined.",
    "salvage_negative": "The infarct is larger than the area at risk, so that salvage is negative.",
    "folds_disagree": "The model's folds or passes disagree widely about the infarct.",
    "no_remote": "No remote myocardium was found; thresholds that need one are undefined.",
    "signed_image": "The LGE image is signed (PSIR); of the half-maximum thresholds "
    "only that from remote is defined.",
    "from_dicom": "Something was noticed while the DICOM study was read.",
    "alignment": "A sequence was left out of slices, or left where the scanner placed it.",
    "model": "The model that made the mask says something about it.",
    "spacing_disagrees": "Header and affine state different voxel sizes; "
    "the header's pixdim was used.",
}
