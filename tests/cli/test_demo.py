from scarmap.cli import demo


def test_a_folder_that_holds_anything_else_is_not_touched(scarmap, tmp_path):
    (tmp_path / "patients").mkdir()
    (tmp_path / "patients" / "real.txt").write_text("precious")
    ended = scarmap("demo", "--out", tmp_path)
    assert ended.code == 2
    assert "new folder" in ended.err
    assert (tmp_path / "patients" / "real.txt").read_text() == "precious"


def test_the_whole_way_ends_with_a_page_and_can_be_walked_again(scarmap, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "PATIENTS", 1)
    for _ in range(2):
        ended = scarmap("demo", "--out", tmp_path / "demo")
        assert ended.code == 0
        assert "trained on synthetic hearts only" in ended.out
    page = tmp_path / "demo" / "run" / "report.html"
    assert str(page) in ended.out.replace("\n", "")
    html = page.read_text(encoding="utf-8")
    assert "data:image" in html
    assert (tmp_path / "demo" / "run" / "evaluation" / "summary.json").is_file()
    assert len(list((tmp_path / "demo" / "run" / "predictions").iterdir())) == 1
    assert (tmp_path / "demo" / "run" / "quantification" / "cohort.csv").is_file()
    assert "quantification/" in html
