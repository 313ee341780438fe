"""The frames that a mask was drawn on, found among headers by where the mask lies."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scarmap.dicom.out.placement import turned_to_frames
from scarmap.dicom.out.segmentation import quiet
from scarmap.dicom.out.source import Source, attribute, grid_of, read_source
from scarmap.errors import DataError, GeometryError
from scarmap.volume import LabelMap, Volume

if TYPE_CHECKING:
    from pydicom import Dataset

LGE = re.compile(
    r"(?<![a-z])(lge|psir|m?de|dhe|ce-?ir|delay(ed)?|late|viab\w*|autoviab|irp?-?fgre)(?![a-z])"
)
"""What names of late enhancement hold, in lower case."""


@dataclass(frozen=True)
class Found:
    """Frames and the mask on them.

    Attributes:
        headers: In the order of the mask's slices.
        frame_numbers: Frame, from 1, of each whose object is a multi-frame one, None for the rest.
        labels: The mask, its axes turned to those of the frames.
    """

    headers: "tuple[Dataset, ...]"
    frame_numbers: tuple[int | None, ...]
    labels: LabelMap


def read_headers(folder: Path) -> "list[Dataset]":
    """Headers of the MR images of a folder, at any depth and under any name.

    Raises:
        DataError: There is no such folder, or no MR image in it.
    """
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder of DICOM files.")
    headers = []
    with quiet():
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            try:
                header = dcmread(path, stop_before_pixels=True)
            except (InvalidDicomError, OSError, EOFError, ValueError):
                continue
            if header.get("Modality") == "MR" and header.get("Rows"):
                headers.append(header)
    if not headers:
        raise DataError(f"{folder} holds no MR image. Give the folder that the scanner exported.")
    return headers


def frames_of_mask(
    headers: "Sequence[Dataset]", labels: LabelMap, *, series: str | None = None
) -> Found:
    """Find the frames that lie where the slices of a mask lie.

    Args:
        headers: Of a whole study.
        labels: The mask, its array in whatever order its affine tells.
        series: Number or UID of the series, where several lie in the same place. By default the
            one that is named as late enhancement.

    Raises:
        GeometryError: No series lies where the mask lies.
        DataError: Several do, and nothing tells which one is meant.
    """
    fitting = [found for group in _stacks(headers, series) if (found := _fit(group, labels))]
    if not fitting:
        of = f"series {series}" if series else f"{len(headers)} images"
        raise GeometryError(
            f"The mask has {labels.array.shape} voxels, and no short-axis stack among {of} lies "
            "where it lies. Give the mask on the grid of the LGE images, all slices of it, and the "
            "folder of the same study."
        )
    return _only_one(fitting)


def _only_one(fitting: Sequence[Found]) -> Found:
    """The only stack that fits, or the only one named as late enhancement."""
    named = [each for each in fitting if LGE.search(_description(each.headers[0]).lower())]
    chosen = named if len(fitting) > 1 else fitting
    if len(chosen) != 1:
        listed = "; ".join(sorted(_title(each.headers[0]) for each in chosen or fitting))
        raise DataError(
            f"The mask fits {len(chosen or fitting)} series: {listed}. Say which one it was drawn "
            "on with --series and its number or UID."
        )
    return chosen[0]


def image_of(found: Found) -> Volume:
    """The image of found frames, on the grid of the mask, in the scanner's units.

    Args:
        found: Frames whose headers were read from files.

    Raises:
        DataError: Pixels are missing, damaged or compressed in a way that cannot be read here.
    """
    from pydicom import dcmread

    planes = []
    with quiet():
        for header, number in zip(found.headers, found.frame_numbers, strict=True):
            try:
                stored = dcmread(header.filename).pixel_array
            except (
                AttributeError,
                OSError,
                ValueError,
                RuntimeError,
                NotImplementedError,
            ) as problem:
                raise DataError(
                    f"The pixels of image {header.SOPInstanceUID} cannot be read "
                    f"({type(problem).__name__}). Give the image with --lge, or export the series "
                    "again, uncompressed."
                ) from None
            plane = stored if number is None else stored.reshape(-1, *stored.shape[-2:])[number - 1]
            group = "PixelValueTransformationSequence"
            slope = attribute(header, number, group, "RescaleSlope")
            intercept = attribute(header, number, group, "RescaleIntercept")
            planes.append(plane.T * float(slope or 1) + float(intercept or 0))
    return Volume(np.stack(planes, axis=2).astype(np.float32), found.labels.grid)


Numbered = tuple["Dataset", int | None]


def _stacks(headers: "Sequence[Dataset]", series: str | None) -> Iterable[list[Numbered]]:
    """Frames that may make a stack: of one series, or of series alike in name and kind."""
    by_series: defaultdict[object, list[Numbered]] = defaultdict(list)
    by_name: defaultdict[object, list[Numbered]] = defaultdict(list)
    for header in headers:
        if series and series not in (str(header.get("SeriesNumber")), header.SeriesInstanceUID):
            continue
        kind = tuple(header.get("ImageType") or ())
        size = (header.Rows, header.Columns, header.get("TriggerTime"))
        for number in _numbers(header):
            by_series[header.SeriesInstanceUID, kind, header.get("TriggerTime")].append(
                (header, number)
            )
            by_name[_description(header), kind, size[:2]].append((header, number))
    single = list(by_series.values())
    return [*single, *(group for group in by_name.values() if group not in single)]


def _numbers(header: "Dataset") -> Sequence[int | None]:
    frames = len(header.get("PerFrameFunctionalGroupsSequence") or ())
    return list(range(1, frames + 1)) if frames else [None]


def _fit(group: list[Numbered], labels: LabelMap) -> Found | None:
    if len(group) != labels.array.shape[2]:
        return None
    try:
        source = read_source([header for header, _ in group], [number for _, number in group])
    except DataError:
        return None
    order = np.argsort(source.depths_mm, kind="stable")
    ordered = [group[index] for index in order]
    source = Source(**{**vars(source), "frames": tuple(source.frames[index] for index in order)})
    if len(ordered) > 1 and np.diff(source.depths_mm).min() < 0.5:
        return None
    turned = turned_to_frames(labels, source)
    if turned is None:
        return None
    headers, numbers = zip(*ordered, strict=True)
    return Found(tuple(headers), tuple(numbers), LabelMap(turned.array, grid_of(source)))


def _description(header: "Dataset") -> str:
    return f"{header.get('SeriesDescription') or ''} {header.get('SequenceName') or ''}".replace(
        "_", " "
    )


def _title(header: "Dataset") -> str:
    return f"{header.get('SeriesNumber')} ({_description(header).strip() or 'no name'})"
