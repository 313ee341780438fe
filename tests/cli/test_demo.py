from scarmap.cli import demo
from scarmap.errors import DataError


def test_a_folder_that_holds_anything_else_is_not_touched(scarmap, tmp_path):
    (tmp_path / "patients").mkdir()
    (tmp_path / "patients" / "real.txt").write_text("precious")
    ended = scarmap("demo", "--out", tmp_path)
    assert ended.code == 2
    assert "new folder" in ended.err
    assert (tmp_path / "patients" / "real.txt").read_text() == "precious"


def test_it_can_be_walked_again_and_keeps_nothing_of_before(scarmap, tmp_path, monkeypatch):
    found = []

    def made(export, out, device):
        found.append((export.exists(), out.exists()))
        export.mkdir()
        raise DataError("as far as this")

    monkeypatch.setattr(demo, "_study", made)
    for _ in range(2):
        assert "as far as this" in scarmap("demo", "--out", tmp_path / "demo").err
    assert found == [(False, False)] * 2


def test_the_whole_way_from_dicom_and_back_is_walked(scarmap, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "PATIENTS", 1)
    for name, size in (("NUM_SLICES", 3), ("IN_PLANE", 96), ("PHASES", 4)):
        monkeypatch.setattr(demo, name, size)
    monkeypatch.setattr("scarmap.report.pdf.study.find_browser", lambda: None)
    ended = scarmap("demo", "--out", tmp_path / "demo")
    assert ended.code == 0
    assert "trained on synthetic hearts only" in ended.out
    made, run = tmp_path / "demo" / "study", tmp_path / "demo" / "run"
    assert "DICOM files" in ended.out
    printed = ended.out.replace("\n", "")
    assert printed.endswith(f"Open this page in a browser: {made / 'page.html'}")
    for name in ("segmentation.dcm", "structured_report.dcm", "page.dcm", "page.pdf"):
        assert (made / name).is_file()
        assert name in printed or name == "page.pdf"
    assert str(run / "report.html") in printed
    html = (run / "report.html").read_text(encoding="utf-8")
    assert "data:image" in html
    assert (run / "evaluation" / "summary.json").is_file()
    assert len(list((run / "predictions").iterdir())) == 1
    assert (run / "quantification" / "cohort.csv").is_file()
    assert "quantification/" in html
