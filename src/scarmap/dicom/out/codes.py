"""Codes of what is segmented and measured: the standard's where it has one, else our own scheme.

The standard has no concept for no-reflow, the infarct's mass and share, transmurality or salvage.
These get a code of the private scheme `99SCARMAP` whose meaning says all, so that no code of the
standard is bent to something that it does not mean. Codes are never used again for something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEME = "99SCARMAP"


@dataclass(frozen=True)
class Concept:
    """A code: its value, its scheme ("SCT", "DCM", "LN", "UCUM" or our own) and what it means."""

    value: str
    scheme: str
    meaning: str


def own(value: str, meaning: str) -> Concept:
    """A concept of the private scheme."""
    return Concept(value, SCHEME, meaning)


ANATOMY = Concept("91723000", "SCT", "Anatomical Structure")
ABNORMAL = Concept("49755003", "SCT", "Morphologically Abnormal Structure")
LV_MYOCARDIUM = Concept("49848007", "SCT", "Left Ventricle Myocardium")
LEFT_VENTRICLE = Concept("87878005", "SCT", "Left ventricle")
RIGHT_VENTRICLE = Concept("53085002", "SCT", "Right ventricle")
INFARCTION = Concept("22298006", "SCT", "Myocardial Infarction")
MVO = own("MVO", "Microvascular obstruction (no-reflow)")
VOLUME = Concept("118565006", "SCT", "Volume")
CARDIAC_MRI = Concept("241620005", "SCT", "Cardiac MRI")
REPORT_TITLE = Concept("18748-4", "LN", "Diagnostic Imaging Report")
MEASUREMENT_REPORT = Concept("126000", "DCM", "Imaging Measurement Report")
ARTIFICIAL_INTELLIGENCE = Concept("123110", "DCM", "Artificial Intelligence")
COMMENT = Concept("121106", "DCM", "Comment")
TRANSMURALITY_CLASS = own("TM-CLASS", "Class of transmurality")
RING = own("RING", "Ring of the left ventricle")


@dataclass(frozen=True)
class Property:
    """What a segment is.

    Attributes:
        category: Kind of thing.
        kind: The thing.
        site: Where it lies.
        description: One sentence on what its voxels are.
    """

    category: Concept
    kind: Concept
    site: Concept
    description: str


PROPERTIES: Mapping[str, Property] = {
    "lv_pool": Property(ANATOMY, LEFT_VENTRICLE, LEFT_VENTRICLE, "Cavity of the left ventricle"),
    "rv_pool": Property(ANATOMY, RIGHT_VENTRICLE, RIGHT_VENTRICLE, "Cavity of the right ventricle"),
    "normal_myocardium": Property(
        ANATOMY, LV_MYOCARDIUM, LV_MYOCARDIUM, "Wall of the left ventricle that is nothing else"
    ),
    "edema": Property(
        ABNORMAL, Concept("79654002", "SCT", "Edema"), LV_MYOCARDIUM, "Edema outside the infarct"
    ),
    "scar": Property(
        ABNORMAL,
        Concept("12402003", "SCT", "Scar"),
        LV_MYOCARDIUM,
        "Infarct without the no-reflow that the mask labels apart",
    ),
    "mvo": Property(ABNORMAL, MVO, LV_MYOCARDIUM, "No-reflow inside the infarct"),
    "whole_infarct": Property(
        ABNORMAL, INFARCTION, LV_MYOCARDIUM, "Infarct with no-reflow; overlaps both of its parts"
    ),
}
"""Tissue, or the one nested region, to what it is."""

AHA_SEGMENTS: tuple[Concept, ...] = tuple(
    Concept(
        value,
        "SCT",
        f"left ventricle {name} segment" if name != "apex" else "Apex of left ventricle",
    )
    for value, name in (
        ("264850008", "basal anterior"),
        ("396482007", "basal anteroseptal"),
        ("396646008", "basal inferoseptal"),
        ("264846001", "basal inferior"),
        ("396652009", "basal inferolateral"),
        ("396654005", "basal anterolateral"),
        ("264848000", "mid anterior"),
        ("396647004", "mid anteroseptal"),
        ("396649001", "mid inferoseptal"),
        ("264847005", "mid inferior"),
        ("396655006", "mid inferolateral"),
        ("396656007", "mid anterolateral"),
        ("264844003", "apical anterior"),
        ("264845002", "apical septal"),
        ("264849008", "apical inferior"),
        ("264853005", "apical lateral"),
        ("128564006", "apex"),
    )
)
"""Segments 1 to 17."""

UNITS: Mapping[str, Concept] = {
    "ml": Concept("mL", "UCUM", "milliliter"),
    "g": Concept("g", "UCUM", "gram"),
    "%": Concept("%", "UCUM", "percent"),
    "mm": Concept("mm", "UCUM", "millimeter"),
    "ratio": Concept("1", "UCUM", "no units"),
    "count": Concept("1", "UCUM", "no units"),
    "m2": Concept("m2", "UCUM", "square meter"),
    "g/m2": Concept("g/m2", "UCUM", "gram per square meter"),
}
"""Unit of `scarmap.quantification.dictionary.FIGURES` to its code."""

_PARTS = {
    "normal_myocardium": ("NORMAL", "normal myocardium"),
    "infarct": ("INFARCT", "infarct with no-reflow"),
    "infarct_without_mvo": ("SCAR", "infarct without no-reflow"),
    "mvo": ("MVO", "no-reflow"),
    "edema": ("EDEMA", "edema outside the infarct"),
    "area_at_risk": ("EDEMA-INF", "edema and infarct together"),
}

_SIZES = {
    "ml": ("ML", "Volume of"),
    "g": ("G", "Mass of"),
    "percent_lv": ("PLV", "Percent of LV mass:"),
}

_CHORDS = {
    "mean": ("MEAN", "mean of all chords"),
    "infarcted_mean": ("INF", "mean of infarcted chords"),
    "maximum": ("MAX", "largest"),
}


def _figures() -> dict[str, Concept]:
    found = {
        "lv_pool_ml": own("LV-ML", "Volume of LV cavity in these slices"),
        "rv_pool_ml": own("RV-ML", "Volume of RV cavity in these slices"),
        "myocardium_ml": own("WALL-ML", "Volume of LV wall"),
        "myocardium_g": Concept("18087-7", "LN", "Left Ventricle Mass"),
        "mvo_percent_infarct": own("MVO-PINF", "No-reflow, percent of infarct"),
        "myocardial_salvage_index": own("SALVAGE", "Myocardial salvage index"),
        "num_chords": own("CHORDS", "Chords across closed rings"),
        "num_infarcted_chords": own("CHORDS-INF", "Chords that meet infarct"),
        "wall_thickness_mm": own("THICKNESS", "Wall thickness, nearest distance, mean"),
        "wall_thickness_radial_mm": own("THICKNESS-RAD", "Wall thickness along chords, mean"),
        "num_slices": own("SLICES", "Slices that show LV wall"),
        "num_closed_slices": own("SLICES-CLOSED", "Slices whose wall is closed"),
        "num_segments": own("SEGMENTS", "AHA segments shown"),
        "num_infarcted_segments": own("SEGMENTS-INF", "AHA segments with infarct"),
        "num_transmural_segments": own("SEGMENTS-TRANS", "AHA segments above 50 % transmurality"),
        "num_viable_segments": own("SEGMENTS-VIABLE", "AHA segments up to 50 % transmurality"),
        "body_surface_m2": own("BODY-SURFACE", "Body surface (Mosteller)"),
        "myocardium_g_m2": own("WALL-G-M2", "Mass of LV wall over body surface"),
        "infarct_g_m2": own("INFARCT-G-M2", "Mass of infarct over body surface"),
        "mvo_g_m2": own("MVO-G-M2", "Mass of no-reflow over body surface"),
    }
    for part, (stem, meaning) in _PARTS.items():
        for size, (ending, what) in _SIZES.items():
            found[f"{part}_{size}"] = own(f"{stem}-{ending}", f"{what} {meaning}")
    for variant in ("extent", "fraction"):
        for which, (ending, what) in _CHORDS.items():
            found[f"transmurality_{variant}_{which}_percent"] = own(
                f"TM-{variant[:4].upper()}-{ending}", f"Transmurality ({variant}), {what}"
            )
    return found


FIGURES: Mapping[str, Concept] = _figures()
"""Name of a figure of a study to its concept."""

WALL_FIGURES: Mapping[str, tuple[Concept, str]] = {
    "myocardium_g": (own("PART-G", "Mass of this part of the LV wall"), "g"),
    "infarct_percent": (own("PART-INF-P", "Infarct, percent of the mass of this part"), "%"),
    "edema_percent": (own("PART-EDEMA-P", "Edema, percent of the mass of this part"), "%"),
    "mvo_percent": (own("PART-MVO-P", "No-reflow, percent of the mass of this part"), "%"),
    "wall_thickness_mm": (FIGURES["wall_thickness_mm"], "mm"),
}
"""Field of a segment's or ring's figures to its concept and unit."""

DEPTH_FIGURES: Mapping[str, Concept] = {
    f"{variant}_{which}_percent": FIGURES[f"transmurality_{variant}_{which}_percent"]
    for variant in ("extent", "fraction")
    for which in _CHORDS
} | {"area_percent": own("TM-AREA", "Infarct voxels over wall voxels")}
"""Field of a part's transmurality, in percent, to its concept."""

GRADES: Mapping[str, Concept] = {
    grade: own(f"TM-{grade}", f"Transmurality {grade} %")
    for grade in ("0", "1-25", "26-50", "51-75", "76-100")
}
"""Class of transmurality to its concept."""


def coded(concept: Concept) -> Any:
    """The concept as highdicom takes it."""
    from highdicom.sr import CodedConcept

    return CodedConcept(concept.value, concept.scheme, concept.meaning)


def scheme_item() -> Any:
    """What our private scheme is, for the objects that use it."""
    from highdicom.coding_schemes import CodingSchemeIdentificationItem

    return CodingSchemeIdentificationItem(
        SCHEME,
        name="Codes of scarmap for what the standard has no concept for",
        responsible_organization="scarmap",
    )
