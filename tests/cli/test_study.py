"""From a scanner's export, with a patient's names all over it, to everything that goes out."""

import csv
import gzip
import io
import json
import re
import sys
import zipfile
import zlib
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest

from scarmap.cli.main import main
from scarmap.dicom.out.segmentation import segments_of
from scarmap.evaluation.overlap import dice
from scarmap.io.coding import encode
from scarmap.labels import SEQUENCES, region_mask
from scarmap.phantom.dicom.images import make_images
from scarmap.phantom.dicom.plan import plan_study
from scarmap.phantom.dicom.study import describe_study, write_series
from scarmap.phantom.dicom.vendors import VENDORS
from scarmap.report.pdf import study as printing

PATIENT = {
    "PatientName": "Zwiebelmann^Ottokar",
    "PatientID": "MRN-4711-0815",
    "PatientBirthDate": "19381109",
    "AccessionNumber": "ACCNR99887",
    "ReferringPhysicianName": "Quacksalber^Ida",
    "StudyInstanceUID": "2.25.4711",
}
PLANTED = {
    **PATIENT,
    "InstitutionName": "Krankenhaus Hinterwald",
    "StudyDescription": "Herz Zwiebelmann 09.11.1938",
    "ImageComments": "Zwiebelmann, Ottokar, geb. 09.11.1938",
    (0x0029, 0x10, "OUR OWN", "LO"): "Zwiebelmann MRN-4711-0815",
}
SECRETS = ("zwiebelmann", "ottokar", "4711-0815", "19381109", "09.11.1938", "accnr99887",
           "quacksalber", "hinterwald")  # fmt: skip


def _main(*words):
    """Run the command; exit code, and everything that it prints."""
    before, sys.argv = sys.argv, ["scarmap", *map(str, words)]
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said), pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    return SimpleNamespace(code=ended.value.code or 0, said=said.getvalue())


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """An export with names in headers, free text, private elements and names of files."""
    rng = np.random.default_rng(3)
    vendor = VENDORS["siemens"]
    images = make_images(rng, name="a", num_slices=3, in_plane=96, phases=4, keep_motion=True)
    study = {**describe_study(vendor, index=0, seed=0), **PLANTED}
    folder = tmp_path_factory.mktemp("pacs") / "ZWIEBELMANN_OTTOKAR_19381109"
    paths = write_series(folder, plan_study(vendor, images, rng), study, rng=rng, root="2.25.3")
    for number, path in enumerate(paths):
        header = pydicom.dcmread(path)
        header.SeriesDescription = f"{header.SeriesDescription} Zwiebelmann 19381109"
        header.ProtocolName = "Ottokar MRN-4711-0815"
        header.save_as(path.with_name(f"Zwiebelmann_{number}"))
        path.unlink()
    return SimpleNamespace(folder=folder, labels=images.labels)


@pytest.fixture(scope="module")
def made(exported, tmp_path_factory):
    """What the command makes of it; the paper is drawn plainly, so that its words can be read."""
    out = tmp_path_factory.mktemp("results") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printing, "find_browser", lambda: None)
        ended = _main("study", exported.folder, "--out", out, "--name", "p007", "--verbose")
    assert ended.code == 0, ended.said
    return SimpleNamespace(out=out, said=ended.said, mask=out / "masks" / "p007.nii.gz")


def _words_of_pdf(pdf):
    """Everything that a plainly drawn PDF says, without spaces, its own description included."""
    streams = [
        zlib.decompressobj().decompress(each)  # its checksum may end like a line
        for each in re.findall(rb"stream\r?\n(x[\x01\x9c\xda].*?)\r?\nendstream", pdf, re.DOTALL)
    ]
    lines = [line for each in streams if b" Tf" in each for line in each.split(b"\n")]
    spoken = ["".join(re.findall(r"\((.*?)\)", line.decode("latin-1"))) for line in lines]
    return "".join(spoken).replace(" ", "") + pdf.decode("latin-1")


def _content(path):
    """What a file says, as text in lower case."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    text = _words_of_pdf(content) if path.suffix == ".pdf" else content.decode("latin-1")
    return text.lower()


def _found(text):
    return [secret for secret in SECRETS if secret in text.lower()]


def _files(made, *, dicom):
    return [
        path
        for path in sorted(made.out.rglob("*"))
        if path.is_file() and (path.suffix == ".dcm") == dicom
    ]


def test_nothing_but_dicom_names_the_patient(made):
    files = _files(made, dicom=False)
    assert {path.suffix for path in files} >= {".gz", ".json", ".csv", ".html", ".pdf", ".jsonl"}
    paper = _content(made.out / "page.pdf")
    assert "infarct" in paper
    assert "p007" in paper
    told = {str(path.relative_to(made.out)): _found(_content(path)) for path in files}
    assert {name: words for name, words in told.items() if words or _found(name)} == {}
    assert "Reading headers" in made.said
    assert _found(made.said) == []


def test_what_goes_back_is_of_the_patient_and_the_study_of_its_images(made):
    files = _files(made, dicom=True)
    assert [path.name for path in files] == [
        "page.dcm",
        "segmentation.dcm",
        "structured_report.dcm",
    ]
    for path in files:
        header = pydicom.dcmread(path)
        assert {name: str(header[name].value) for name in PATIENT} == PATIENT
        assert "Zwiebelmann" not in header.SeriesDescription
    document = pydicom.dcmread(made.out / "page.dcm").EncapsulatedDocument
    assert document.rstrip(b"\0") == (made.out / "page.pdf").read_bytes()


def test_the_mask_is_like_the_truth(made, exported):
    found = nibabel.load(made.mask)
    labels = encode(np.asarray(found.dataobj), "scarmap", where="the mask")[..., ::-1]
    assert labels.shape == exported.labels.array.shape
    for region, least in (("lv_pool", 0.9), ("whole_myocardium", 0.8), ("whole_infarct", 0.55)):
        both = [region_mask(each, region) for each in (labels, exported.labels.array)]
        assert dice(*both) > least, region


def test_the_segmentation_holds_the_voxels_of_the_mask(made):
    found = nibabel.load(made.mask)
    labels = encode(np.asarray(found.dataobj), "scarmap", where="the mask")
    written = highdicom.seg.segread(made.out / "segmentation.dcm")
    source = json.loads((made.out / "images" / "p007" / "source.json").read_text())
    images = [each["sop_instance_uid"] for each in source["sequences"]["LGE"]["frames"]]
    read = written.get_pixels_by_source_instance(images, assert_missing_frames_are_empty=True)
    for number, region in enumerate(segments_of("scarmap")):
        mask = region_mask(labels, region)
        assert np.array_equal(read[..., number].transpose(2, 1, 0) > 0, mask), region


def test_images_lie_on_one_grid_once_aligned_and_say_where_they_come_from(made):
    images, aligned = made.out / "images" / "p007", made.out / "aligned" / "p007"
    own = {name: nibabel.load(images / f"{name}.nii.gz") for name in SEQUENCES}
    assert len({each.shape for each in own.values()}) == 3
    for name in ("T2", "bSSFP"):
        moved = nibabel.load(aligned / f"{name}.nii.gz")
        assert moved.shape == own["LGE"].shape
        assert np.allclose(moved.affine, own["LGE"].affine)
    source = json.loads((images / "source.json").read_text())
    assert set(source["sequences"]) == set(SEQUENCES)
    assert {each["role"] for each in source["left_out"]} >= {"localiser", "TI scout", "T1 map"}
    assert all(each["series"] for each in source["left_out"])
    told = json.loads((aligned / "alignment.json").read_text())
    assert told["align"] == "full"


def test_the_page_shows_what_alignment_did_and_all_flags(made):
    html = (made.out / "page.html").read_text(encoding="utf-8")
    section = html.split('<section class="alignment"')[1]
    assert section.count("<img") == 2
    assert "before → after" in section
    study = json.loads((made.out / "quantification.json").read_text())
    codes = [flag["code"] for flag in study["flags"]]
    assert "alignment" in codes
    for flag in study["flags"]:
        assert flag["message"].replace("'", "&#39;") in html
        assert flag["message"] in made.said
    assert "no image here" in html
    assert "alignment" in _content(made.out / "page.pdf")


def test_figures_are_the_same_in_json_and_in_tables(made):
    study = json.loads((made.out / "quantification.json").read_text())
    (line,) = csv.DictReader((made.out / "figures.csv").read_text().splitlines())
    assert line["case"] == study["case"] == "p007"
    assert float(line["infarct_g"]) == pytest.approx(study["figures"]["infarct_g"], rel=1e-5)
    assert (made.out / "segments.csv").read_text().count("\n") > 1
    assert (made.out / "territories.csv").is_file()


def test_the_command_says_where_all_lies_and_what_comes_next(made):
    for name in ("page.html", "page.pdf", "segmentation.dcm", "structured_report.dcm", "page.dcm"):
        assert name in made.said
    assert str(made.mask) in made.said.replace("\n", "")
    assert "scarmap export" in made.said


def test_a_folder_that_holds_something_is_not_touched(made, exported):
    before = sorted(made.out.rglob("*"))
    ended = _main("study", exported.folder, "--out", made.out)
    assert ended.code == 2
    assert "not empty" in ended.said
    assert sorted(made.out.rglob("*")) == before


def test_mistakes_are_one_paragraph_with_code_2_and_leave_nothing(exported, tmp_path):
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    for words in (
        (empty,),
        (tmp_path / "nowhere",),
        (exported.folder, "--name", "zwiebelmann"),
        (exported.folder, "--lge", "77"),
        (exported.folder, "--align", "fully"),
        (exported.folder, "--align", "none"),
    ):
        ended = _main("study", *words, "--out", tmp_path / "out", "--quiet")
        assert ended.code == 2, words
        assert ended.said.startswith("scarmap: ")
        assert ended.said.count("\n") == 1
        assert not (tmp_path / "out").exists()
