"""Values of one frame in the scanner's units, on one scale for all frames of a series."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarmap.dicom.elements import to_number
from scarmap.dicom.files import opened, quiet
from scarmap.dicom.frames import Frame
from scarmap.errors import DataError
from scarmap.volume import ImageArray

PHILIPS_SLOPE = 0x2005100E
PHILIPS_FRAME = 0x2005140F


def read_values(frames: Sequence[Frame]) -> list[ImageArray]:
    """Pixels of frames, scaled to values; each file is opened once.

    RealWorldValueMapping goes first; then Philips' own slope, without which its stored values have
    a scale per series; then slope and intercept, frame by frame. Nothing is clipped:
    phase-sensitive images have values on both sides of zero.

    Args:
        frames: In any order.

    Returns:
        (rows, columns) float32 of each, in the same order.

    Raises:
        DataError: Pixels are cut short, are compressed in a way that cannot be decoded, or hold no
            finite values.
    """
    archives: dict[Path, zipfile.ZipFile] = {}
    headers: dict[Any, Any] = {}
    try:
        return [_values(frame, headers, archives) for frame in frames]
    finally:
        for archive in archives.values():
            archive.close()


def _values(frame: Frame, headers: dict[Any, Any], archives: dict[Path, Any]) -> ImageArray:
    from pydicom import dcmread

    if frame.place not in headers:
        headers.clear()  # frames of a file follow each other; memory holds one file
        with opened(frame.place, archives) as stream, quiet():
            headers[frame.place] = dcmread(io.BytesIO(stream.read()), force=True)
    header = headers[frame.place]
    stored = _decode(header, frame)
    with quiet():
        values = _scaled(stored.astype(np.float64), header, frame).astype(np.float32)
    if values.shape != frame.shape or not np.isfinite(values).all():
        raise DataError(_broken(frame, "its values are not finite, or not as many as it says"))
    return values


def _decode(header: Any, frame: Frame) -> NDArray[Any]:
    from pydicom.pixels.utils import pixel_array

    try:
        with quiet():
            index = None if frame.index is None else frame.index - 1
            return np.asarray(pixel_array(header, index=index))
    except (ValueError, AttributeError, KeyError, EOFError, IndexError, TypeError) as problem:
        raise DataError(_broken(frame, _short(problem))) from None
    except (RuntimeError, NotImplementedError, ImportError) as problem:
        name = getattr(header.file_meta.get("TransferSyntaxUID"), "name", "an unknown way")
        raise DataError(
            _broken(
                frame, f"compressed as {name}, which cannot be decoded here ({_short(problem)})"
            )
        ) from None


def _short(problem: Exception) -> str:
    return " ".join(str(problem).split())[:160]


def _broken(frame: Frame, reason: str) -> str:
    number = frame.acquisition.number
    return (
        f"The pixels of an image of series {number if number is not None else '?'} (SOP instance "
        f"{frame.uid}) cannot be read: {reason}. The file is damaged or was cut short in the copy: "
        "export the series again, or choose another series."
    )


def _scaled(stored: NDArray[np.float64], header: Any, frame: Frame) -> NDArray[np.float64]:
    groups = _groups(header, frame.index)
    mapping = _item(groups, header, "RealWorldValueMappingSequence")
    if mapping is not None:
        slope = to_number(mapping.get("RealWorldValueSlope"))
        intercept = to_number(mapping.get("RealWorldValueIntercept"))
        if slope and intercept is not None:
            return stored * slope + intercept
    scaling = _item(groups, header, "PixelValueTransformationSequence")
    scaling = header if scaling is None else scaling
    slope = to_number(scaling.get("RescaleSlope")) or 1.0
    intercept = to_number(scaling.get("RescaleIntercept")) or 0.0
    own = _philips_slope(groups, header)
    return (stored * slope + intercept) / (slope * own if own else 1.0)


def _groups(header: Any, index: int | None) -> list[Any]:
    if index is None:
        return []
    frames = header.get("PerFrameFunctionalGroupsSequence") or []
    shared = header.get("SharedFunctionalGroupsSequence") or []
    return [*frames[index - 1 : index], *shared[:1]]


def _item(groups: Sequence[Any], header: Any, name: str) -> Any | None:
    for group in [*groups, header]:
        if group.get(name):
            return group.get(name)[0]
    return None


def _philips_slope(groups: Sequence[Any], header: Any) -> float | None:
    """Philips' scale slope: value = (stored x slope + intercept) / (slope x scale slope)."""
    if "philips" not in str(header.get("Manufacturer") or "").lower():
        return None
    for group in groups:
        private = group.get(PHILIPS_FRAME)
        if private is not None and private.value and PHILIPS_SLOPE in private.value[0]:
            return to_number(private.value[0][PHILIPS_SLOPE].value)
    element = header.get(PHILIPS_SLOPE)
    return None if element is None else to_number(element.value)
