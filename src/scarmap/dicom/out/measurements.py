"""Items of a structured report: numbers with units and spread, and groups of wall parts."""

from collections.abc import Iterable
from dataclasses import asdict
from math import isnan
from typing import Any

from scarmap.dicom.out.codes import (
    AHA_SEGMENTS,
    ARTIFICIAL_INTELLIGENCE,
    DEPTH_FIGURES,
    GRADES,
    LV_MYOCARDIUM,
    RING,
    TRANSMURALITY_CLASS,
    UNITS,
    WALL_FIGURES,
    Concept,
    coded,
    own,
)
from scarmap.dicom.out.identity import MANUFACTURER, Maker, derived_uid
from scarmap.dicom.out.source import Source
from scarmap.quantification.dictionary import FIGURES
from scarmap.quantification.result import Quantification, WallFigures


def part_groups(source: Source, study: Quantification, content: str) -> list[Any]:
    """A group per AHA segment that the stack shows, or per ring without orientation.

    Args:
        source: The frames.
        study: The figures.
        content: What tells them from any other of the study, for the UIDs.
    """
    from highdicom.sr import FindingSite

    if study.segments:
        return [
            _part(
                f"AHA segment {part.number}",
                FindingSite(coded(AHA_SEGMENTS[part.number - 1])),
                part.figures,
                source,
                content,
            )
            for part in study.segments
            if part.figures.myocardium_g > 0
        ]
    return [
        _part(
            f"{part.name} ring",
            FindingSite(
                coded(LV_MYOCARDIUM),
                topographical_modifier=coded(own(f"RING-{part.name.upper()}", f"{part.name} ring")),
            ),
            part.figures,
            source,
            content,
        )
        for part in study.rings
    ]


def _part(name: str, site: Any, wall: WallFigures, source: Source, content: str) -> Any:
    from highdicom.sr import MeasurementsAndQualitativeEvaluations, QualitativeEvaluation

    figures = asdict(wall)
    depths = figures["transmurality"]
    numbers = [
        *(
            number(concept, figures[field], unit)
            for field, (concept, unit) in WALL_FIGURES.items()
            if not isnan(figures[field])
        ),
        *(
            number(concept, depths[field], "%")
            for field, concept in DEPTH_FIGURES.items()
            if not isnan(depths[field])
        ),
    ]
    grade = wall.transmurality.grade
    evaluations = (
        [QualitativeEvaluation(coded(TRANSMURALITY_CLASS), coded(GRADES[grade]))] if grade else None
    )
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(source, content, name),
        finding_type=coded(RING) if name.endswith("ring") else coded(LV_MYOCARDIUM),
        finding_sites=[site],
        measurements=numbers,
        qualitative_evaluations=evaluations,
    )


def measured(figure: str, study: Quantification, maker: Maker, concept: Concept) -> Iterable[Any]:
    """A figure of a study, with its range of uncertainty; nothing where it is undefined.

    Args:
        figure: Its name.
        study: The figures.
        maker: Who made the mask; a range goes with the model's own mask only.
        concept: What it is.
    """
    from highdicom.sr import MeasurementProperties

    value = study.figures[figure]
    if isnan(value):
        return
    interval = None if maker.editor else study.intervals.get(figure)
    spread = None
    if interval is not None and interval.low <= value <= interval.high:
        spread = MeasurementProperties(
            upper_measurement_uncertainty=_shortened(interval.high - value),
            lower_measurement_uncertainty=_shortened(value - interval.low),
        )
    unit = next(each.unit for each in FIGURES if each.name == figure)
    yield number(concept, value, unit, spread)


def number(concept: Concept, value: float, unit: str, properties: Any = None) -> Any:
    """A number with its unit, as the data dictionary writes that."""
    from highdicom.sr import Measurement

    return Measurement(
        name=coded(concept),
        value=_shortened(value),
        unit=coded(UNITS[unit]),
        properties=properties,
    )


def _shortened(value: float) -> float:
    """The number with as many digits as 16 characters hold, sign and exponent counted."""
    return float(f"{value:.9g}")


def tracking(source: Source, content: str, name: str) -> Any:
    """Name and UID of what a group is about; the same mask gives the same."""
    from highdicom.sr import TrackingIdentifier

    return TrackingIdentifier(uid=derived_uid(source.study_uid, content, name), identifier=name)


def algorithm(maker: Maker) -> Any:
    """Which algorithm made the mask; None where a reader drew it without one."""
    from highdicom.sr import AlgorithmIdentification

    if not maker.name:
        return None
    return AlgorithmIdentification(
        name=maker.name,
        version=maker.version,
        family=coded(ARTIFICIAL_INTELLIGENCE),
        manufacturer=MANUFACTURER,
    )
