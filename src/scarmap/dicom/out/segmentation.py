"""The mask as a DICOM segmentation: binary, one segment per tissue and one for the whole infarct.

Frames are given to highdicom as plain single-frame twins of one series, whatever they are in the
archive; afterwards every reference is set to the true series, object and frame. So slices that are
series of their own, directions that differ in the fifth digit, gaps, single phases of a cine and
frames of an enhanced object are all written the same way.
"""

import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from scarmap.dicom.out.codes import ARTIFICIAL_INTELLIGENCE, PROPERTIES, coded, scheme_item
from scarmap.dicom.out.identity import EQUIPMENT, MANUFACTURER, Maker, derived_uid
from scarmap.dicom.out.source import Source, SourceFrame
from scarmap.errors import DataError
from scarmap.labels import REGIONS, TISSUES, LabelArray, codes, is_defined, region_mask

if TYPE_CHECKING:
    from pydicom import Dataset

NESTED = "whole_infarct"
SERIES_NUMBER = 9901
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"


def segments_of(layout: str) -> tuple[str, ...]:
    """Names of the segments that a mask of a layout is written as, the first one being number 1.

    >>> segments_of("emidec")
    ('lv_pool', 'normal_myocardium', 'scar', 'mvo', 'whole_infarct')
    """
    labelled = codes(layout)
    tissues = [tissue.name for tissue in TISSUES[1:] if tissue.name in labelled]
    return (*tissues, *([NESTED] if is_defined(NESTED, layout) else []))


def segmentation(
    source: Source, pixels: LabelArray, *, layout: str, maker: Maker, content: str
) -> "Dataset":
    """Build the segmentation.

    Args:
        source: The frames that the mask belongs to.
        pixels: Tissue of every pixel, (frames, rows, columns).
        layout: Label layout of the mask; a segment stands for each of its tissues, empty or not.
        maker: Who made the mask.
        content: What tells this mask from any other of the study, for the UIDs.

    Raises:
        DataError: The layout labels no tissue.
    """
    from highdicom.seg import Segmentation

    names = segments_of(layout)
    if not names:
        raise DataError(f"The layout {layout!r} labels no tissue, so there is nothing to write.")
    twins = [_twin(source, frame) for frame in source.frames]
    masks = np.stack([region_mask(pixels, name) for name in names], axis=-1).astype(np.uint8)
    with quiet():
        written = Segmentation(
            source_images=twins,
            pixel_array=masks,
            segmentation_type="BINARY",
            segment_descriptions=[
                _description(number, name, source, maker, content)
                for number, name in enumerate(names, start=1)
            ],
            series_instance_uid=derived_uid(source.study_uid, content, "SEG series"),
            series_number=SERIES_NUMBER,
            sop_instance_uid=derived_uid(source.study_uid, content, "SEG"),
            instance_number=1,
            **EQUIPMENT,
            omit_empty_frames=False,
            content_label="SCARMAP",
            content_description=maker.statement,
            series_description=f"scarmap segmentation: {maker.statement}",
            coding_schemes=[scheme_item()],
        )
        _set_references(written, source, twins)
    return written


@contextmanager
def quiet() -> Iterator[None]:
    """Keep libraries from warning about patients' names: they would print them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _twin(source: Source, frame: SourceFrame) -> "Dataset":
    from copy import deepcopy

    from pydicom.valuerep import format_number_as_ds

    twin = deepcopy(source.study)
    twin.SOPClassUID = MR_IMAGE
    twin.SOPInstanceUID = twin_uid(frame)
    twin.Modality = "MR"
    twin.SeriesInstanceUID = source.frames[0].series_uid
    twin.FrameOfReferenceUID = source.frame_of_reference_uid
    twin.PositionReferenceIndicator = ""
    twin.Rows, twin.Columns = source.rows, source.columns
    twin.PixelSpacing = [format_number_as_ds(value) for value in source.pixel_spacing_mm]
    twin.SliceThickness = format_number_as_ds(source.thickness_mm)
    directions = (*source.row_direction, *source.column_direction)
    twin.ImageOrientationPatient = [format_number_as_ds(float(value)) for value in directions]
    twin.ImagePositionPatient = [format_number_as_ds(float(value)) for value in frame.position_mm]
    return twin


def twin_uid(frame: SourceFrame) -> str:
    """UID of the single-frame object that stands for a frame: its own, or a derived one."""
    if frame.number is None:
        return frame.sop_instance_uid
    return derived_uid(frame.sop_instance_uid, str(frame.number))


def _description(number: int, name: str, source: Source, maker: Maker, content: str) -> Any:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentDescription

    what = PROPERTIES[name]
    algorithm = None
    if maker.name:
        algorithm = AlgorithmIdentificationSequence(
            name=maker.name,
            family=coded(ARTIFICIAL_INTELLIGENCE),
            version=maker.version,
            source=MANUFACTURER,
        )
    description = SegmentDescription(
        segment_number=number,
        segment_label=what.kind.meaning if name == NESTED else title_of(name),
        segmented_property_category=coded(what.category),
        segmented_property_type=coded(what.kind),
        algorithm_type=maker.algorithm_type,
        algorithm_identification=algorithm,
        tracking_uid=derived_uid(source.study_uid, content, name),
        tracking_id=name,
        anatomic_regions=[coded(what.site)],
        display_color=CIELabColor.from_string(_colour(name)),
    )
    description.SegmentDescription = what.description
    return description


def title_of(name: str) -> str:
    """Name of a segment for people."""
    titles = {tissue.name: tissue.title for tissue in TISSUES} | {NESTED: "infarct with no-reflow"}
    return titles[name]


def _colour(name: str) -> str:
    tissue = REGIONS[name][0]
    if name == NESTED:
        return "#E69F00"
    return next(each.colour for each in TISSUES if each.name == tissue)


def _set_references(written: Any, source: Source, twins: "Sequence[Dataset]") -> None:
    """Point every reference at the true series, object and frame instead of the twins'."""
    true = {
        str(twin.SOPInstanceUID): frame for twin, frame in zip(twins, source.frames, strict=True)
    }
    images = {  # segments share these items, and each must be set once
        id(image): image
        for item in written.PerFrameFunctionalGroupsSequence
        for derivation in item.DerivationImageSequence
        for image in derivation.SourceImageSequence
    }
    for image in images.values():
        frame = true[str(image.ReferencedSOPInstanceUID)]
        image.ReferencedSOPClassUID = frame.sop_class_uid
        image.ReferencedSOPInstanceUID = frame.sop_instance_uid
        if frame.number is not None:
            image.ReferencedFrameNumber = frame.number
    objects = _objects(source)
    written.ReferencedSeriesSequence = [
        _series(series, references) for series, references in objects.items()
    ]
    written.SourceImageSequence = [
        _reference(*each) for references in objects.values() for each in references
    ]


def _objects(source: Source) -> Mapping[str, list[tuple[str, str]]]:
    """Class and UID of every object of the frames by series, each once."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for frame in source.frames:
        each = (frame.sop_class_uid, frame.sop_instance_uid)
        if each not in found[frame.series_uid]:
            found[frame.series_uid].append(each)
    return found


def _series(uid: str, references: list[tuple[str, str]]) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.SeriesInstanceUID = uid
    item.ReferencedInstanceSequence = [_reference(*each) for each in references]
    return item


def _reference(sop_class_uid: str, sop_instance_uid: str) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item
