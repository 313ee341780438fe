"""The figures of a study as a DICOM structured report (TID 1500), unverified.

One group of measurements per segment of the segmentation, with its volume; one for the left
ventricle, with all that belongs to no single segment; one per AHA segment, or per ring where the
mask does not tell the walls apart. An undefined figure is left out, and so is a segment that the
stack does not show.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from math import isnan
from typing import TYPE_CHECKING, Any

from scarmap.dicom.out.codes import (
    CARDIAC_MRI,
    COMMENT,
    FIGURES,
    LV_MYOCARDIUM,
    MEASUREMENT_REPORT,
    PROPERTIES,
    VOLUME,
    coded,
    scheme_item,
)
from scarmap.dicom.out.identity import EQUIPMENT, MANUFACTURER, Maker, derived_uid, plain_text
from scarmap.dicom.out.measurements import algorithm, measured, part_groups, tracking
from scarmap.dicom.out.segmentation import quiet, segments_of
from scarmap.dicom.out.source import Source
from scarmap.quantification.dictionary import FIGURES as DICTIONARY
from scarmap.quantification.result import Quantification
from scarmap.version import __version__

if TYPE_CHECKING:
    from pydicom import Dataset

SERIES_NUMBER = 9902

RESEARCH_ONLY = (
    "For research only: scarmap is no medical device. Derived by AI, not verified. Volumes count "
    "each slice for the distance to the next; masses are at 1.05 g/ml."
)

STEMS: Mapping[str, str] = {
    "normal_myocardium": "normal_myocardium",
    "edema": "edema",
    "scar": "infarct_without_mvo",
    "mvo": "mvo",
    "whole_infarct": "infarct",
}
"""Segment to the stem of its figures' names; cavities have a volume alone."""


def structured_report(
    source: Source,
    segmentation: "Dataset",
    study: Quantification,
    *,
    layout: str,
    maker: Maker,
    content: str,
) -> "Dataset":
    """Build the report.

    Args:
        source: The frames that the mask belongs to.
        segmentation: What `scarmap.dicom.out.segmentation.segmentation` made of the same mask.
        study: What was measured in that mask. Its intervals are left out once a reader has edited
            the mask, as they belonged to the model's.
        layout: Label layout of the mask.
        maker: Who made the mask.
        content: What tells this mask and its figures from any other of the study, for the UIDs.
    """
    from highdicom.sr import Comprehensive3DSR, MeasurementReport

    with quiet():
        groups = [
            *_segment_groups(source, segmentation, study, layout, maker, content),
            _summary(source, study, layout, maker, content),
            *part_groups(source, study, content),
        ]
        report = MeasurementReport(
            observation_context=_observers(maker),
            procedure_reported=coded(CARDIAC_MRI),
            imaging_measurements=groups,
            title=coded(MEASUREMENT_REPORT),
        )
        return Comprehensive3DSR(
            evidence=[_filled(segmentation, source), *_evidence(source)],
            content=report,
            series_instance_uid=derived_uid(source.study_uid, content, "SR series"),
            series_number=SERIES_NUMBER,
            sop_instance_uid=derived_uid(source.study_uid, content, "SR"),
            instance_number=1,
            **EQUIPMENT,
            is_complete=True,
            is_final=False,
            is_verified=False,
            series_description=f"scarmap figures: {maker.statement}",
            coding_schemes=[scheme_item()],
        )


def _observers(maker: Maker) -> Any:
    from highdicom.sr import (
        DeviceObserverIdentifyingAttributes,
        ObservationContext,
        ObserverContext,
        PersonObserverIdentifyingAttributes,
    )
    from pydicom.sr.codedict import codes

    device = DeviceObserverIdentifyingAttributes(
        uid=derived_uid("scarmap", __version__),
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=maker.name or None,
        serial_number=__version__,
    )
    person = None
    if maker.editor:
        person = ObserverContext(
            observer_type=codes.DCM.Person,
            observer_identifying_attributes=PersonObserverIdentifyingAttributes(
                name=f"{maker.editor}^"
            ),
        )
    return ObservationContext(
        observer_person_context=person,
        observer_device_context=ObserverContext(
            observer_type=codes.DCM.Device, observer_identifying_attributes=device
        ),
    )


def _segment_groups(
    source: Source,
    segmentation: "Dataset",
    study: Quantification,
    layout: str,
    maker: Maker,
    content: str,
) -> list[Any]:
    from highdicom.sr import (
        FindingSite,
        ReferencedSegment,
        SourceImageForSegmentation,
        VolumetricROIMeasurementsAndQualitativeEvaluations,
    )

    images = [
        SourceImageForSegmentation(sop_class, instance, referenced_frame_numbers=numbers or None)
        for (sop_class, instance), numbers in _images(source).items()
    ]
    groups = []
    for number, name in enumerate(segments_of(layout), start=1):
        what = PROPERTIES[name]
        groups.append(
            VolumetricROIMeasurementsAndQualitativeEvaluations(
                tracking_identifier=tracking(source, content, name),
                referenced_segment=ReferencedSegment(
                    sop_class_uid=segmentation.SOPClassUID,
                    sop_instance_uid=segmentation.SOPInstanceUID,
                    segment_number=number,
                    source_images=images,
                ),
                finding_type=coded(what.kind),
                finding_category=coded(what.category),
                finding_sites=[FindingSite(coded(what.site))],
                algorithm_id=algorithm(maker),
                measurements=list(_segment_figures(name, study, maker)),
            )
        )
    return groups


def figures_of_segment(name: str) -> tuple[str, ...]:
    """Names of the figures that a segment's group holds; the first one is its volume."""
    stem = STEMS.get(name, name)
    return tuple(
        f"{stem}_{ending}" for ending in ("ml", "g", "percent_lv") if f"{stem}_{ending}" in FIGURES
    )


def _segment_figures(name: str, study: Quantification, maker: Maker) -> Iterable[Any]:
    for figure in figures_of_segment(name):
        concept = VOLUME if figure.endswith("_ml") else FIGURES[figure]
        yield from measured(figure, study, maker, concept)


def _summary(source: Source, study: Quantification, layout: str, maker: Maker, content: str) -> Any:
    from highdicom.sr import FindingSite, MeasurementsAndQualitativeEvaluations

    told = {figure for name in segments_of(layout) for figure in figures_of_segment(name)}
    figures = [figure.name for figure in DICTIONARY if figure.name not in told]
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(source, content, "left ventricle"),
        finding_type=coded(LV_MYOCARDIUM),
        finding_sites=[FindingSite(coded(LV_MYOCARDIUM))],
        algorithm_id=algorithm(maker),
        measurements=[
            item for figure in figures for item in measured(figure, study, maker, FIGURES[figure])
        ],
    )
    for text in (maker.statement, RESEARCH_ONLY, *comments(study, edited=bool(maker.editor))):
        group[0].ContentSequence.append(_comment(text))
    return group


def comments(study: Quantification, *, edited: bool) -> list[str]:
    """What a reader of the figures must know: conventions, flags, and how intervals were found.

    Args:
        study: The figures.
        edited: Whether a reader changed the mask, which makes intervals void.
    """
    chosen = ", ".join(f"{name}: {value}" for name, value in study.conventions.items())
    lines = [f"Conventions: {chosen}"] if chosen else []
    lines += [f"{flag.code}: {flag.message}" for flag in study.flags]
    if not edited:
        methods = {
            f"{each.method}, {100 * each.confidence:.0f} %"
            if not isnan(each.confidence)
            else each.method
            for each in study.intervals.values()
        }
        lines += [f"Uncertainty ranges: {method}" for method in sorted(methods)]
    return lines


def _comment(text: str) -> Any:
    from highdicom.sr import RelationshipTypeValues, TextContentItem

    return TextContentItem(coded(COMMENT), plain_text(text), RelationshipTypeValues.CONTAINS)


def _images(source: Source) -> dict[tuple[str, str], list[int]]:
    """Class and UID of every source object to its used frames, none where it has one."""
    found: dict[tuple[str, str], list[int]] = {}
    for frame in source.frames:
        numbers = found.setdefault((frame.sop_class_uid, frame.sop_instance_uid), [])
        if frame.number is not None:
            numbers.append(frame.number)
    return found


def _evidence(source: Source) -> "Sequence[Dataset]":
    found = {}
    for frame in source.frames:
        each = deepcopy(source.study)
        each.SOPClassUID, each.SOPInstanceUID = frame.sop_class_uid, frame.sop_instance_uid
        each.SeriesInstanceUID, each.Modality = frame.series_uid, "MR"
        found[frame.sop_instance_uid] = each
    return list(found.values())


def _filled(segmentation: "Dataset", source: Source) -> "Dataset":
    """The segmentation as evidence: references, and the attributes of patient and study."""
    each = deepcopy(source.study)
    for keyword in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality"):
        each[keyword] = segmentation[keyword]
    return each
