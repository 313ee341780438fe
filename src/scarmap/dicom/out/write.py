"""A mask and its figures become files that can be sent back: segmentation, report, document."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scarmap.dicom.out.document import document
from scarmap.dicom.out.identity import Maker
from scarmap.dicom.out.placement import on_frames
from scarmap.dicom.out.segmentation import quiet, segmentation
from scarmap.dicom.out.source import Source, read_source
from scarmap.dicom.out.structured_report import structured_report
from scarmap.io.files import replacing
from scarmap.labels import LabelArray
from scarmap.quantification.files import to_json
from scarmap.quantification.result import Quantification
from scarmap.volume import LabelMap

if TYPE_CHECKING:
    from pydicom import Dataset

SEGMENTATION, REPORT, DOCUMENT = "segmentation.dcm", "structured_report.dcm", "page.dcm"


@dataclass(frozen=True)
class Written:
    """The files; `document` is None where no PDF was given."""

    segmentation: Path
    report: Path
    document: Path | None


def write_results(
    out: Path,
    headers: "Sequence[Dataset]",
    labels: LabelMap,
    study: Quantification,
    *,
    layout: str,
    maker: Maker | None = None,
    pdf: bytes | None = None,
    frame_numbers: Sequence[int | None] | None = None,
) -> Written:
    """Write all that goes back to the archive: new series of the study that the frames are of.

    The same mask, figures and maker give the same UIDs again; any other give others.

    Args:
        out: Folder for `segmentation.dcm`, `structured_report.dcm` and `page.dcm`.
        headers: Of the LGE frames, without pixels, one for each slice of the mask, in its order.
        labels: The mask on the grid of these frames: X is the column, Y the row, Z the frame.
        study: What was measured in it.
        layout: Label layout of the mask.
        maker: Who made the mask; scarmap alone when None.
        pdf: The page of the study, or None to write no document.
        frame_numbers: Frame, from 1, of each slice whose object is a multi-frame one, None for the
            rest.

    Raises:
        DataError: Headers miss what ties results to images.
        GeometryError: Mask and frames do not fit each other.
    """
    source, maker = read_source(headers, frame_numbers), maker or Maker()
    pixels = on_frames(labels, source)
    mask = content_of_mask(source, pixels, layout=layout, maker=maker)
    figures = _digest(mask, json.dumps(to_json(study), sort_keys=True))
    segments = segmentation(source, pixels, layout=layout, maker=maker, content=mask)
    report = structured_report(source, segments, study, layout=layout, maker=maker, content=figures)
    written = Written(
        _save(segments, out / SEGMENTATION),
        _save(report, out / REPORT),
        out / DOCUMENT if pdf is not None else None,
    )
    if pdf is not None:
        _save(document(source, pdf, maker=maker, content=figures), out / DOCUMENT)
    return written


def content_of_mask(source: Source, pixels: LabelArray, *, layout: str, maker: Maker) -> str:
    """A hash that tells a mask from any other: of voxels, frames, layout and maker."""
    frames = [f"{frame.sop_instance_uid} {frame.number}" for frame in source.frames]
    who = (maker.name, maker.version, maker.editor)
    voxels = hashlib.sha256(pixels.tobytes()).hexdigest()
    return _digest(voxels, str(pixels.shape), layout, *who, *frames)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()


def _save(dataset: "Dataset", path: Path) -> Path:
    with replacing(path) as temporary, quiet():
        dataset.save_as(temporary, enforce_file_format=True)
    return path
