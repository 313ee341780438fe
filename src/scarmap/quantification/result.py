"""What quantification finds in one study.

A figure that is undefined or whose tissue is not labelled is NaN; in JSON, `null`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scarmap.quantification.origin import GIVEN, MaskOrigin
from scarmap.quantification.parts import GreyZone, Territory

BASAL, MID, APICAL, APEX = "basal", "mid", "apical", "apex"
RINGS = (BASAL, MID, APICAL)


@dataclass(frozen=True)
class Flag:
    """Something that a reader of the figures must know.

    Attributes:
        code: A name in `scarmap.quantification.dictionary.FLAGS`.
        message: One sentence about this study.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Interval:
    """How far a figure may be off, by how answers scatter or how wrong they were elsewhere.

    Attributes:
        low: Lower end, in the figure's unit.
        high: Upper end.
        confidence: Share of the scatter, or of studies, that it covers, 0 to 1; NaN where the
            method claims none.
        method: How it was found, for people.
    """

    low: float
    high: float
    confidence: float
    method: str


@dataclass(frozen=True)
class Reference:
    """How the stack lies in the heart.

    Directions are degrees from +X towards +Y of the array, 0 up to 360.

    Attributes:
        source: Where the direction of the septum comes from.
        septum_deg: Middle of the septum seen from the centre of the left ventricle, the border of
            segments 2 and 3.
        anterior_insertion_deg: Where the right ventricle meets the anterior septum; NaN unless the
            mask shows it.
        inferior_insertion_deg: Where it meets the inferior septum.
        sense: 1 when AHA numbers rise from +X towards +Y, -1 when they rise the other way.
        sense_source: Whether the affine told so, or a usual display was assumed.
        base: Which end of the slice axis is the base.
        base_source: What told so.
    """

    source: Literal["rv_insertion", "landmark", "none"]
    septum_deg: float
    anterior_insertion_deg: float
    inferior_insertion_deg: float
    sense: int
    sense_source: Literal["affine", "assumed"]
    base: Literal["first", "last"]
    base_source: Literal["cavity_area", "affine", "assumed"]


@dataclass(frozen=True)
class Transmurality:
    """How deep infarct reaches into the wall, in percent of the wall's thickness.

    No-reflow is part of the infarct. A chord is a ray from the centre of the left ventricle across
    the wall. `extent` runs from the endocardium to the outermost infarct on it; `fraction` is the
    infarcted length. Means are over all chords, or over those that meet infarct; the latter is NaN
    where none does.

    Attributes:
        num_chords: Chords that cross the wall, the denominator of the means.
        num_infarcted_chords: Chords that meet infarct, the denominator of the means over infarcted
            chords.
        extent_mean_percent: Mean extent over all chords.
        extent_infarcted_mean_percent: Mean extent over infarcted chords.
        extent_maximum_percent: Largest extent.
        fraction_mean_percent: Mean fraction over all chords.
        fraction_infarcted_mean_percent: Mean fraction over infarcted chords.
        fraction_maximum_percent: Largest fraction.
        area_percent: Infarct voxels over wall voxels.
        grade: Class of the mean under the study's convention: "0", "1-25", "26-50", "51-75" or
            "76-100"; "" where there is no wall.
    """

    num_chords: int
    num_infarcted_chords: int
    extent_mean_percent: float
    extent_infarcted_mean_percent: float
    extent_maximum_percent: float
    fraction_mean_percent: float
    fraction_infarcted_mean_percent: float
    fraction_maximum_percent: float
    area_percent: float
    grade: str


@dataclass(frozen=True)
class WallFigures:
    """Figures of one part of the wall.

    Attributes:
        myocardium_g: Its mass.
        infarct_percent: Infarct, no-reflow included, in percent of that mass.
        edema_percent: Edema outside the infarct, likewise; NaN where edema is not labelled.
        mvo_percent: No-reflow, in percent of that mass; NaN where it is not labelled.
        mvo: Whether any no-reflow is there; None where it is not labelled.
        transmurality: How deep the infarct reaches.
        wall_thickness_mm: Mean distance from endocardium to nearest epicardium in the slice.
        wall_thickness_radial_mm: Mean length of the chords inside the wall.
    """

    myocardium_g: float
    infarct_percent: float
    edema_percent: float
    mvo_percent: float
    mvo: bool | None
    transmurality: Transmurality
    wall_thickness_mm: float
    wall_thickness_radial_mm: float


@dataclass(frozen=True)
class Segment:
    """One AHA segment.

    Attributes:
        number: 1 to 17.
        name: For instance "basal anteroseptal".
        ring: "basal", "mid", "apical" or "apex".
        territory: Coronary artery that nominally feeds it: "LAD", "RCA" or "LCX".
        start_deg: Direction of its border with the lower number of its ring, degrees from +X
            towards +Y; NaN for 17.
        width_deg: Angle that it covers.
        figures: What was measured in it; where the stack shows none of it, 0 g and else NaN.
    """

    number: int
    name: str
    ring: str
    territory: str
    start_deg: float
    width_deg: float
    figures: WallFigures


@dataclass(frozen=True)
class Ring:
    """A third of the left ventricle along its axis; needs no angular reference.

    Attributes:
        name: "basal", "mid", "apical", or "apex" for a slice without a cavity.
        slices: Indices of its slices along the third array axis.
        figures: What was measured in it.
    """

    name: str
    slices: tuple[int, ...]
    figures: WallFigures


@dataclass(frozen=True)
class SliceFigures:
    """One slice.

    Attributes:
        index: Its place along the third array axis.
        ring: Name of its ring; "" where it belongs to none, as its wall is not closed.
        closed: Whether the wall surrounds the cavity over the full circle.
        centre_voxels: Centre of the left ventricle (cavity and wall) along (X, Y); NaN where there
            is none.
        septum_deg: Direction of the septum in this slice; NaN where no right ventricle touches.
        lv_pool_ml: Volume of the cavity in this slice.
        myocardium_ml: Volume of the wall.
        infarct_ml: Volume of infarct, no-reflow included.
        edema_ml: Volume of edema outside the infarct.
        mvo_ml: Volume of no-reflow.
    """

    index: int
    ring: str
    closed: bool
    centre_voxels: tuple[float, float]
    septum_deg: float
    lv_pool_ml: float
    myocardium_ml: float
    infarct_ml: float
    edema_ml: float
    mvo_ml: float


@dataclass(frozen=True)
class Remote:
    """Myocardium that serves as normal for a threshold.

    Attributes:
        source: Where it was taken, for people.
        num_voxels: How many voxels.
        mean: Their mean, image units.
        sd: Their standard deviation (n - 1), image units.
    """

    source: str
    num_voxels: int
    mean: float
    sd: float


@dataclass(frozen=True)
class ThresholdFigures:
    """Infarct that a classical threshold finds on the LGE image inside the wall of the mask.

    Attributes:
        method: A name in `scarmap.quantification.thresholds.methods.METHODS`, such as "5sd".
        title: The same for people.
        cutoff: Image units, one for the whole stack; NaN where the method is undefined, as are the
            sizes then.
        remote: The reference, or None where the method needs none.
        infarct_ml: Volume found.
        infarct_g: Mass found.
        infarct_percent_lv: The same in percent of the mass of the wall.
        dice_with_mask: Overlap with the infarct of the mask, no-reflow included; NaN where the mask
            has none.
    """

    method: str
    title: str
    cutoff: float
    remote: Remote | None
    infarct_ml: float
    infarct_g: float
    infarct_percent_lv: float
    dice_with_mask: float


@dataclass(frozen=True)
class Quantification:
    """Everything found in one study.

    Attributes:
        case: Case identifier.
        scarmap_version: Version that measured it.
        layout: Label layout of the mask; "" when every tissue could be labelled.
        tissues: Tissues that the layout labels.
        shape: Voxels along (X, Y, Z).
        spacing_mm: Distance of voxel centres along (X, Y, Z); volumes are sums over slices times
            their distance.
        conventions: Name of a choice to what was chosen, for instance "sectors" to "rigid".
        figures: Name in `scarmap.quantification.dictionary.FIGURES` to value, in that order, units
            in the names.
        intervals: Some of these names to how far the figure may be off; empty without probabilities
            or errors.
        reference: How the stack lies in the heart.
        slices: Every slice of the stack, in the order of the array.
        rings: The rings that the stack shows, from the base to the apex.
        segments: 16 or 17 segments in order; empty without an angular reference.
        thresholds: Results on the LGE image; empty without one.
        flags: What a reader must know, the gravest first; empty when all is well.
        origin: Where the mask comes from.
        unassessed: Labelled tissues that nothing can be said about, to why: "not assessable" or
            "not assessed". Figures that need them are undefined.
        territories: Segments added up by artery; empty without segments.
        grey_zones: Core and border of the infarct by each method; empty without an LGE image.
    """

    case: str
    scarmap_version: str
    layout: str
    tissues: tuple[str, ...]
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    conventions: Mapping[str, str]
    figures: Mapping[str, float]
    intervals: Mapping[str, Interval]
    reference: Reference
    slices: tuple[SliceFigures, ...]
    rings: tuple[Ring, ...]
    segments: tuple[Segment, ...]
    thresholds: tuple[ThresholdFigures, ...] = ()
    flags: tuple[Flag, ...] = ()
    origin: MaskOrigin = GIVEN
    unassessed: Mapping[str, str] = field(default_factory=dict)
    territories: tuple[Territory, ...] = ()
    grey_zones: tuple[GreyZone, ...] = ()
