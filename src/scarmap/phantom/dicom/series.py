"""One series as DICOM: a file per image, or one multi-frame object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLASSIC = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED = "1.2.840.10008.5.1.4.1.1.4.1"
EXPLICIT = "1.2.840.10008.1.2.1"


@dataclass(frozen=True)
class Plane:
    """One image.

    Attributes:
        values: (rows, columns), in the scanner's units.
        position: (3,), centre of the first voxel, LPS.
        axes: (2, 3), unit vectors along a row and down a column, LPS.
        own: Elements of this image alone, by keyword.
    """

    values: NDArray[np.float32]
    position: NDArray[np.float64]
    axes: NDArray[np.float64]
    own: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """One series.

    Attributes:
        number: Its number.
        role: What it truly is: "LGE", "T2", "bSSFP" for those in the short axis, or another word.
        description: Its free text; None leaves it out.
        header: Elements that its images share, by keyword; private ones by tag.
        planes: Its images, in the order of their numbers.
        spacing_mm: Distance of rows, then of columns.
        thickness_mm: Of a slice.
        slope: Stored values are (value - intercept) / slope.
        intercept: See there.
        scale: Philips' scale slope; None for other makers.
        enhanced: Whether it is one multi-frame object.
    """

    number: int
    role: str
    description: str | None
    header: Mapping[Any, Any]
    planes: tuple[Plane, ...]
    spacing_mm: tuple[float, float]
    thickness_mm: float
    slope: float = 1.0
    intercept: float = 0.0
    scale: float | None = None
    enhanced: bool = False


def stored(series: Series, values: NDArray[np.float32]) -> NDArray[np.int16 | np.uint16]:
    """Values as they are stored, whole numbers."""
    if series.scale is not None:  # Philips: value = (stored x slope + intercept) / (slope x scale)
        raw = values * series.scale - series.intercept / series.slope
    else:
        raw = (values - series.intercept) / series.slope
    whole = np.rint(raw)
    signed = bool(whole.min(initial=0) < 0)
    kept: NDArray[np.int16 | np.uint16] = whole.astype(np.int16 if signed else np.uint16)
    return kept


def objects(series: Series, study: Mapping[str, Any], *, root: str) -> list[Any]:
    """The DICOM objects of a series.

    Args:
        series: The series.
        study: Elements of patient, study and scanner, by keyword.
        root: Beginning of its UIDs.
    """
    if series.enhanced:
        return [_enhanced(series, study, root)]
    made = []
    for index, plane in enumerate(series.planes, start=1):
        header = _blank(series, study, root, CLASSIC, index)
        header.InstanceNumber = index
        _geometry(header, series, plane)
        _fill(header, plane.own)
        _pixels(header, series, [plane])
        if (series.slope, series.intercept) != (1.0, 0.0) or series.scale is not None:
            header.RescaleSlope, header.RescaleIntercept = series.slope, series.intercept
            header.RescaleType = "US"
        made.append(header)
    return made


def _blank(series: Series, study: Mapping[str, Any], root: str, sop: str, index: int) -> Any:
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

    uid = f"{root}.{series.number}.{index}"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop, uid
    meta.TransferSyntaxUID = EXPLICIT
    header = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    header.SOPClassUID, header.SOPInstanceUID = sop, uid
    header.SeriesInstanceUID = f"{root}.{series.number}"
    header.SeriesNumber, header.Modality = series.number, "MR"
    if series.description is not None:
        header.SeriesDescription = series.description
    _fill(header, study)
    _fill(header, series.header)
    return header


def _fill(header: Any, values: Mapping[Any, Any]) -> None:
    for name, value in values.items():
        if isinstance(name, str):
            setattr(header, name, value)
        else:
            group, element, creator, vr = name
            block = header.private_block(group, creator, create=True)
            block.add_new(element, vr, value)


def _geometry(header: Any, series: Series, plane: Plane) -> None:
    header.ImagePositionPatient = [f"{value:.10g}"[:16] for value in plane.position]
    header.ImageOrientationPatient = [f"{value:.10f}"[:16] for value in plane.axes.ravel()]
    header.PixelSpacing = [f"{value:.10g}"[:16] for value in series.spacing_mm]
    header.SliceThickness = f"{series.thickness_mm:.6g}"


def _pixels(header: Any, series: Series, planes: list[Plane]) -> None:
    arrays = [stored(series, plane.values) for plane in planes]
    signed = any(array.dtype == np.int16 for array in arrays)
    array = np.stack(arrays).astype(np.int16 if signed else np.uint16)
    header.Rows, header.Columns = array.shape[1:]
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit, header.PixelRepresentation = 15, int(signed)
    header.PixelData = array.tobytes()


GROUPS: Mapping[str, tuple[str, ...]] = {
    "MREchoSequence": ("EffectiveEchoTime",),
    "MRModifierSequence": ("InversionRecovery", "InversionTimes", "T2Preparation"),
    "MRImageFrameTypeSequence": ("FrameType", "ComplexImageComponent", "AcquisitionContrast"),
    "CardiacSynchronizationSequence": ("NominalCardiacTriggerDelayTime", "RRIntervalTimeNominal"),
    "FrameContentSequence": ("FrameAcquisitionDateTime",),
}
"""Functional groups of enhanced objects and the elements that are written into them."""


def _enhanced(series: Series, study: Mapping[str, Any], root: str) -> Any:
    from pydicom.dataset import Dataset

    header = _blank(series, study, root, ENHANCED, 1)
    header.InstanceNumber = 1
    header.NumberOfFrames = len(series.planes)
    shared = Dataset()
    geometry = Dataset()
    _geometry(geometry, series, series.planes[0])
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = geometry.PixelSpacing, geometry.SliceThickness
    shared.PixelMeasuresSequence = [measures]
    header.SharedFunctionalGroupsSequence = [shared]
    header.PerFrameFunctionalGroupsSequence = [
        _frame_groups(series, plane, header) for plane in series.planes
    ]
    for name in (name for names in GROUPS.values() for name in names):
        if name in header and name not in ("AcquisitionContrast", "ComplexImageComponent"):
            delattr(header, name)
    _pixels(header, series, list(series.planes))
    return header


def _frame_groups(series: Series, plane: Plane, header: Any) -> Any:
    from pydicom.dataset import Dataset

    groups, place = Dataset(), Dataset()
    _geometry(place, series, plane)
    position, orientation = Dataset(), Dataset()
    position.ImagePositionPatient = place.ImagePositionPatient
    orientation.ImageOrientationPatient = place.ImageOrientationPatient
    groups.PlanePositionSequence = [position]
    groups.PlaneOrientationSequence = [orientation]
    for sequence, names in GROUPS.items():
        item = Dataset()
        for name in names:
            value = plane.own.get(name, header.get(name))
            if value is not None:
                setattr(item, name, value)
        setattr(groups, sequence, [item])
    scaling = Dataset()
    scaling.RescaleSlope, scaling.RescaleIntercept = series.slope, series.intercept
    scaling.RescaleType = "US"
    groups.PixelValueTransformationSequence = [scaling]
    if series.scale is not None:
        private = Dataset()
        private.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(
            0x0E, "FL", series.scale
        )
        for number in range(1, 6):  # the fifth block is 14, as scanners have it: (2005,140F)
            creator = f"Philips MR Imaging DD 00{number}"
            block = groups.private_block(0x2005, creator, create=True)
        block.add_new(0x0F, "SQ", [private])
    return groups
