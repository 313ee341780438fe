"""One study: from a mask, and whatever else there is, to its figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

from scarmap.errors import DataError, suggest
from scarmap.labels import INDEX, MaskArray, codes
from scarmap.quantification.dictionary import FIGURES, INDEXED
from scarmap.quantification.doubts import (
    flags_of_images,
    flags_of_intervals,
    flags_of_origin,
    ranked,
)
from scarmap.quantification.intervals.from_errors import KnownErrors, intervals_from_errors
from scarmap.quantification.intervals.from_probabilities import Probabilities, holding, intervals
from scarmap.quantification.measures.flags import (
    flags_of_figures,
    flags_of_grid,
    flags_of_reference,
    flags_of_salvage,
    flags_of_sectors,
    flags_of_stack,
    is_scar_only,
)
from scarmap.quantification.measures.segments import SECTORS
from scarmap.quantification.measures.sizes import (
    MYOCARDIUM_G_PER_ML,
    salvage_index,
    sizes,
)
from scarmap.quantification.measures.slices import measure_slices
from scarmap.quantification.measures.territories import measure_territories
from scarmap.quantification.measures.transmurality import VARIANTS
from scarmap.quantification.measures.walls import counts, measure_walls, wall_figures
from scarmap.quantification.origin import GIVEN, MaskOrigin, unassessed, undefined_parts
from scarmap.quantification.result import Interval, Quantification
from scarmap.quantification.stack.placement import Placement, place
from scarmap.quantification.stack.wall_slices import Remembered
from scarmap.quantification.stack.window import cropped, heart_window
from scarmap.quantification.thresholds.methods import METHODS
from scarmap.quantification.thresholds.seen import seen_on_lge
from scarmap.version import __version__
from scarmap.volume import LabelMap, Volume


@dataclass(frozen=True)
class Choices:
    """What the literature leaves open.

    Attributes:
        sectors: A name in `scarmap.quantification.measures.segments.SECTORS`.
        transmurality: A name in `scarmap.quantification.measures.transmurality.VARIANTS`; decides
            each segment's class.
        salvage: Whether to give the myocardial salvage index, with the consensus' caution.
        methods: Names in `scarmap.quantification.thresholds.methods.METHODS`, applied where there
            is an LGE image.
        signed: Whether that image is signed (PSIR); None finds out by negative voxels.
        confidence: Coverage of the intervals.
        infarcted_percent: A segment counts as infarcted from this share of its mass on, if the
            infarct also fills one row of voxels across the wall.
    """

    sectors: str = SECTORS[0]
    transmurality: str = VARIANTS[0]
    salvage: bool = False
    methods: tuple[str, ...] = tuple(METHODS)
    signed: bool | None = None
    confidence: float = 0.9
    infarcted_percent: float = 1.0

    def __post_init__(self) -> None:
        """Refuse names that nothing answers to."""
        for what, names, known in (
            ("division into sectors", (self.sectors,), SECTORS),
            ("variant of transmurality", (self.transmurality,), VARIANTS),
            ("threshold method", self.methods, tuple(METHODS)),
        ):
            for name in names:
                if name not in known:
                    raise DataError(f"There is no {what} {name!r}. {suggest(name, known)}")


DEFAULT = Choices()


def quantify(
    labels: LabelMap,
    *,
    case: str = "",
    layout: str | None = None,
    image: Volume | None = None,
    remote: MaskArray | None = None,
    probabilities: Mapping[str, Probabilities] | None = None,
    errors: KnownErrors | None = None,
    reference_deg: float | None = None,
    area_at_risk_ml: float | None = None,
    body_surface_m2: float | None = None,
    images: Mapping[str, Volume] | None = None,
    origin: MaskOrigin = GIVEN,
    choices: Choices = DEFAULT,
    remembered: Remembered | None = None,
) -> Quantification:
    """Measure one study.

    Args:
        labels: The segmentation.
        case: Name of the study.
        layout: Label layout of the mask, which decides what is defined: edema is undefined in
            EMIDEC, not 0. None for masks that could hold every tissue.
        image: LGE on the same grid, for classical thresholds.
        remote: (X, Y, Z), remote myocardium for these; found automatically when None.
        probabilities: Region to its probability, (K, X, Y, Z) of folds or passes or (X, Y, Z)
            averaged, for intervals.
        errors: Errors of the model that made the mask on cases that it had not seen; their
            intervals stand in the place of those from probabilities.
        reference_deg: Direction of the middle of the septum from the centre of the left ventricle,
            degrees from the first array axis towards the second, measured in millimetres; found
            from the right ventricle when None.
        area_at_risk_ml: Area at risk drawn elsewhere, for the salvage index; edema and infarct
            together when None.
        body_surface_m2: Body surface of the patient, over which masses are then given, too.
        images: Sequence to image on the same grid, to see whether each looks like its sequence.
        origin: Where the mask comes from, which decides what was assessed at all.
        choices: What the literature leaves open.
        remembered: What an earlier call left there, an empty dictionary at first: a mask that was
            changed in one slice is then measured in a fraction of the time, with the same result.

    Returns:
        Figures, rings, segments and flags. What cannot be known is NaN or left out, and flagged.

    Raises:
        DataError: Probabilities of an unknown region or another shape were given.
        GeometryError: The image lies on another grid than the mask.
        LabelError: There is no such layout.
    """
    tissues = _labelled_tissues(layout)
    missing = unassessed(origin, labels.array, tissues)
    assessed = tuple(tissue for tissue in tissues if tissue not in missing)
    window = heart_window(labels.array)
    heart = cropped(labels, window)
    placement = place(heart, reference_deg=reference_deg, remembered=remembered)
    sectors = _possible_sectors(choices.sectors, placement)
    wall, rings, segments = measure_walls(
        placement, labels.grid.voxel_ml, assessed, choices.transmurality, sectors
    )
    figures = _sizes(labels, tissues, missing, placement) | wall_figures(wall, assessed)
    figures |= counts(placement, segments, labels.grid, infarcted_percent=choices.infarcted_percent)
    figures["myocardial_salvage_index"] = _salvage(figures, area_at_risk_ml, choices)
    figures |= _indexed(figures, nan if body_surface_m2 is None else body_surface_m2)
    spread = intervals(
        probabilities or {},
        tissues=tissues,
        voxel_ml=labels.grid.voxel_ml,
        wall_ml=figures["myocardium_ml"],
        confidence=choices.confidence,
    )
    stated = _stated(spread, figures, errors, confidence=choices.confidence)
    seen = seen_on_lge(
        image,
        labels,
        placement.slices,
        methods=choices.methods,
        remote=remote,
        signed=choices.signed,
    )
    return Quantification(
        case=case,
        scarmap_version=__version__,
        layout=layout or "",
        tissues=tissues[1:],
        shape=labels.grid.shape,
        spacing_mm=labels.grid.spacing_mm,
        conventions=conventions(
            choices, sectors=sectors, drawn_at_risk=area_at_risk_ml is not None
        ),
        figures={figure.name: float(figures[figure.name]) for figure in FIGURES},
        intervals=_of_defined(stated, figures),
        reference=placement.reference,
        slices=measure_slices(heart, window, placement, assessed),
        rings=rings,
        segments=segments,
        thresholds=seen.thresholds,
        origin=origin,
        unassessed=missing,
        territories=measure_territories(segments),
        grey_zones=() if "scar" in missing else seen.grey_zones,
        flags=ranked(
            *flags_of_origin(origin, labels, missing),
            *flags_of_images(images or {}, labels, origin=origin),
            *flags_of_stack(heart, placement.slices),
            *flags_of_reference(placement.reference, disputed=placement.disputed),
            *flags_of_sectors(choices.sectors, sectors),
            *flags_of_figures(figures, assessed),
            *(flags_of_salvage(figures["myocardial_salvage_index"]) if choices.salvage else []),
            *flags_of_intervals(figures, spread, stated),
            *seen.flags,
            *flags_of_grid(labels.grid),
        ),
    )


def conventions(choices: Choices, *, sectors: str, drawn_at_risk: bool = False) -> dict[str, str]:
    """What was chosen, by topic, for people.

    Args:
        choices: What was asked for.
        sectors: The division that could be used.
        drawn_at_risk: Whether the area at risk came from elsewhere.
    """
    return {
        "sectors": sectors,
        "transmurality": choices.transmurality,
        "volume": "voxels times pixdim, summed over slices at the distance of their centres",
        "density": f"{MYOCARDIUM_G_PER_ML} g/ml",
        "denominator": "LV wall of the same mask, all slices",
        "infarct": "scar and no-reflow",
        "papillary_muscles": "as the mask has them",
        "area_at_risk": "given" if drawn_at_risk else "edema and infarct of the mask",
        "infarcted_segment": f"at least {choices.infarcted_percent:g} % of its mass and one row of "
        "voxels across the wall",
        "wall_thickness": "to the nearest epicardium in the slice; radial along the chords",
    }


def _labelled_tissues(layout: str | None) -> tuple[str, ...]:
    """Tissues that a mask can hold, the background first."""
    return tuple(codes(layout)) if layout else tuple(INDEX)


def _sizes(
    labels: LabelMap, tissues: tuple[str, ...], missing: Mapping[str, str], placement: Placement
) -> dict[str, float]:
    """Sizes, undefined where a tissue was not assessed or where the mask has no wall around it."""
    found = sizes(labels, tissues)
    unknown = [f"{part}_" for part in undefined_parts(missing)]
    if missing.keys() & {"scar", "mvo"}:
        unknown.append("mvo_percent_infarct")
    if is_scar_only(labels.array, placement.slices):
        unknown += ["myocardium_", "normal_myocardium_"]
        unknown += [name for name in found if name.endswith("_percent_lv")]
    hidden = tuple(unknown)
    return {name: nan if name.startswith(hidden) else value for name, value in found.items()}


def _salvage(figures: Mapping[str, float], drawn_ml: float | None, choices: Choices) -> float:
    """Salvage index of the area at risk that was drawn elsewhere, or of that of the mask."""
    at_risk_ml = figures["area_at_risk_ml"] if drawn_ml is None else drawn_ml
    return salvage_index(at_risk_ml, figures["infarct_ml"]) if choices.salvage else nan


def _stated(
    spread: Mapping[str, Interval],
    figures: Mapping[str, float],
    errors: KnownErrors | None,
    *,
    confidence: float,
) -> Mapping[str, Interval]:
    """Intervals that stand beside the figures; those of known errors rather than `spread`."""
    if errors is not None:
        return intervals_from_errors(figures, errors, confidence=confidence)
    return {name: holding(each, figures[name]) for name, each in spread.items()}


def _possible_sectors(wanted: str, placement: Placement) -> str:
    """The wanted division; the rigid one where the mask shows no insertion to turn others by."""
    return SECTORS[0] if isnan(placement.reference.anterior_insertion_deg) else wanted


def _of_defined(
    stated: Mapping[str, Interval], figures: Mapping[str, float]
) -> dict[str, Interval]:
    """The intervals of figures that are defined, in the order of the figures."""
    defined = [name for name, value in figures.items() if not isnan(value)]
    return {name: stated[name] for name in defined if name in stated}


def _indexed(figures: Mapping[str, float], surface_m2: float) -> dict[str, float]:
    """Body surface, and masses over it."""
    masses = {index: figures[mass] / surface_m2 for mass, index in INDEXED.items()}
    return {"body_surface_m2": surface_m2, **masses}
