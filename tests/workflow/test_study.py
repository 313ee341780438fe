"""Studies that are not as they should be: they go on with a flag, or end with one paragraph."""

import zipfile

import pytest

import scarmap
from scarmap.dicom.case_folder import SOURCE
from scarmap.errors import DataError
from scarmap.io.files import read_json
from scarmap.report.pdf import study as printing


@pytest.fixture(autouse=True)
def plainly(monkeypatch):
    monkeypatch.setattr(printing, "find_browser", lambda: None)


def _flags(result):
    return " ".join(flag.message for flag in result.study.flags)


def _only_slice(made, role, keep=2):
    for place, header in enumerate(made.of(role)):
        if place != keep:
            made.objects.remove(header)


def test_one_slice_of_lge_alone_in_an_archive_goes_on_with_flags(study, tmp_path):
    made = study()
    for role in ("T2", "bSSFP", "long axis", "LGE magnitude"):
        made.drop(role)
    _only_slice(made, "LGE")
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(made.write(tmp_path / "in").rglob("f*")):
            zipped.write(path, path.relative_to(tmp_path))
    result = scarmap.study_from_dicom(archive, tmp_path / "out", device="cpu")
    assert set(result.used) == {"LGE"}
    for words in ("No short-axis T2", "No short-axis cine", "single slice"):
        assert words in _flags(result)
    assert result.mask.is_file()
    assert result.sent.dicom.segmentation.is_file()
    assert not (tmp_path / "out" / "aligned").exists()
    assert "Alignment" not in result.sent.page.read_text(encoding="utf-8")


def test_a_tilted_t2_and_a_broken_cine_are_left_out_with_flags(study, tmp_path):
    made = study()
    made.drop("long axis")
    for header in made.of("T2"):
        row, column = header.ImageOrientationPatient[:3], header.ImageOrientationPatient[3:]
        normal = [
            row[1] * column[2] - row[2] * column[1],
            row[2] * column[0] - row[0] * column[2],
            row[0] * column[1] - row[1] * column[0],
        ]
        turned = [0.966 * a + 0.259 * b for a, b in zip(column, normal, strict=True)]
        header.ImageOrientationPatient = [*row, *turned]
    for header in made.of("bSSFP"):
        header.PixelData = header.PixelData[:20]
    result = scarmap.study_from_dicom(made.write(tmp_path / "in"), tmp_path / "out", device="cpu")
    assert set(result.used) == {"LGE"}
    assert "T2-weighted is not used: its slices are tilted" in _flags(result)
    assert "cine bSSFP is not used: The pixels of an image" in _flags(result)
    source = read_json(result.images / SOURCE)
    reasons = {each["role"]: each["reason"] for each in source["left_out"]}
    assert "tilted" in reasons["T2"]
    assert "cannot be read" in reasons["bSSFP"]


def test_a_study_without_short_axis_lge_leaves_nothing(study, tmp_path):
    made = study()
    made.drop("LGE")
    made.drop("LGE magnitude")
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match=r"No short-axis LGE.*--lge"):
        scarmap.study_from_dicom(made.write(tmp_path / "in"), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_broken_lge_ends_the_command_and_leaves_nothing(study, tmp_path):
    made = study()
    for header in made.of("LGE"):
        header.PixelData = header.PixelData[:20]
    with pytest.raises(DataError, match="cut short"):
        scarmap.study_from_dicom(made.write(tmp_path / "in"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_series_can_be_chosen_by_hand(study, tmp_path):
    made = study()
    made.drop("T2")
    made.drop("bSSFP")
    made.drop("long axis")
    said = []
    result = scarmap.study_from_dicom(
        made.write(tmp_path / "in"),
        tmp_path / "out",
        asked={"LGE": "8"},
        align="headers",
        device="cpu",
        on_step=said.append,
    )
    assert result.used == {"LGE": "8"}
    source = read_json(result.images / SOURCE)["sequences"]["LGE"]
    assert source["image"] == "magnitude"
    assert said[0] == "Reading headers"
    assert not any("signed" in flag.message for flag in result.study.flags)


def test_images_that_results_cannot_be_tied_to_are_told_before_the_work(study, tmp_path):
    made = study()
    for header in made.of("LGE"):
        del header.FrameOfReferenceUID
    said = []
    with pytest.raises(DataError, match="no FrameOfReferenceUID"):
        scarmap.study_from_dicom(made.write(tmp_path / "in"), tmp_path / "out", on_step=said.append)
    assert said == ["Reading headers"]
