"""The frames that a result belongs to: where each lies, which object holds it, whose study it is.

Everything here takes headers, read without pixels, one for each slice of the array and in its
order. A multi-frame object stands once for each of its frames that the array holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scarmap.dicom.out.patient import patient_and_study
from scarmap.errors import DataError, GeometryError
from scarmap.volume import Grid

if TYPE_CHECKING:
    from pydicom import Dataset

PARALLEL_DEG = 3.0
"""Frames turned further against each other make no stack."""

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])


@dataclass(frozen=True)
class SourceFrame:
    """One slice of the array as it lies in the archive.

    Attributes:
        series_uid: Series of its object.
        sop_class_uid: Kind of its object.
        sop_instance_uid: Its object.
        number: Its frame in a multi-frame object, from 1; None in any other.
        position_mm: Centre of the first pixel, (3,), towards left, posterior and head.
    """

    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    number: int | None
    position_mm: NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """A stack of frames that share a study, a plane and a pixel matrix.

    Attributes:
        study: Attributes of patient and study, a `pydicom.Dataset`; those that must be there are.
        frames: In the order of the array's slices.
        rows: Pixels down.
        columns: Pixels across.
        row_direction: Unit vector from left to right of the picture, (3,).
        column_direction: Unit vector from its top to its bottom, (3,), at a right angle to the
            former.
        pixel_spacing_mm: Between rows, between columns.
        thickness_mm: Of a slice.
        frame_of_reference_uid: The coordinate system.
    """

    study: "Dataset"
    frames: tuple[SourceFrame, ...]
    rows: int
    columns: int
    row_direction: NDArray[np.float64]
    column_direction: NDArray[np.float64]
    pixel_spacing_mm: tuple[float, float]
    thickness_mm: float
    frame_of_reference_uid: str

    @property
    def study_uid(self) -> str:
        """UID of the study."""
        return str(self.study.StudyInstanceUID)

    @property
    def depths_mm(self) -> NDArray[np.float64]:
        """Place of each frame along the normal of the stack, (Z,)."""
        normal = np.cross(self.row_direction, self.column_direction)
        return np.array([frame.position_mm @ normal for frame in self.frames])

    @property
    def step_mm(self) -> float:
        """Usual distance from one frame to the next, positive; the thickness of a lone one."""
        if len(self.frames) == 1:
            return self.thickness_mm
        return float(abs(np.median(np.diff(self.depths_mm))))


def read_source(
    headers: "Sequence[Dataset]", frame_numbers: Sequence[int | None] | None = None
) -> Source:
    """Gather what the results need to know of their frames.

    Args:
        headers: One for each slice of the array, in its order.
        frame_numbers: Frame, from 1, of each slice whose object is a multi-frame one, None for the
            rest; may be left out where no object has several frames.

    Raises:
        DataError: There is no frame, frames are of several studies, or an attribute that ties
            results to images is missing.
        GeometryError: Frames differ in size or direction.
    """
    if not headers:
        raise DataError("There are no frames to tie the results to.")
    numbers = list(frame_numbers) if frame_numbers is not None else [None] * len(headers)
    _check_one(headers, "StudyInstanceUID", "studies")
    _check_one(headers, "FrameOfReferenceUID", "frames of reference")
    shape = {(int(header.Rows), int(header.Columns)) for header in headers}
    if len(shape) > 1:
        raise GeometryError(
            f"The frames have different sizes, {sorted(shape)} pixels. Choose one series."
        )
    planes = [_Plane.of(header, number) for header, number in zip(headers, numbers, strict=True)]
    rows = np.array([plane.orientation[:3] for plane in planes])
    columns = np.array([plane.orientation[3:] for plane in planes])
    _check_parallel(rows, columns)
    across, down = at_right_angles(rows.mean(axis=0), columns.mean(axis=0))
    frames = tuple(
        SourceFrame(
            str(header.SeriesInstanceUID),
            str(header.SOPClassUID),
            str(header.SOPInstanceUID),
            number,
            plane.position_mm,
        )
        for header, number, plane in zip(headers, numbers, planes, strict=True)
    )
    return Source(
        study=patient_and_study(headers[0]),
        frames=frames,
        rows=int(headers[0].Rows),
        columns=int(headers[0].Columns),
        row_direction=across,
        column_direction=down,
        pixel_spacing_mm=planes[0].spacing_mm,
        thickness_mm=planes[0].thickness_mm or _step(planes, across, down),
        frame_of_reference_uid=str(headers[0].FrameOfReferenceUID),
    )


def grid_of(source: Source) -> Grid:
    """Where a stack's array (X, Y, Z) lies, as NIfTI counts: column, row, frame."""
    forward = 1.0 if len(source.frames) == 1 or source.depths_mm[-1] > source.depths_mm[0] else -1.0
    normal = forward * np.cross(source.row_direction, source.column_direction)
    down_mm, across_mm = source.pixel_spacing_mm
    axes = [
        source.row_direction * across_mm,
        source.column_direction * down_mm,
        normal * source.step_mm,
    ]
    affine = np.eye(4)
    affine[:3, :3] = LPS_TO_RAS @ np.stack(axes, axis=1)
    affine[:3, 3] = LPS_TO_RAS @ source.frames[0].position_mm
    shape = (source.columns, source.rows, len(source.frames))
    return Grid(shape, (across_mm, down_mm, source.step_mm), affine)


def at_right_angles(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors at an exact right angle, each as near to its original as the other allows."""
    first, second = first / np.linalg.norm(first), second / np.linalg.norm(second)
    total, difference = first + second, first - second
    total, difference = total / np.linalg.norm(total), difference / np.linalg.norm(difference)
    return (total + difference) / np.sqrt(2), (total - difference) / np.sqrt(2)


@dataclass(frozen=True)
class _Plane:
    position_mm: NDArray[np.float64]
    orientation: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    thickness_mm: float

    @classmethod
    def of(cls, header: "Dataset", number: int | None) -> "_Plane":
        position = attribute(header, number, "PlanePositionSequence", "ImagePositionPatient")
        direction = attribute(header, number, "PlaneOrientationSequence", "ImageOrientationPatient")
        spacing = attribute(header, number, "PixelMeasuresSequence", "PixelSpacing")
        for name, value in (("position", position), ("orientation", direction), ("size", spacing)):
            if value is None:
                raise DataError(
                    f"An image of the series states no {name} of its plane or pixels, so no "
                    "result can be tied to a place in the patient. Export the series again, "
                    "unprocessed."
                )
        thickness = attribute(header, number, "PixelMeasuresSequence", "SliceThickness")
        return cls(
            np.array([float(value) for value in position]),
            np.array([float(value) for value in direction]),
            (float(spacing[0]), float(spacing[1])),
            float(thickness or 0.0),
        )


def attribute(header: "Dataset", number: int | None, group: str, keyword: str) -> Any:
    """An attribute of a frame: its own, else its object's shared one, else its object's.

    Args:
        header: The object.
        number: The frame in it, from 1; None for any other object.
        group: Functional group that holds the attribute in multi-frame objects.
        keyword: The attribute.

    Returns:
        Its value, or None.
    """
    if number is not None:
        places = [
            *header.get("PerFrameFunctionalGroupsSequence", [])[number - 1 : number],
            *header.get("SharedFunctionalGroupsSequence", []),
        ]
        for place in places:
            for item in place.get(group) or ():
                if item.get(keyword) is not None:
                    return item.get(keyword)
    return header.get(keyword)


def _check_one(headers: "Sequence[Dataset]", keyword: str, what: str) -> None:
    found = {str(header.get(keyword) or "") for header in headers}
    if "" in found:
        raise DataError(
            f"An image of the series has no {keyword}, so results cannot be tied to it. Export the "
            "series again, unprocessed."
        )
    if len(found) > 1:
        raise DataError(f"The frames belong to {len(found)} {what}; expected one.")


def _check_parallel(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> None:
    for vectors in (rows, columns):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        apart_deg = float(np.rad2deg(np.arccos(np.clip(unit @ unit[0], -1, 1).min())))
        if apart_deg > PARALLEL_DEG:
            raise GeometryError(
                f"The frames are turned by up to {apart_deg:.0f} degrees against each other and "
                "make no stack. Choose the short-axis series alone."
            )


def _step(
    planes: Sequence[_Plane], across: NDArray[np.float64], down: NDArray[np.float64]
) -> float:
    if len(planes) == 1:
        return 1.0
    depths = [plane.position_mm @ np.cross(across, down) for plane in planes]
    return float(abs(np.median(np.diff(depths))))
