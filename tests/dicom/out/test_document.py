import pydicom
import pytest
from tests.dicom import tiny_study
from tests.dicom.out.conftest import PDF

from scarmap.dicom.out.document import document
from scarmap.dicom.out.identity import Maker
from scarmap.dicom.out.source import read_source
from scarmap.errors import DataError


def test_the_file_is_valid(results, errors_of):
    assert errors_of(results.files.document) == []


def test_it_holds_the_page_unverified_in_the_same_study(results):
    written = pydicom.dcmread(results.files.document)
    assert written.EncapsulatedDocument[: written.EncapsulatedDocumentLength] == PDF
    assert len(PDF) % 2 == 1
    assert len(written.EncapsulatedDocument) == len(PDF) + 1
    assert (written.VerificationFlag, written.Modality) == ("UNVERIFIED", "DOC")
    assert written.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert written.StudyInstanceUID == tiny_study.STUDY
    named = {each.ReferencedSOPInstanceUID for each in written.SourceInstanceSequence}
    assert named == {header.SOPInstanceUID for header in results.headers}


def test_something_else_than_a_pdf_is_refused():
    source = read_source(tiny_study.stack())
    with pytest.raises(DataError, match="no PDF"):
        document(source, b"<html>", maker=Maker(), content="x")
