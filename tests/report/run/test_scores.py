from math import nan

from scarmap.io.published import published_text
from scarmap.io.scores import Score
from scarmap.report.run.scores import Cell, published_scores, score_table


def _dice(case, value, *, structure="scar", convention="case3d"):
    return Score(case, convention, structure, "dice", value, "ratio")


def _volumes(case, predicted, difference):
    return [
        Score(case, "case3d", "scar", "volume_ml", predicted, "ml"),
        Score(case, "case3d", "scar", "volume_difference_ml", difference, "ml"),
    ]


def test_cells_hold_mean_and_sample_sd_in_percent_and_count_undefined_cases():
    table = score_table([_dice("a", 0.4), _dice("b", 0.6), _dice("c", nan)])
    (line,), (convention,) = table.lines, table.conventions
    assert convention.columns == ("Dice, %",)
    assert line.cells[0].text == "50.0 ± 14.1"
    assert line.cells[0].note == "n = 2, 1 undefined"
    assert convention.explanation.startswith("3 cases.")


def test_a_volume_difference_keeps_its_sign():
    table = score_table([*_volumes("a", 3.0, -2.0), *_volumes("b", 4.0, -3.0)])
    assert table.lines[0].cells[0].text == "−2.5 ± 0.7"


def test_a_structure_undefined_in_all_cases_shows_a_dash():
    table = score_table([_dice("a", nan)])
    assert (table.lines[0].cells[0].text, table.lines[0].cells[0].note) == (
        "–",
        "n = 0, 1 undefined",
    )


def _texts(table):
    """Title of each line to what stands under each convention: metric to mean and published."""
    found = {}
    for line in table.lines:
        cells = iter(line.cells)
        found[line.title] = {
            convention.title: {metric: next(cells) for metric in convention.columns}
            for convention in table.conventions
        }
        assert list(cells) == []
    return found


def test_conventions_stand_beside_each_other_and_structures_below():
    rows = [
        _dice("a", 0.5),
        _dice("a", 0.9, structure="lv_pool"),
        _dice("a", 0.7, convention="slicewise"),
        _dice("a", 0.6, structure="whole_infarct", convention="emidec_official"),
        *_volumes("a", 3.0, -2.0),
    ]
    table = score_table(rows)
    assert [each.columns for each in table.conventions] == [
        ("Dice, %", "Volume difference, ml"),
        ("Dice, %",),
        ("Dice, %",),
    ]
    texts = {
        title: [cell.text for metrics in by_convention.values() for cell in metrics.values()]
        for title, by_convention in _texts(table).items()
    }
    assert texts == {
        "LV blood pool": ["90.0", "", "", ""],
        "scar": ["50.0", "−2.0", "70.0", ""],
        "whole infarct": ["", "", "", "60.0"],
    }
    assert all("1 cases." in each.explanation for each in table.conventions)


def test_nothing_scored_is_no_table():
    assert score_table([]) is None


def test_published_figures_stand_only_under_their_own_convention():
    rows = [_dice("a", 0.5), _dice("a", 0.5, convention="mfunet_slicewise")]
    published = {"dice": {"scar": [53.0, 20.5], "average_pathology": 44.9}}
    table = score_table(rows, published=published, published_convention="mfunet_slicewise")
    ours, theirs = (each.title for each in table.conventions)
    texts = _texts(table)
    assert list(texts) == ["scar", "average pathology"]
    assert texts["scar"][ours]["Dice, %"] == Cell("50.0")
    assert texts["scar"][theirs]["Dice, %"] == Cell("50.0", published="53.0 ± 20.5")
    assert texts["average pathology"][ours]["Dice, %"] == Cell("")
    assert texts["average pathology"][theirs]["Dice, %"] == Cell("", published="44.9")


def test_metrics_that_a_paper_published_are_shown_and_others_left_out():
    rows = [
        _dice("a", 0.9),
        Score("a", "case3d", "scar", "hausdorff_mm", 4.25, "mm"),
        Score("a", "case3d", "scar", "jaccard", 0.8, "ratio"),
    ]
    assert score_table(rows).conventions[0].columns == ("Dice, %",)
    record = {
        "published": {"scar": [97.0, 1.5]},
        "also_published": {"hausdorff_mm": {"scar": [3.04, 0.76]}, "jaccard": {}},
    }
    table = score_table(rows, published=published_scores(record))
    assert table.conventions[0].columns == ("Dice, %", "Hausdorff, mm")
    assert [(cell.text, cell.published) for cell in table.lines[0].cells] == [
        ("90.0", "97.0 ± 1.5"),
        ("4.2", "3.04 ± 0.76"),
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
    assert score_table(missed).lines[0].cells[0].note == "never predicted"
    assert score_table(found).lines[0].cells[0].note == ""
