import re
import shutil

import pytest

from scarmap.io.run import RunFolder
from scarmap.report.comparison.compare import compare_runs
from scarmap.report.comparison.pictures import run_box_pictures, side_by_side_picture
from scarmap.report.pages.run import build_report


@pytest.fixture
def other(run):
    """A run whose name wants escaping, with one prediction less."""
    folder = RunFolder(run.root.parent / "<b>other")
    shutil.copytree(run.root, folder.root)
    record = folder.read_record()
    record["recipe"]["settings"] = {"fusion": "<i>sum"}
    folder.write_record(record)
    (folder.predictions / "case_c.nii.gz").unlink()
    return folder


def test_a_page_compares_runs_and_escapes_their_names(run, other):
    text = build_report(run, [other]).read_text(encoding="utf-8")
    for expected in (
        "Only cases that both runs hold count: 3 cases.",
        "&lt;b&gt;other",
        "fusion = &lt;i&gt;sum",
        "Dice of every case, run by run",
        "Jaccard of every case, run by run",
        "The same slices by every run",
        "With 3 cases a test cannot say anything",
        "Worst case case_c: &lt;b&gt;other holds no prediction of it.",
    ):
        assert expected in text
    assert "<b>other" not in text


def test_a_comparison_comes_first_with_a_picture_before_its_tables(run, other):
    text = build_report(run, [other]).read_text(encoding="utf-8")
    assert re.findall(r'<h2 id="(.*?)">', text)[:2] == ["comparison", "glance"]
    assert re.findall(r'<a href="#(.*?)">', text)[0] == "comparison"
    section = text.split('<h2 id="comparison">')[1].split("</section>")[0]
    assert section.index("<img") < section.index("<table")


def test_there_is_a_chart_per_structure_that_is_defined_in_any_run(run, other):
    dice, _ = run_box_pictures(compare_runs([run, other]))
    structures = [re.search("Dice of (.*?), one", panel.alt)[1] for panel in dice.panels]
    # The phantom has no right ventricle.
    assert structures == [
        "LV blood pool",
        "normal myocardium",
        "whole myocardium",
        "LV epicardium",
        "edema",
        "scar",
        "scar and edema",
    ]
    assert [name for name, _ in dice.key] == ["run", "<b>other"]


def test_pictures_say_what_they_lack(run, other):
    comparison = compare_runs([run, other])
    assert [picture.title.split()[0] for picture in run_box_pictures(comparison)] == [
        "Dice",
        "Jaccard",
    ]
    shutil.rmtree(other.predictions)
    picture = side_by_side_picture(comparison)
    assert picture.address == ""
    assert "is not a folder of masks" in picture.problem
    shutil.rmtree(run.root.parent / "data")
    assert "is not there (any more)" in side_by_side_picture(comparison).problem
