"""The tables and the page of a paper, from run folders made by hand."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from scipy import stats

from scarmap.evaluation.table import Evaluation, write_evaluation
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score
from scarmap.report.pages.paper import Reproduced, write_comparison, write_tables
from scarmap.report.paper.table import PaperRow, row_of_run

CASES = tuple("abcdef")
MAIN = (0.50, 0.55, 0.60, 0.65, 0.70, 0.75)
WORSE = tuple(value - 0.01 * (index + 1) for index, value in enumerate(MAIN))
MIXED = tuple(
    value + change
    for value, change in zip(MAIN, (0.01, -0.02, 0.03, -0.04, 0.05, 0.06), strict=True)
)
OWN = {name: {"width": 8} for name in ("toy", "toy/worse", "toy/mixed")}


def described(name, *, table="1", note="What the paper did.", printed="scar"):
    return {
        "name": name,
        "paper": "toy",
        "table": table,
        "published": {printed: [53.0, 20.5]},
        "also_published": {},
        "published_convention": "mfunet_slicewise",
        "note": note,
        "settings": {"width": 4},
        "layout": "myops2020",
    }


def make_run(
    root, name, dice, *, epochs_scale=1.0, folds=1, validation=CASES, train=("z",), printed="scar"
):
    run = RunFolder(root)
    run.write_record(
        {
            "recipe": described(name, printed=printed),
            "data": {"layout": "myops2020", "num_cases": 6, "folder": "nowhere"},
            "folds": [{"train": list(train), "validation": list(validation)}] * folds,
            "provenance": {
                "epochs_scale": epochs_scale,
                "hardware": "one GPU",
                "commit": "0123",
                "seed": 1,
            },
            "state": {"fold_0/segment": "done", "fold_0/predictions": "done"},
        }
    )
    rows = []
    for case, value in zip(CASES, dice, strict=True):
        rows += [
            Score(case, "case3d", "scar", "dice", value, "ratio"),
            Score(case, "mfunet_slicewise", "scar", "dice", value / 2, "ratio"),
            Score(case, "case3d", "lv_pool", "dice", value, "ratio"),
        ]
    write_evaluation(run.evaluation, Evaluation("myops2020", tuple(rows)))
    log = run.stage(0, "segment") / "log.csv"
    log.parent.mkdir(parents=True)
    log.write_text("epoch,seconds\n0,3600\n1,3600\n")
    return run


@pytest.fixture
def reproduced(tmp_path):
    """Three measured rows and one that was not, the main one in the middle."""
    entries = [
        row_of_run(make_run(tmp_path / "toy-worse", "toy/worse", WORSE)),
        row_of_run(make_run(tmp_path / "toy", "toy", MAIN)),
        row_of_run(make_run(tmp_path / "toy-mixed", "toy/mixed", MIXED)),
        PaperRow(described("toy/missing", note="Hidden labels.")),
    ]
    return Reproduced("toy", {"1": entries}, "myops2020", "scarmap reproduce toy")


def sections_of(text):
    return {
        part.partition("\n")[0]: part.partition("\n")[2]
        for part in re.split(r"^#+ ", text, flags=re.MULTILINE)
    }


def cells_of(part):
    lines = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_published_stands_beside_measured_under_the_papers_convention_and_ours(
    reproduced, tmp_path
):
    text = write_tables(tmp_path, reproduced, OWN).read_text(encoding="utf-8")
    assert cells_of(sections_of(text)["Table 1"])[3:6] == [
        ["`toy`", "published, table 1", "53.0 ± 20.5"],
        ["`toy`", "measured, mfunet_slicewise", "31.2 ± 4.7"],
        ["`toy`", "measured, case3d", "62.5 ± 9.4"],
    ]
    assert cells_of(sections_of(text)["Table 1"])[-1] == [
        "`toy/missing`",
        "published, table 1; not measured",
        "53.0 ± 20.5",
    ]
    assert (
        "- toy/worse, toy, toy/mixed: What the paper did.\n- toy/missing: Hidden labels.\n" in text
    )


def test_rows_are_compared_with_the_whole_system_by_wilcoxon_holm_and_bootstrap(
    reproduced, tmp_path
):
    text = write_tables(tmp_path, reproduced, OWN).read_text(encoding="utf-8")
    part = sections_of(text)["3D, per case: differences from `toy`"]
    worse, mixed = cells_of(part)
    p_worse, p_mixed = 2 / 2**6, float(stats.wilcoxon([1, -2, 3, -4, 5, 6]).pvalue)
    assert worse[:4] == ["toy-worse", "scar", "6", "−3.5"]
    assert worse[5:] == [f"{p_worse:.3f}", f"{2 * p_worse:.3f}"]
    assert mixed[:4] == ["toy-mixed", "scar", "6", "+1.5"]
    assert mixed[5:] == [f"{p_mixed:.3f}", f"{p_mixed:.3f}"]
    draws = (
        np.random.default_rng(5)
        .choice(np.array(WORSE) - np.array(MAIN), size=(20_000, 6))
        .mean(axis=1)
    )
    low, high = (float(end.replace("−", "-")) for end in worse[4].split(" to "))
    assert (low, high) == pytest.approx(tuple(100 * np.percentile(draws, [2.5, 97.5])), abs=0.11)
    assert "corrected after Holm for all 2 tests of this table" in part


def test_each_convention_is_a_family_of_tests_and_only_printed_structures_are_tested(
    reproduced, tmp_path
):
    parts = sections_of(write_tables(tmp_path, reproduced, OWN).read_text(encoding="utf-8"))
    slicewise = parts["Per slice, as MFU-Net counts: differences from `toy`"]
    assert "Mean difference of the Dice (Per slice, as MFU-Net counts)" in slicewise
    assert [line[:2] + line[3:4] for line in cells_of(slicewise)] == [
        ["toy-worse", "scar", "−1.8"],
        ["toy-mixed", "scar", "+0.8"],
    ]


def test_of_each_row_only_what_the_paper_prints_of_it_is_shown_and_compared(reproduced, tmp_path):
    pool = row_of_run(make_run(tmp_path / "toy-pool", "toy/pool", MAIN, printed="lv_pool"))
    other = Reproduced("toy", {"1": [*reproduced.tables["1"], pool]}, "myops2020", "x")
    parts = sections_of(write_tables(tmp_path, other, OWN).read_text(encoding="utf-8"))
    lines = {(line[0], line[1]): line[2:] for line in cells_of(parts["Table 1"])}
    assert lines["`toy-pool`", "measured, case3d"] == ["", "62.5 ± 9.4"]
    assert lines["`toy`", "measured, case3d"] == ["62.5 ± 9.4", ""]
    assert {line[0] for line in cells_of(parts["3D, per case: differences from `toy`"])} == {
        "toy-worse",
        "toy-mixed",
    }


def test_the_same_runs_give_the_same_tables(reproduced, tmp_path):
    first = write_tables(tmp_path, reproduced, OWN).read_bytes()
    assert write_tables(tmp_path, reproduced, OWN).read_bytes() == first


def test_time_hardware_and_what_was_reduced_are_told(reproduced, tmp_path):
    short = make_run(tmp_path / "toy-short", "toy/short", MAIN, epochs_scale=0.5, folds=5)
    entries = [*reproduced.tables["1"], row_of_run(short)]
    text = write_tables(
        tmp_path, Reproduced("toy", {"1": entries}, "myops2020", "x"), OWN
    ).read_text(encoding="utf-8")
    assert "- **Not the paper's settings: width=4.**" in text
    assert (
        "- **Trained at reduced width/epochs: 0.5 of the recipe's schedule. The scores do not show "
        "what " in text
    )
    assert "- **Trained so far: folds 0 (1 of 5). (toy-short)**" in text
    assert "Training in all: 8.0 hours on one GPU." in text
    assert "- `toy`: 6 of 6 cases scored" in text


def test_a_leak_stands_at_the_top_and_in_every_measured_line(tmp_path):
    run = make_run(tmp_path / "toy", "toy", MAIN, train=CASES)
    reproduced = Reproduced("toy", {"1": [row_of_run(run)]}, "myops2020", "x")
    text = write_tables(tmp_path, reproduced, OWN).read_text(encoding="utf-8")
    assert text.count("Leaking split: validation patients were trained on.") == 4
    assert "- **Leaking split" in text.partition("##")[0]


def test_nothing_trained_gives_the_published_table(tmp_path):
    entries = [PaperRow(described("toy"))]
    reproduced = Reproduced("toy", {"1": entries}, "myops2020", "x")
    text = write_tables(tmp_path, reproduced, OWN).read_text(encoding="utf-8")
    assert "| `toy` | published, table 1; not measured | 53.0 ± 20.5 |" in text
    assert "Nothing is trained yet." in text


class Page(HTMLParser):
    """Headings, images and everything that a page would load."""

    def __init__(self):
        super().__init__()
        self.images, self.loaded, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "img":
            self.images.append(given)
        self.loaded += [given[key] for key in ("src", "href") if key in given]

    def handle_data(self, data):
        self.text.append(data.strip())


def test_the_page_carries_tables_statistics_and_box_plots_inside_itself(reproduced, tmp_path):
    page = Page()
    page.feed(write_comparison(tmp_path, reproduced, OWN).read_text(encoding="utf-8"))
    assert all(address.startswith("data:") for address in page.loaded)
    assert all(image["alt"] for image in page.images)
    assert [image["alt"] for image in page.images] == [
        "Box plots of Dice of scar, one for each of the runs toy, toy-worse, toy-mixed."
    ]
    for told in (
        "62.5 ± 9.4",
        "53.0 ± 20.5",
        "−3.5",
        "Not the paper's settings: width=4.",
        "one GPU",
        "Hidden labels.",
    ):
        assert any(told in text for text in page.text), told
    assert any("nowhere is not there" in text for text in page.text)


def test_runs_on_different_patients_are_shown_and_not_compared(tmp_path):
    first, second = (
        make_run(tmp_path / "one", "toy", MAIN),
        make_run(tmp_path / "two", "toy/worse", WORSE),
    )
    rows = tuple(Score(f"other-{case}", "case3d", "scar", "dice", 0.5, "ratio") for case in CASES)
    rows += tuple(Score(row.case, "mfunet_slicewise", "scar", "dice", 0.5, "ratio") for row in rows)
    write_evaluation(second.evaluation, Evaluation("myops2020", rows))
    reproduced = Reproduced("toy", {"1": [row_of_run(first), row_of_run(second)]}, "myops2020", "x")
    text = write_tables(tmp_path, reproduced, OWN).read_text(encoding="utf-8")
    assert "No case was scored in all runs" in text
    assert "No case was scored in all runs" in write_comparison(
        tmp_path, reproduced, OWN
    ).read_text(encoding="utf-8")
