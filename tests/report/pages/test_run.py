import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from scarmap.errors import DataError, RunError
from scarmap.io.nifti import read_image, write_labels
from scarmap.io.run import RunFolder
from scarmap.report.drawing.case import draw_case
from scarmap.report.pages.run import build_report, case_table, curve_pictures
from scarmap.report.run import cases as gallery
from scarmap.report.run.cases import case_pictures, illustration_pictures
from scarmap.report.run.facts import fold_of_case
from scarmap.report.run.ranking import CaseScore
from scarmap.volume import Grid, LabelMap


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, wanted):
        return [attributes for tag, attributes in self.tags if tag == wanted]


def _read(run):
    text = build_report(run).read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    return text, page


def test_a_page_carries_all_its_pictures_inside_itself_with_alternative_texts(run):
    text, page = _read(run)
    images = page.all("img")
    # Three cases at a glance, losses and Dice of one stage, box plots, three cases, two of them by
    # tissue, one illustration of each of two folds.
    assert len(images) == 3 + 2 + 1 + 3 + 2 + 2
    assert all(image["src"].startswith("data:image/") and image["alt"] for image in images)
    assert not page.all("script") + page.all("link")
    addresses = [tag["href"] for _, tag in page.tags if "href" in tag]
    assert all(address.startswith("#") for address in addresses)
    assert not any("srcset" in attributes for _, attributes in page.tags)
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert len(text) < 6_000_000


def test_a_page_states_run_scores_published_figures_and_cases_in_order(run):
    text, _ = _read(run)
    for expected in (
        "mfunet",
        "0123456789ab",
        "one CPU",
        "LGE, T2",
        "all 2",
        "53.0 ± 20.5",
        "Bright over the scar.",
    ):
        assert expected in text
    order = [
        text.index(f"{label} case: case_{name}")
        for label, name in zip(("Best", "Median", "Worst"), "abc", strict=True)
    ]
    assert order == sorted(order)
    assert "reduced width" not in text
    assert '<small class="published">3.04 ± 0.76</small>' in text
    assert "Number 3 of 3 cases by the 3D Dice of scar: " in text
    for label, count in (
        ("Best case: case_a", 1),
        ("Median case: case_b", 0),
        ("Worst case: case_c", 1),
    ):
        assert text.count(f"<h3>{label}, tissue by tissue</h3>") == count


def test_contents_at_the_top_lead_to_every_section_in_order(run):
    text, page = _read(run)
    contents = text.split('<nav class="contents"')[1].split("</nav>")[0]
    addresses = re.findall(r'href="#(.*?)"', contents)
    assert addresses == [tag["id"] for tag in page.all("h2")]
    assert addresses == ["glance", "scores", "cases", "training", "inside", "made"]
    assert [tag["aria-labelledby"] for tag in page.all("section")] == addresses


def test_all_conventions_share_one_table(run):
    text, _ = _read(run)
    scores = text.split('<h2 id="scores">')[1].split("</section>")[0]
    assert scores.count('<table class="scores">') == 1
    heads = re.findall(r'scope="colgroup">(.*?)</th>', scores)
    assert len(heads) == len(set(heads)) == 4
    spans = [int(each) for each in re.findall(r'colspan="(\d+)"', scores)]
    for line in re.findall(r"<tr>(?:(?!</tr>).)*<td.*?</tr>", scores.split("</table>")[0], re.S):
        assert line.count("<td") == sum(spans)


def test_three_cases_are_seen_before_any_score(run):
    text, _ = _read(run)
    glance = text.split('<h2 id="glance">')[1].split("</section>")[0]
    assert re.findall(r"<p>(.*? case): (case_.), slice (\d)</p>", glance) == [
        ("Best case", "case_a", "1"),
        ("Median case", "case_b", "1"),
        ("Worst case", "case_c", "1"),
    ]
    assert "expert, solid" in glance
    assert "predicted, dashed" in glance
    assert text.index('id="glance"') < text.index('id="scores"')


def test_facts_stand_at_the_end_and_what_was_run_on_top(run):
    text, _ = _read(run)
    header, main = text.split("<main>")
    assert (
        "mfunet, Table 1 · LGE, T2 · data (3 cases) · folds: all 2 · 2025-01-02 03:04:05" in header
    )
    assert "<dl>" not in header
    assert "scarmap train mfunet" in main.split('<h2 id="made">')[1]


def test_the_same_run_gives_the_same_bytes(run):
    assert _read(run)[0] == _read(run)[0]


def test_a_shortened_run_and_unscored_cases_are_announced(run):
    record = run.read_record()
    record["provenance"]["epochs_scale"] = 0.05
    record["data"]["num_cases"] = 10
    run.write_record(record)
    text, _ = _read(run)
    assert "Trained at reduced width/epochs: 0.05" in text
    assert "Scored so far: 3 of 10 cases." in text


def test_a_run_without_results_says_what_is_missing(tmp_path):
    run = RunFolder(tmp_path)
    run.write_record({"recipe": {}, "data": {}, "folds": [], "provenance": {}, "state": {}})
    text, page = _read(run)
    assert not page.all("img")
    for expected in (
        "Nothing has been scored yet",
        "no training logs",
        "No predictions",
        "no illustrations",
    ):
        assert expected in text


def test_predictions_without_scores_are_shown(run):
    shutil.rmtree(run.evaluation)
    text, _ = _read(run)
    assert "Nothing has been scored yet" in text
    assert text.count("Not scored.") >= 3


def test_a_lost_data_folder_costs_only_the_cases(run):
    shutil.rmtree(run.root.parent / "data")
    text, page = _read(run)
    assert "data is not there (any more)" in text
    assert len(page.all("img")) == 2 + 1 + 2
    assert 'href="#glance"' not in text


def test_a_prediction_on_another_grid_is_explained_in_its_place(run):
    record = run.read_record()
    odd = LabelMap(np.ones((8, 8, 2), dtype=np.uint8), Grid((8, 8, 2), (1.0, 1.0, 1.0), np.eye(4)))
    write_labels(run.predictions / "case_b.nii.gz", odd, "myops2020")
    ranked = [
        CaseScore(name, score, {})
        for name, score in (("case_a", 0.9), ("case_b", 0.5), ("case_x", 0.1))
    ]
    gallery = case_pictures(run, record, ranked)
    pictures = gallery.pictures
    # The best case twice, slice by slice and tissue by tissue.
    assert [bool(picture.address) for picture in pictures] == [True, True, False, False]
    assert "different sizes" in pictures[2].problem
    assert pictures[3].problem == "The case is not in the data folder."
    assert [panel.caption for panel in gallery.glance.panels] == ["Best case: case_a, slice 1"]


def test_names_from_the_record_are_escaped(run):
    record = run.read_record()
    record["recipe"]["name"] = "<script>alert(1)</script>"
    run.write_record(record)
    _, page = _read(run)
    assert not page.all("script")


def test_illustrations_stop_at_the_budget_and_repeats_are_marked(run):
    pictures, note = illustration_pictures(run, layout="myops2020")
    assert [picture.repeats for picture in pictures] == [False, True]
    assert note == ""
    pictures, note = illustration_pictures(run, layout="myops2020", budget=1)
    assert len(pictures) == 1
    assert note.startswith("1 more")


@pytest.mark.parametrize("kept", [0, 100])
def test_a_damaged_illustration_is_named(run, kept):
    path = run.illustrations(0) / "attention.npz"
    path.write_bytes(path.read_bytes()[:kept])
    pictures, _ = illustration_pictures(run, layout="myops2020")
    assert str(path) in pictures[0].problem
    assert pictures[1].address


def test_curves_stand_in_the_order_of_training():
    log = [{"epoch": "0", "phase": "0", "learning_rate": "0.1", "seconds": "1", "loss": "1.0"}]
    logs = {(0, "anatomy"): log, (0, "denoiser"): log, (0, "other"): log}
    titles = [
        picture.title for picture in curve_pictures(logs, order=["denoiser", "unknown", "anatomy"])
    ]
    assert titles == ["Stage denoiser, fold 0", "Stage anatomy, fold 0", "Stage other, fold 0"]


def test_case_table_holds_dice_fold_and_scar_volumes():
    ranked = [
        CaseScore("a", 0.5, {"scar": 0.5, "lv_pool": 0.9}, 12.0, 15.0),
        CaseScore("b", 0.4, {"scar": 0.4}),
    ]
    table = case_table(ranked, {"a": 3})
    assert table["columns"] == [
        "case",
        "fold",
        "LV blood pool",
        "scar",
        "scar predicted, ml",
        "scar expert, ml",
    ]
    assert table["lines"] == [
        ["a", "3", "90.0", "50.0", "12.0", "15.0"],
        ["b", "–", "–", "40.0", "–", "–"],
    ]


def test_a_leaking_split_is_told_at_the_top_at_every_table_of_scores_and_above_the_cases(
    run_by_slice,
):
    text, _ = _read(run_by_slice)
    notes = [
        f'<p class="warning">{note}</p>' for note in run_by_slice.read_record()["split"]["notes"]
    ]
    assert len(notes) == 2
    head, main = text.split("<main>")
    scores, cases = main.split('<h2 id="cases">')
    parts = scores.split('<h2 id="scores">')[1].split("<h3>")
    tables = [part for part in parts if "<table" in part]
    assert len(tables) == 1 + 1  # scores, and who has pathology at all
    for part in (head, *tables, cases.split("<figure")[0]):
        assert all(note in part for note in notes)
    assert "the fold that did not train on it" not in text
    assert "Scored so far: 4 of 6 slices." in text
    assert "<dt>Split by</dt><dd>slice</dd>" in text


def test_a_split_by_patient_is_not_called_leaking(run):
    text, _ = _read(run)
    assert "Leaking" not in text
    assert "Split by slice" not in text
    assert "the fold that did not train on it" in text


def test_pictures_of_a_run_by_slice_show_that_slice_of_the_case(run_by_slice, monkeypatch):
    drawn = []

    def draw(case, prediction, *, first_slice):
        drawn.append((case, first_slice))
        return draw_case(case, prediction, first_slice=first_slice)

    monkeypatch.setattr(gallery, "draw_case", draw)
    record = run_by_slice.read_record()
    ranked = [
        CaseScore(name, score, {}) for name, score in (("case_a_z00", 0.9), ("case_b_z01", 0.5))
    ]
    pictures = case_pictures(run_by_slice, record, ranked).pictures
    assert [bool(picture.address) for picture in pictures] == [True] * 4
    assert [(case.name, case.grid.shape[2], first) for case, first in drawn] == [
        ("case_a", 1, 0),
        ("case_b", 1, 1),
    ]
    whole = read_image(run_by_slice.root.parent / "data" / "case_b_LGE.nii.gz").array
    np.testing.assert_array_equal(drawn[1][0].images["LGE"].array, whole[..., 1:])
    assert [line[1] for line in case_table(ranked, fold_of_case(record))["lines"]] == ["0", "0"]


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        build_report(RunFolder(tmp_path))


def test_damaged_scores_are_refused(run):
    (run.evaluation / "cases.csv").write_text("what,ever\n1,2\n")
    with pytest.raises(DataError, match=r"cases\.csv"):
        build_report(run)


def test_reporting_needs_no_torch_and_no_pyplot():
    heavy = "{'torch', 'matplotlib.pyplot'}"
    code = f"import sys, scarmap.report.pages.run; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
