from math import nan

from scarmap.io.scores import Score
from scarmap.report.run.scores import published_scores, published_text, score_tables


def _dice(case, value, *, structure="scar", convention="case3d"):
    return Score(case, convention, structure, "dice", value, "ratio")


def _volumes(case, predicted, difference):
    return [
        Score(case, "case3d", "scar", "volume_ml", predicted, "ml"),
        Score(case, "case3d", "scar", "volume_difference_ml", difference, "ml"),
    ]


def test_cells_hold_mean_and_sample_sd_in_percent_and_count_undefined_cases():
    (table,) = score_tables([_dice("a", 0.4), _dice("b", 0.6), _dice("c", nan)])
    (line,) = table.lines
    assert table.columns == ("Dice, %",)
    assert line.cells[0].text == "50.0 ± 14.1"
    assert line.cells[0].note == "n = 2, 1 undefined"
    assert table.explanation.startswith("3 cases.")


def test_a_volume_difference_keeps_its_sign():
    (table,) = score_tables([*_volumes("a", 3.0, -2.0), *_volumes("b", 4.0, -3.0)])
    assert table.lines[0].cells[0].text == "−2.5 ± 0.7"


def test_a_structure_undefined_in_all_cases_shows_a_dash():
    (table,) = score_tables([_dice("a", nan)])
    assert (table.lines[0].cells[0].text, table.lines[0].cells[0].note) == (
        "–",
        "n = 0, 1 undefined",
    )


def test_published_figures_stand_only_beside_their_own_convention():
    rows = [_dice("a", 0.5), _dice("a", 0.5, convention="mfunet_slicewise")]
    published = {"dice": {"scar": [53.0, 20.5], "average_pathology": 44.9}}
    ours, theirs = score_tables(rows, published=published, published_convention="mfunet_slicewise")
    assert ours.columns == ("Dice, %",)
    assert theirs.columns == ("Dice, %", "published Dice, %")
    assert [(line.title, *(cell.text for cell in line.cells)) for line in theirs.lines] == [
        ("scar", "50.0", "53.0 ± 20.5"),
        ("average pathology", "", "44.9"),
    ]
    assert [cell.published for cell in theirs.lines[0].cells] == [False, True]


def test_each_published_metric_stands_behind_the_measured_one():
    rows = [
        _dice("a", 0.9),
        Score("a", "case3d", "scar", "hausdorff_mm", 4.25, "mm"),
        Score("a", "case3d", "scar", "jaccard", 0.8, "ratio"),
    ]
    (plain,) = score_tables(rows)
    assert plain.columns == ("Dice, %",)
    record = {
        "published": {"scar": [97.0, 1.5]},
        "also_published": {"hausdorff_mm": {"scar": [3.04, 0.76]}, "jaccard": {}},
    }
    (table,) = score_tables(rows, published=published_scores(record))
    assert table.columns == (
        "Dice, %",
        "published Dice, %",
        "Hausdorff, mm",
        "published Hausdorff, mm",
    )
    assert [cell.text for cell in table.lines[0].cells] == [
        "90.0",
        "97.0 ± 1.5",
        "4.2",
        "3.0 ± 0.8",
    ]


def test_a_published_sd_may_be_missing():
    assert published_text([53.0, None]) == "53.0"


def test_a_structure_without_a_predicted_voxel_in_any_case_says_so():
    missed = [
        _dice("a", 0.0),
        _dice("b", 0.0),
        *_volumes("a", 0.0, -2.0),
        *_volumes("b", 0.0, -3.0),
    ]
    found = [_dice("a", 0.0), *_volumes("a", 0.0, -2.0), *_volumes("b", 1.0, -2.0)]
    assert score_tables(missed)[0].lines[0].cells[0].note == "never predicted"
    assert score_tables(found)[0].lines[0].cells[0].note == ""
