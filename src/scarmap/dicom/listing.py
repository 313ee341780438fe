"""The series of a study as a table, as JSON, and as a dump without names to send with a report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scarmap.dicom.choose import Choice
from scarmap.dicom.files import read_header
from scarmap.dicom.reading import Exam, scrub
from scarmap.dicom.roles import Sorted
from scarmap.version import __version__

TECHNICAL = (
    "Modality Manufacturer ManufacturerModelName SoftwareVersions MagneticFieldStrength ImageType "
    "SequenceName PulseSequenceName ScanningSequence SequenceVariant ScanOptions MRAcquisitionType "
    "EchoTime EffectiveEchoTime RepetitionTime InversionTime InversionTimes FlipAngle "
    "InversionRecovery T2Preparation BloodSignalNulling SteadyStatePulseSequence EchoPulseSequence "
    "SpectrallySelectedSuppression AcquisitionContrast ComplexImageComponent FrameType "
    "CardiacNumberOfImages CardiacSynchronizationTechnique TriggerTime NominalInterval "
    "NominalCardiacTriggerDelayTime RRIntervalTimeNominal NominalPercentageOfCardiacPhase "
    "AngioFlag EchoTrainLength Rows Columns PixelSpacing SliceThickness SpacingBetweenSlices "
    "ImageOrientationPatient BitsStored PixelRepresentation RescaleSlope RescaleIntercept "
    "RescaleType PhotometricInterpretation SamplesPerPixel NumberOfFrames InstanceNumber"
)
"""Elements that an anonymous dump may hold, and no others: none of them is about the patient."""

TECHNICAL_PRIVATE = (
    0x0019109C,
    0x0019109E,
    0x0043102F,
    0x20011008,
    0x20011010,
    0x20011020,
    0x2001101B,
    0x2001101C,
    0x20011084,
    0x2005100E,
)
"""The same for private elements: names of pulse sequences, phases, inversion times and scales."""

COLUMNS = (
    "series",
    "images",
    "role",
    "plane",
    "slices",
    "phases",
    "sure",
    "description",
    "reasons",
)


def series_rows(choice: Choice) -> list[dict[str, Any]]:
    """One row per part of a study; free text without the patient's names and numbers.

    Args:
        choice: What was chosen from the study.
    """
    used = {
        (each.part.series, each.part.kind): role
        for role, stack in choice.stacks.items()
        for each in stack.parts
    }
    reasons = {(each.part.series, each.part.kind): reason for each, reason in choice.left_out}
    return [_row(choice.exam, each, used, reasons) for each in choice.decided]


def _row(
    exam: Exam,
    each: Sorted,
    used: Mapping[tuple[str, str], str],
    reasons: Mapping[tuple[str, str], str],
) -> dict[str, Any]:
    part, key = each.part, (each.part.series, each.part.kind)
    return {
        "series": part.acquisition.number,
        "uid": part.series,
        "images": len(part.frames),
        "used_as": used.get(key) if each.role else None,
        "role": each.kind,
        "image": part.kind or None,
        "plane": each.plane or None,
        "slices": len(part.places_mm),
        "phases": part.per_place,
        "confidence": each.confidence,
        "description": scrub(part.acquisition.description, exam.identity),
        "reasons": list(each.reasons),
        "doubts": list(each.doubts),
        "left_out": reasons.get(key),
    }


def format_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a table of plain text; series that follow each other and are alike share a line.

    Args:
        rows: From `series_rows`.
    """
    lines = [COLUMNS, *(_line(group) for group in _groups(rows))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _groups(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    groups: list[list[Mapping[str, Any]]] = []
    alike = ("role", "image", "plane", "slices", "phases", "description", "used_as", "doubts")
    for row in rows:
        if groups and all(groups[-1][0][name] == row[name] for name in alike):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _line(group: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    first, last = group[0], group[-1]
    number = "?" if first["series"] is None else str(first["series"])
    if len(group) > 1:
        number += f"-{last['series']}"
    role = f"{first['role']}{' (PSIR)' if first['image'] == 'psir' else ''}"
    role = f"* {role}" if first["used_as"] else f"  {role}"
    images = sum(row["images"] for row in group)
    slices = sum(row["slices"] for row in group)
    told = "; ".join([*first["reasons"], *(f"BUT {doubt}" for doubt in first["doubts"])])
    sure = f"{first['confidence']:.0%}"
    description = str(first["description"])[:40]
    cells = (number, images, role, first["plane"] or "", slices, first["phases"], sure)
    return (*(str(cell) for cell in cells), description, told)


def describe(choice: Choice) -> dict[str, Any]:
    """Everything that the table shows, for programs."""
    return {
        "scarmap": __version__,
        "series": series_rows(choice),
        "chosen": {
            role: {
                "series": sorted({e.part.series for e in stack.parts}),
                "slices": len(stack.slices),
            }
            for role, stack in choice.stacks.items()
        },
        "flags": list(choice.flags),
        "problem": choice.problem,
    }


def dump_headers(choice: Choice) -> dict[str, Any]:
    """Headers of a study without pixels, names, dates and identifiers, to be sent with a question.

    Only elements of `TECHNICAL` are written, so what is not known to be harmless stays away. Series
    get running numbers, positions count from the first image, descriptions lose the patient's names
    and every number of six digits or more.

    Args:
        choice: What was chosen from the study.
    """
    parts = []
    for index, each in enumerate(choice.decided, start=1):
        first = each.part.frames[0]
        parts.append(
            {
                "part": index,
                "taken_for": each.kind,
                "plane": each.plane,
                "image": each.part.kind,
                "confidence": each.confidence,
                "images": len(each.part.frames),
                "slices": len(each.part.places_mm),
                "images_per_slice": each.part.per_place,
                "steps_mm": [round(float(step), 3) for step in np.diff(each.part.places_mm)],
                "trigger_ms": sorted(
                    Counter(frame.trigger_ms for frame in each.part.frames if frame.trigger_ms)
                )[:60],
                "inversion_ms": sorted(
                    {
                        f.acquisition.inversion_ms
                        for f in each.part.frames
                        if f.acquisition.inversion_ms
                    }
                ),
                "description": _harmless(first.acquisition.description, choice.exam),
                "protocol": _harmless(first.acquisition.protocol, choice.exam),
                "header": _technical(read_header(first.place)),
            }
        )
    return {"scarmap": __version__, "parts": parts}


def _harmless(text: str, exam: Exam) -> str:
    import re

    return re.sub(r"\d{6,}", "[number]", scrub(text, exam.identity))


def _technical(header: Any) -> dict[str, Any]:
    if header is None:
        return {}
    found: dict[str, Any] = {}
    for element in _walk(header, depth=0):
        name = element.keyword or f"{int(element.tag):08X}"
        if name in TECHNICAL.split() or int(element.tag) in TECHNICAL_PRIVATE:
            found.setdefault(name, _plain(element.value))
    return found


def _walk(header: Any, *, depth: int) -> Any:
    """All elements, of the first item of each sequence too."""
    for element in header:
        if element.VR == "SQ" and depth < 4:
            for item in element.value[:1]:
                yield from _walk(item, depth=depth + 1)
        elif element.VR != "SQ":
            yield element


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value[:32].hex()
    if isinstance(value, str | int | float):
        return value if not isinstance(value, float) else float(value)
    return [_plain(each) for each in value] if hasattr(value, "__iter__") else str(value)
