from dataclasses import replace

from scarmap.report.study.key_figures import intervals_note, key_figures


def test_tiles_state_figure_unit_interval_and_shares(study):
    tiles = {tile.title: tile for tile in key_figures(study)}
    assert list(tiles) == ["Infarct", "Edema around it", "Transmurality", "LV mass"]
    infarct = tiles["Infarct"]
    assert (infarct.value, infarct.unit) == ("21.0", "g")
    assert infarct.lines == ("95 % interval 17.3 to 24.4 g", "18.2 % of LV mass")
    assert tiles["Edema around it"].lines == ("9.1 % of LV mass", "with infarct 31.5 g, 27.3 %")
    assert tiles["Transmurality"].lines[1:] == (
        "deepest 100.0 %",
        "14 of 16 segments infarcted, 5 above 50 % on average",
    )
    assert tiles["LV mass"].lines == ("wall thickness 9.4 mm", "LV cavity 98.3 ml")


def test_no_reflow_has_a_tile_where_the_mask_labels_it(study):
    figures = {
        **study.figures,
        "mvo_g": 1.2,
        "mvo_percent_infarct": 5.7,
        "infarct_without_mvo_g": 19.8,
    }
    tiles = {
        tile.title: tile
        for tile in key_figures(replace(study, tissues=("scar", "mvo"), figures=figures))
    }
    assert "Edema around it" not in tiles
    assert (tiles["No-reflow (MVO)"].value, tiles["No-reflow (MVO)"].lines) == (
        "1.2",
        ("5.7 % of the infarct",),
    )
    assert "19.8 g without no-reflow" in tiles["Infarct"].lines


def test_an_undefined_figure_is_a_dash_without_a_unit(study_without_direction):
    figures = {
        **study_without_direction.figures,
        "transmurality_extent_infarcted_mean_percent": float("nan"),
    }
    tile = key_figures(replace(study_without_direction, figures=figures))[2]
    assert (tile.value, tile.unit) == ("–", "")
    assert not any("segments" in line for line in tile.lines)


def test_salvage_is_shown_only_when_it_was_asked_for_and_with_its_caution(study):
    figures = {**study.figures, "myocardial_salvage_index": -0.25}
    tile = key_figures(replace(study, figures=figures))[1]
    assert "salvage index −0.25: read the caution" in tile.lines
    assert not any("salvage" in line for line in key_figures(study)[1].lines)


def test_the_method_of_the_intervals_is_stated_or_why_there_are_none(study):
    assert intervals_note(study).startswith("Intervals: quantiles of five folds.")
    assert intervals_note(replace(study, intervals={})).startswith("No intervals")
