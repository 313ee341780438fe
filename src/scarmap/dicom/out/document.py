"""The page of a study as an encapsulated PDF of the same study."""

from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING

from scarmap.dicom.out.codes import REPORT_TITLE, coded
from scarmap.dicom.out.identity import MANUFACTURER, Maker, derived_uid
from scarmap.dicom.out.source import Source
from scarmap.errors import DataError
from scarmap.version import __version__

if TYPE_CHECKING:
    from pydicom import Dataset

SERIES_NUMBER = 9903
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
TITLE = "Scar quantification"


def document(source: Source, pdf: bytes, *, maker: Maker, content: str) -> "Dataset":
    """Build the document.

    Args:
        source: The frames that the mask belongs to.
        pdf: The page.
        maker: Who made the mask.
        content: What tells this mask and its figures from any other of the study, for the UIDs; not
            the bytes, as two prints of one page differ by their date.

    Raises:
        DataError: These are no bytes of a PDF.
    """
    if not pdf.startswith(b"%PDF-"):
        raise DataError("The page is no PDF, so it cannot be sent back as one.")
    now = datetime.now()
    written = deepcopy(source.study)
    written.SOPClassUID = ENCAPSULATED_PDF
    written.SOPInstanceUID = derived_uid(source.study_uid, content, "PDF")
    written.Modality = "DOC"
    written.SeriesInstanceUID = derived_uid(source.study_uid, content, "PDF series")
    written.SeriesNumber, written.InstanceNumber = SERIES_NUMBER, 1
    written.SeriesDescription = f"scarmap page: {maker.statement}"
    written.Manufacturer = written.ManufacturerModelName = MANUFACTURER
    written.SoftwareVersions = written.DeviceSerialNumber = __version__
    written.ConversionType = "WSD"
    written.InstanceCreationDate = written.ContentDate = now.strftime("%Y%m%d")
    written.InstanceCreationTime = written.ContentTime = now.strftime("%H%M%S.%f")
    written.AcquisitionDateTime = None
    written.BurnedInAnnotation = "YES"
    written.VerificationFlag = "UNVERIFIED"
    written.DocumentTitle = f"{TITLE}. {maker.statement}."
    written.ConceptNameCodeSequence = [coded(REPORT_TITLE)]
    written.SourceInstanceSequence = [
        _reference(*each)
        for each in dict.fromkeys((f.sop_class_uid, f.sop_instance_uid) for f in source.frames)
    ]
    written.MIMETypeOfEncapsulatedDocument = "application/pdf"
    written.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    written.EncapsulatedDocumentLength = len(pdf)
    written.file_meta = _file_meta(written)
    return written


def _file_meta(written: "Dataset") -> "Dataset":
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = written.SOPClassUID
    meta.MediaStorageSOPInstanceUID = written.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta


def _reference(sop_class_uid: str, sop_instance_uid: str) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item
