"""One frame, stored alone or in a multi-frame object: where it lies, when, and how it was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scarmap.dicom.elements import (
    Get,
    Vector,
    first,
    pair,
    positive,
    text,
    texts,
    to_number,
    told,
    vector,
    whole,
    yes,
)
from scarmap.dicom.files import Place

PRIVATE = {
    "technique": 0x20011020,  # Philips: "TSE", "BTFE", "TFE"
    "ge_sequence": 0x0019109C,  # GE: name of the pulse sequence
    "ge_component": 0x0043102F,  # GE: 0 magnitude, 1 phase, 2 real, 3 imaginary
}
"""Private elements that tell a sequence. Source: pydicom's private dictionary."""

KEYWORDS = (
    "SOPInstanceUID SeriesInstanceUID StudyInstanceUID Modality PatientID PatientName "
    "PatientBirthDate AccessionNumber StudyDate StudyTime AcquisitionDateTime AcquisitionDate "
    "AcquisitionTime ContentTime SeriesTime SeriesNumber InstanceNumber SeriesDescription "
    "ProtocolName SequenceName PulseSequenceName ScanningSequence ImageType Manufacturer "
    "ManufacturerModelName EchoTime EffectiveEchoTime InversionTime InversionTimes "
    "InversionRecovery T2Preparation SteadyStatePulseSequence EchoPulseSequence "
    "AcquisitionContrast ComplexImageComponent CardiacNumberOfImages TriggerTime NominalInterval "
    "Rows Columns PixelSpacing ImagePositionPatient ImageOrientationPatient SliceThickness "
    "SamplesPerPixel SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence"
)
TAGS: tuple[str | int, ...] = (
    *KEYWORDS.split(),
    *(0x00190010, 0x00430010, 0x20010010),
    *PRIVATE.values(),
)
"""Elements that are read: keywords, and private ones with their creators."""


@dataclass(frozen=True)
class Acquisition:
    """How a series was made, as its header says. Times in milliseconds; None and "" mean not said.

    Attributes:
        number: Number of the series.
        description: Free text of the series.
        protocol: Free text of the protocol.
        sequence: The vendor's name of the pulse sequence.
        echo: "SE" for spin echoes, "GR" for gradient echoes.
        balanced: Whether the steady state is balanced.
        inverted: Whether an inversion precedes the readout.
        prepared: Whether a T2 preparation precedes it.
        echo_ms: Echo time.
        inversion_ms: Inversion time.
        phases: Images per heartbeat that the scanner says it made.
        image_type: Upper-case values of ImageType.
        contrast: AcquisitionContrast.
        kind: "magnitude", "psir", "phase", "real" or "imaginary"; "M" where the header says
            magnitude but writers of PSIR say so, too; "" where nothing tells.
        is_image: Whether this is a grey MR image at all.
        maker: The manufacturer.
        model: The scanner.
    """

    number: int | None
    description: str
    protocol: str
    sequence: str
    echo: str
    balanced: bool | None
    inverted: bool | None
    prepared: bool
    echo_ms: float | None
    inversion_ms: float | None
    phases: int | None
    image_type: tuple[str, ...]
    contrast: str
    kind: str
    is_image: bool
    maker: str
    model: str


@dataclass(frozen=True)
class Frame:
    """One image plane.

    Attributes:
        place: Its file.
        index: Number of the frame in a multi-frame object, from 1; None in a classic file.
        uid: SOP instance.
        series: SOP series.
        acquisition: How it was made.
        shape: Rows and columns.
        spacing_mm: Distance of rows, then of columns.
        position: (3,), centre of the first voxel in the patient, LPS.
        axes: (2, 3), unit vectors along a row and down a column, at right angles; None where the
            header does not say.
        thickness_mm: Of the slice.
        trigger_ms: From the R wave.
        beat_ms: From R wave to R wave.
        share: Share of the heartbeat, where the header says that instead of a time.
        instance: Number of the image, the last resort for the order of phases.
        acquired: Sortable moment of acquisition.
    """

    place: Place
    index: int | None
    uid: str
    series: str
    acquisition: Acquisition
    shape: tuple[int, int]
    spacing_mm: tuple[float, float]
    position: Vector
    axes: Vector | None
    thickness_mm: float | None
    trigger_ms: float | None
    beat_ms: float | None
    share: float | None
    instance: int
    acquired: str

    @property
    def normal(self) -> Vector:
        """(3,), row direction times column direction."""
        assert self.axes is not None
        return np.cross(self.axes[0], self.axes[1])


def plain(header: Any) -> dict[str, Any]:
    """Values of a header by keyword, or by name in `PRIVATE`: a data set is slow to ask."""
    names = {tag: name for name, tag in PRIVATE.items()}
    return {element.keyword or names.get(int(element.tag), ""): element.value for element in header}


def read_frames(values: Mapping[str, Any], place: Place) -> list[Frame]:
    """All frames of a header, classic or enhanced.

    Args:
        values: A header from `plain`; functional groups win over its root.
        place: Its file.
    """
    groups = values.get("PerFrameFunctionalGroupsSequence")
    if not groups:
        return [_frame(values.get, place, None)]
    shared = _flat((values.get("SharedFunctionalGroupsSequence") or [None])[0])
    return [
        _frame(_getter(values, {**shared, **_flat(group)}), place, number)
        for number, group in enumerate(groups, start=1)
    ]


def _flat(group: Any) -> dict[str, Any]:
    """Values of a functional group by keyword; private ones by "gggg,eeee"."""
    found: dict[str, Any] = {}
    for element in group or ():
        if element.VR == "SQ":
            for item in element.value[:1]:
                found.update({inner.keyword or str(inner.tag): inner.value for inner in item})
    return found


def _getter(values: Mapping[str, Any], groups: Mapping[str, Any]) -> Get:
    def get(name: str) -> Any:
        return groups[name] if groups.get(name) not in (None, "") else values.get(name)

    return get


def _frame(get: Get, place: Place, index: int | None) -> Frame:
    return Frame(
        place=place,
        index=index,
        uid=str(get("SOPInstanceUID")),
        series=told(get, "SeriesInstanceUID"),
        acquisition=_acquisition(get),
        shape=(whole(get("Rows")) or 0, whole(get("Columns")) or 0),
        spacing_mm=pair(get("PixelSpacing")),
        position=vector(get("ImagePositionPatient"), 3),
        axes=_axes(vector(get("ImageOrientationPatient"), 6)),
        thickness_mm=positive(get("SliceThickness")),
        trigger_ms=first(get, "TriggerTime", "NominalCardiacTriggerDelayTime"),
        beat_ms=positive(first(get, "NominalInterval", "RRIntervalTimeNominal")),
        share=_share(get),
        instance=index if index is not None else whole(get("InstanceNumber")) or 0,
        acquired=_acquired(get),
    )


def _share(get: Get) -> float | None:
    percentage = to_number(get("NominalPercentageOfCardiacPhase"))
    return None if percentage is None else percentage / 100


def _acquired(get: Get) -> str:
    date = told(get, "AcquisitionDate", "StudyDate")
    time = told(get, "AcquisitionTime", "ContentTime", "SeriesTime")
    return told(get, "FrameAcquisitionDateTime", "AcquisitionDateTime") or date + time


def _acquisition(get: Get) -> Acquisition:
    types = texts(get, "FrameType") or texts(get, "ImageType")
    image_type = tuple(value.upper() for value in types)
    inversion = first(get, "InversionTime", "InversionTimes")
    scanning = {value.upper() for value in texts(get, "ScanningSequence")}
    return Acquisition(
        number=whole(get("SeriesNumber")),
        description=" ".join(texts(get, "SeriesDescription")),
        protocol=" ".join(texts(get, "ProtocolName")),
        sequence=_sequence_name(get),
        echo=_echo(get, scanning),
        balanced=yes(get("SteadyStatePulseSequence"), "FREE_PRECESSION", "TRANSVERSE"),
        inverted=_inverted(get, scanning, inversion),
        prepared=get("T2Preparation") == "YES",
        echo_ms=positive(first(get, "EffectiveEchoTime", "EchoTime")),
        inversion_ms=positive(inversion),
        phases=whole(get("CardiacNumberOfImages")),
        image_type=image_type,
        contrast=told(get, "AcquisitionContrast"),
        kind=_kind(get, image_type),
        is_image=_is_image(get),
        maker=told(get, "Manufacturer"),
        model=told(get, "ManufacturerModelName"),
    )


def _is_image(get: Get) -> bool:
    """Whether it is a grey image of an MR scanner; what is not said speaks for it."""
    gray = whole(get("SamplesPerPixel")) in (None, 0, 1) and bool(get("Rows"))
    return gray and told(get, "Modality") in ("", "MR")


def _sequence_name(get: Get) -> str:
    names = [*texts(get, "SequenceName"), *texts(get, "PulseSequenceName")]
    private = [get("ge_sequence"), get("technique")]
    return " ".join([*names, *(text(value) for value in private if value)]).strip()


def _echo(get: Get, scanning: set[str]) -> str:
    pulse = str(get("EchoPulseSequence") or "")
    if pulse in ("SPIN", "GRADIENT"):
        return "SE" if pulse == "SPIN" else "GR"
    return "SE" if "SE" in scanning else "GR" if "GR" in scanning else ""


def _inverted(get: Get, scanning: set[str], inversion: Any) -> bool | None:
    if get("InversionRecovery") in ("YES", "NO"):
        return bool(get("InversionRecovery") == "YES")
    if "IR" in scanning or positive(inversion):
        return True
    return False if scanning else None


GE_COMPONENTS = {0: "magnitude", 1: "phase", 2: "real", 3: "imaginary"}
COMPONENTS = {"PHASE", "REAL", "IMAGINARY"}


def _kind(get: Get, image_type: tuple[str, ...]) -> str:
    """What the voxels are: ImageType first, as vendors put it there; then the enumerations."""
    values = set(image_type)
    if values & {"PSIR", "CR_IR", "CR", "PS"}:
        return "psir"
    if values & {"M_IR", "MAG"}:
        return "magnitude"
    return _component(get, image_type)


def _component(get: Get, image_type: tuple[str, ...]) -> str:
    """Part of the complex numbers, by enumerations; "M" for magnitude that may hide a twin."""
    component = told(get, "ComplexImageComponent")
    third = image_type[2] if len(image_type) > 2 else ""
    code = whole(get("ge_component"))
    if component in COMPONENTS or (not component and third in ("P", "R", "I")):
        return {"P": "phase", "R": "real", "I": "imaginary"}[(component or third)[0]]
    if code in GE_COMPONENTS and code:
        return GE_COMPONENTS[code]
    return "M" if component == "MAGNITUDE" or third in ("M", "M_FFE", "M_SE") else ""


def _axes(values: Vector) -> Vector | None:
    """Row and column direction, made exactly orthonormal; None where they cannot be told."""
    row, column = values[:3], values[3:]
    if not np.isfinite(values).all() or np.linalg.norm(np.cross(row, column)) < 0.5:
        return None
    row = row / np.linalg.norm(row)
    column = column - (column @ row) * row
    return np.stack([row, column / np.linalg.norm(column)])
