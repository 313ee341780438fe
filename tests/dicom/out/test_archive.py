"""A real archive, Orthanc, on this computer alone: what goes back is stored, found, fetched and
still the same."""

import json
from io import BytesIO

import pydicom
import pytest
from tests.dicom import tiny_study
from tests.dicom.orthanc import DICOMWEB, ORTHANC, get, running

from scarmap.dicom.out.segmentation import segments_of
from scarmap.labels import region_mask

SUCCESS = 0x0000
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ORTHANC is None, reason="Orthanc is not installed"),
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Ports of a running archive that only this computer can reach."""
    with running(tmp_path_factory.mktemp("archive")) as ports:
        yield ports


def _send(port, files):
    from pynetdicom import AE

    datasets = [pydicom.dcmread(path) for path in files]
    entity = AE(ae_title="SCARMAP")
    for dataset in datasets:
        entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", port, ae_title="ORTHANC")
    assert association.is_established
    try:
        return [association.send_c_store(dataset).Status for dataset in datasets]
    finally:
        association.release()


def _fetch(port, uid):
    found = get(port, "tools/find", query={"Level": "Instance", "Query": {"SOPInstanceUID": uid}})
    (identifier,) = json.loads(found)
    return pydicom.dcmread(BytesIO(get(port, f"instances/{identifier}/file")))


@pytest.fixture(scope="module")
def stored(archive, results, tmp_path_factory):
    """The archive after images and results were sent to it."""
    images = tiny_study.save(results.headers, tmp_path_factory.mktemp("images"))
    files = [*sorted(images.iterdir()), *vars(results.files).values()]
    assert _send(archive[1], files) == [SUCCESS] * 7
    return archive[0]


def test_results_are_new_series_of_the_same_study(stored, results):
    (study,) = json.loads(get(stored, "studies?expand"))
    assert study["MainDicomTags"]["StudyInstanceUID"] == tiny_study.STUDY
    series = json.loads(get(stored, "series?expand"))
    assert sorted(each["MainDicomTags"]["Modality"] for each in series) == [
        "DOC",
        "MR",
        "SEG",
        "SR",
    ]


def test_a_rerun_adds_nothing(stored, archive, results, make_results, tmp_path):
    again = make_results(tmp_path, results.headers)
    assert _send(archive[1], vars(again.files).values()) == [SUCCESS] * 3
    assert len(json.loads(get(stored, "instances"))) == 7


def test_what_is_fetched_holds_the_same_voxels_figures_and_page(stored, results):
    from highdicom.seg import Segmentation
    from highdicom.sr import Comprehensive3DSR

    ours = [pydicom.dcmread(path) for path in vars(results.files).values()]
    segments, report, page = [_fetch(stored, each.SOPInstanceUID) for each in ours]
    pixels = Segmentation.from_dataset(segments).get_pixels_by_source_instance(
        [header.SOPInstanceUID for header in results.headers], assert_missing_frames_are_empty=True
    )
    for number, name in enumerate(segments_of("scarmap")):
        mask = region_mask(results.labels.array, name).transpose(2, 1, 0)
        assert (pixels[..., number] == mask).all()
    assert (
        Comprehensive3DSR.from_dataset(report).content
        == Comprehensive3DSR.from_dataset(ours[1]).content
    )
    assert page.EncapsulatedDocument == ours[2].EncapsulatedDocument


@pytest.mark.skipif(DICOMWEB is None, reason="Orthanc's DICOMweb plugin is not installed")
def test_dicomweb_finds_and_gives_the_results(stored, results):
    uid = pydicom.dcmread(results.files.segmentation).SeriesInstanceUID
    where = f"dicom-web/studies/{tiny_study.STUDY}/series"
    (found,) = json.loads(get(stored, f"{where}?Modality=SEG", accept="application/dicom+json"))
    assert found["0020000E"]["Value"] == [uid]
    given = get(stored, f"{where}/{uid}", accept='multipart/related; type="application/dicom"')
    assert results.files.segmentation.read_bytes()[-64:] in given
