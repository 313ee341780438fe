import pydicom
import pytest
from tests.dicom import tiny_study

from scarmap.cli.export import _maker
from scarmap.datasets.manifest import Entry, append_entry
from scarmap.dicom.cases import import_study
from scarmap.dicom.out.source import grid_of, read_source
from scarmap.io.nifti import write_labels
from scarmap.quantification.files import read_quantification
from scarmap.volume import LabelMap


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder with an LGE stack and a cine in the same place, and a mask on its grid."""
    folder = tmp_path_factory.mktemp("export")
    headers = tiny_study.stack(rows=64, columns=56)
    cine = tiny_study.stack(rows=64, columns=56, number=20, description="cine_trufi")
    tiny_study.save([*headers, *cine], folder / "dicom")
    grid = grid_of(read_source(headers))
    labels = LabelMap(tiny_study.heart(grid.shape, spacing_mm=grid.spacing_mm), grid)
    write_labels(folder / "mask.nii.gz", labels, "scarmap")
    return folder


@pytest.fixture(autouse=True)
def no_browser(monkeypatch):
    monkeypatch.setattr("scarmap.report.pdf.study.find_browser", lambda: None)


def _export(scarmap, study, out, *options):
    return scarmap(
        "export", study / "mask.nii.gz", "--dicom", study / "dicom", "--layout", "scarmap",
        "--out", out, *options,
    )  # fmt: skip


def test_a_corrected_mask_goes_back_with_its_editor_and_nothing_tells_the_patient(
    scarmap, study, tmp_path
):
    ended = _export(scarmap, study, tmp_path, "--made-by", "some-net 2.1", "--editor", "AB")
    assert ended.code == 0, ended.err
    segments = pydicom.dcmread(tmp_path / "segmentation.dcm")
    first = segments.SegmentSequence[0]
    assert (first.SegmentAlgorithmType, first.SegmentAlgorithmName) == ("SEMIAUTOMATIC", "some-net")
    assert first.SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion == "2.1"
    assert segments.PatientName == tiny_study.NAME
    document = pydicom.dcmread(tmp_path / "page.dcm")
    pdf = (tmp_path / "page.pdf").read_bytes()
    assert document.EncapsulatedDocument[: document.EncapsulatedDocumentLength] == pdf
    figures = read_quantification(tmp_path / "quantification.json")
    assert figures.thresholds
    assert figures.figures["infarct_ml"] > 0
    family, _, given = tiny_study.NAME.partition("^")
    planted = (family, given, tiny_study.IDENTIFIER, tiny_study.BIRTH)
    told = [ended.out, ended.err]
    for path in tmp_path.iterdir():
        told.append(path.name)
        if path.suffix != ".dcm":
            told.append(path.read_bytes().decode("latin-1"))
    assert not [word for word in planted for text in told if word in text]


@pytest.mark.parametrize(
    ("made_by", "name", "version"),
    [(None, "not stated", "not stated"), ("net", "net", "not stated"), ("a net 2", "a net", "2")],
)
def test_the_model_and_its_version_are_told_apart(made_by, name, version):
    maker = _maker(made_by, "", False)
    assert (maker.name, maker.version, maker.algorithm_type) == (name, version, "AUTOMATIC")


def test_a_mask_drawn_by_hand_says_so(scarmap, study, tmp_path):
    assert _export(scarmap, study, tmp_path, "--by-hand", "--editor", "AB").code == 0
    written = pydicom.dcmread(tmp_path / "segmentation.dcm")
    assert {each.SegmentAlgorithmType for each in written.SegmentSequence} == {"MANUAL"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--by-hand",), "--editor"),
        (("--series", "99"), "series 99"),
        (("--editor", "A^B"), "initials"),
        (("--name", "quaestor_zebedee"), "pseudonym"),
        (("--name", "case-PID-7731-X"), "pseudonym"),
        (("--name", f"p_{tiny_study.BIRTH}"), "pseudonym"),
    ],
)
def test_mistakes_are_one_paragraph(options, told, scarmap, study, tmp_path):
    ended = _export(scarmap, study, tmp_path, *options)
    assert ended.code == 2
    assert told in ended.err
    assert not list(tmp_path.iterdir())


def test_the_mask_goes_back_to_the_images_that_it_was_drawn_on(scarmap, tmp_path):
    """Not to their twins, which an import would take if nobody chose."""
    twins = [
        *tiny_study.stack(rows=64, columns=56, number=8),
        *tiny_study.stack(rows=64, columns=56, number=9, description="LGE MAG SA"),
    ]
    dicom = tiny_study.save(twins, tmp_path / "dicom")
    folder, _ = import_study(dicom, tmp_path / "cases", name="p1", asked={"LGE": "9"})
    grid = grid_of(read_source(twins[4:]))
    labels = LabelMap(tiny_study.heart(grid.shape, spacing_mm=grid.spacing_mm), grid)
    write_labels(tmp_path / "p1.nii.gz", labels, "scarmap")
    images = {"LGE": str(folder / "LGE.nii.gz")}
    entry = Entry("p1", "p1.nii.gz", {}, "a model", layout="scarmap", study_images=images)
    append_entry(tmp_path / "manifest.jsonl", entry)
    ended = scarmap("export", tmp_path / "p1.nii.gz", "--dicom", dicom, "--out", tmp_path / "new")
    assert ended.code == 0, ended.err
    written = pydicom.dcmread(tmp_path / "new" / "segmentation.dcm")
    assert written.ReferencedSeriesSequence[0].SeriesInstanceUID == twins[4].SeriesInstanceUID


def test_a_mask_needs_its_layout(scarmap, study, tmp_path):
    ended = scarmap("export", study / "mask.nii.gz", "--dicom", study / "dicom", "--out", tmp_path)
    assert ended.code == 2
    assert "--layout" in ended.err
