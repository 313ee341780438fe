"""Many studies: how they are measured, and how well two readings of them agree."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import nan
from pathlib import Path
from typing import Protocol, TypeVar

from scarmap.errors import DataError, ScarmapError
from scarmap.io.coding import merge
from scarmap.io.nifti import read_labels
from scarmap.quantification.agreement import Agreement, agree
from scarmap.quantification.dictionary import UNITS
from scarmap.quantification.doubts import ranked
from scarmap.quantification.intervals.from_errors import KnownErrors
from scarmap.quantification.intervals.maps import maps_beside, read_probabilities
from scarmap.quantification.measures.flags import flag
from scarmap.quantification.origin import (
    GIVEN,
    NOT_ASSESSABLE,
    MaskOrigin,
    undefined_parts,
)
from scarmap.quantification.result import Quantification
from scarmap.quantification.study import DEFAULT, Choices, quantify
from scarmap.volume import Case


@dataclass(frozen=True)
class Measuring:
    """How studies are measured.

    Attributes:
        reference_deg: Direction of the middle of the septum, as
            `scarmap.quantification.study.quantify` takes it.
        origin: Where the mask comes from, which decides what was assessed at all; None where
            nothing is known, or where files beside the mask are to tell.
        errors: Errors of the model that made the masks on cases that it had not seen, for
            intervals.
        maps: Folders with probability maps, one for each fold, for intervals; None for the folder
            of the mask.
        choices: What the literature leaves open.
        references_deg: Case to its own direction, which wins over `reference_deg`.
        body_surfaces_m2: Case to its patient's body surface, where it is known.
    """

    reference_deg: float | None = None
    origin: MaskOrigin | None = None
    errors: KnownErrors | None = None
    maps: tuple[Path, ...] | None = None
    choices: Choices = DEFAULT
    references_deg: Mapping[str, float] = field(default_factory=dict)
    body_surfaces_m2: Mapping[str, float] = field(default_factory=dict)


AS_USUAL = Measuring()

_COMPARED = tuple(name for name, unit in UNITS.items() if unit != "count")


class Named(Protocol):
    """Files of a study, of which only its name must be known."""

    @property
    def name(self) -> str:
        """Name of the study."""


Files = TypeVar("Files", bound=Named)


@dataclass(frozen=True)
class MeasuredCohort:
    """What became of the studies of a cohort.

    Attributes:
        studies: What was measured.
        failed: What is wrong with each study that was not.
    """

    studies: tuple[Quantification, ...]
    failed: Mapping[str, str]


@dataclass(frozen=True)
class TwoReadings:
    """Another reading of the same cases, and how well it agrees with the first.

    Attributes:
        others: Case to its other reading, for the cases that have both.
        missing: Cases that only one reading has, sorted.
        agreements: What `agree_cohorts` found; differences are first - other.
        failed: What is wrong with each mask of the other reading that could not be measured.
    """

    others: Mapping[str, Quantification]
    missing: tuple[str, ...]
    agreements: Mapping[str, Agreement]
    failed: Mapping[str, str] = field(default_factory=dict)


def measure_study(study: Case, measuring: Measuring = AS_USUAL) -> Quantification:
    """Measure one study.

    Args:
        study: Its mask as labels, and its images: LGE serves for thresholds.
        measuring: How.

    Raises:
        DataError: The study has no mask, or a file of probabilities is damaged.
        GeometryError: Mask, image and probabilities lie on different grids.
    """
    if study.labels is None:
        raise DataError(f"Study {study.name} has no mask. Give the file with its labels.")
    measured = quantify(
        study.labels,
        case=study.name,
        layout=study.layout,
        image=study.images.get("LGE"),
        images=study.images,
        origin=measuring.origin or GIVEN,
        probabilities=read_probabilities(
            _maps(study.name, study.labels.grid.source, measuring), study.labels.grid
        ),
        errors=measuring.errors,
        reference_deg=measuring.references_deg.get(study.name, measuring.reference_deg),
        body_surface_m2=measuring.body_surfaces_m2.get(study.name),
        choices=measuring.choices,
    )
    left_out = [flag("image_left_out", _off_grid(sequence)) for sequence in study.left_out]
    return replace(measured, flags=ranked(*measured.flags, *left_out))


def _off_grid(sequence: str) -> str:
    return f"The {sequence} image lies on another grid than the mask and was left out."


def measure_cohort(
    files: Iterable[Files],
    measure: Callable[[Files], Quantification],
    *,
    on_case: Callable[[str], None] = lambda _name: None,
) -> MeasuredCohort:
    """Measure studies one after the other; a broken one does not stop the others.

    Args:
        files: The studies.
        measure: Reads, measures and writes one of them.
        on_case: Called with each study's name when it is done or has failed.
    """
    studies: list[Quantification] = []
    failed: dict[str, str] = {}
    for each in files:
        try:
            studies.append(measure(each))
        except (ScarmapError, OSError) as problem:
            failed[each.name] = str(problem)
        on_case(each.name)
    return MeasuredCohort(tuple(studies), failed)


def compare_readings(
    studies: Sequence[Quantification],
    masks: Mapping[str, Path],
    *,
    layouts: Mapping[str, str] | None = None,
    choices: Choices = DEFAULT,
) -> TwoReadings:
    """Measure another reading of the same cases, and how well both agree.

    The other reading is measured as the first was, with its landmark where it had one. Where the
    two label different tissues, figures count that mean the same in both. A broken mask does not
    stop the others.

    Args:
        studies: The first reading.
        masks: Case to mask of the other one.
        layouts: Case to the label layout of that mask; the layout of its study where none is named.
        choices: What the literature leaves open.

    Raises:
        DataError: No case has both readings, or no other mask can be measured.
    """
    layouts, others, failed = layouts or {}, {}, {}
    for study in studies:
        case = study.case
        if case not in masks:
            continue
        try:
            layout = layouts.get(case, study.layout)
            others[case] = _other_reading(study, masks[case], layout, choices)
        except (ScarmapError, OSError) as problem:
            failed[case] = str(problem)
    if failed and not others:
        raise DataError(
            f"None of {len(failed)} masks to compare with could be measured. The first: "
            f"{next(iter(failed.values()))}"
        )
    missing = masks.keys() ^ {study.case for study in studies}
    agreements = agree_cohorts(list(others.values()), studies)
    return TwoReadings(others, tuple(sorted(missing)), agreements, failed)


def agree_cohorts(
    first: Sequence[Quantification], second: Sequence[Quantification]
) -> dict[str, Agreement]:
    """Compare two readings of the same cases, figure by figure; differences are second - first.

    Args:
        first: One reading, such as the truth.
        second: The other, such as a model's. Cases that only one reading has do not count.

    Returns:
        Figure in `scarmap.quantification.dictionary.FIGURES` to its agreement. Counts are left
            out, and figures that no case defines in both readings.

    Raises:
        DataError: No case has both readings.
    """
    ours, theirs = _by_case(first), _by_case(second)
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        raise DataError(
            f"No case has both readings: one has {', '.join(sorted(ours)[:4])}, the other "
            f"{', '.join(sorted(theirs)[:4])}. Masks of the same case must have the same name."
        )
    found = {}
    for name in _COMPARED:
        agreement = agree(
            [ours[case].figures[name] for case in shared],
            [theirs[case].figures[name] for case in shared],
        )
        if agreement.num_cases:
            found[name] = agreement
    return found


def _by_case(studies: Sequence[Quantification]) -> dict[str, Quantification]:
    return {study.case: study for study in studies}


def _maps(case: str, mask: Path | None, measuring: Measuring) -> list[Path]:
    folders = measuring.maps
    if folders is None:
        folders = (mask.parent,) if mask else ()
    found = [maps_beside(folder, case) for folder in folders]
    return [path for path in found if path]


def _other_reading(
    study: Quantification, mask: Path, layout: str, choices: Choices
) -> Quantification:
    landmark = study.reference.source == "landmark"
    measuring = Measuring(
        reference_deg=study.reference.septum_deg if landmark else None, maps=(), choices=choices
    )
    labels = read_labels(mask, layout)
    labels = replace(labels, array=merge(labels.array, study.layout))
    other = measure_study(Case(study.case, layout, {}, labels), measuring)
    # Where only the first labels edema, for instance, the normal wall of the other holds edema.
    lacking = dict.fromkeys(set(study.tissues) - set(other.tissues), NOT_ASSESSABLE)
    hidden = tuple(f"{part}_" for part in undefined_parts(lacking))
    figures = {
        name: nan if name.startswith(hidden) else value for name, value in other.figures.items()
    }
    return replace(other, figures=figures)
