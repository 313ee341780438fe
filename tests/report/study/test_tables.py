from dataclasses import replace

from scarmap.report.study.tables import threshold_table, volume_table, wall_table


def test_each_segment_has_a_line_and_a_missing_one_is_dashes(study):
    table = wall_table(study)
    titles = [column.title for column in table.columns]
    assert titles == [
        *(
            "segment",
            "artery",
            "mass",
            "infarct",
            "edema",
            "transmural, mean",
            "where infarcted",
            "deepest",
            "class",
        ),
        "thickness",
    ]
    assert len(table.lines) == 16
    # Segment 11: depth 50 %, where infarcted 1.5 times that, infarct share half of it.
    assert table.lines[10] == (
        "11 name of 11",
        "LAD",
        "6.0",
        "25.0",
        "12.0",
        "50.0",
        "75.0",
        "90.0",
        "26–50",
        "9.5",
    )
    assert table.lines[15] == ("16 name of 16", "LAD", "0", *["–"] * 7)


def test_rings_take_the_place_of_segments(study_without_direction):
    table = wall_table(study_without_direction)
    assert [column.title for column in table.columns][:2] == ["ring", "mass"]
    assert [line[0] for line in table.lines] == ["basal", "mid", "apical"]


def test_no_reflow_has_a_column_where_the_mask_labels_it(study):
    titles = [
        column.title for column in wall_table(replace(study, tissues=("scar", "mvo"))).columns
    ]
    assert "no-reflow" in titles
    assert "edema" not in titles


def test_volumes_leave_out_what_the_mask_does_not_label(study):
    lines = {line[0]: line[1:] for line in volume_table(study).lines}
    assert list(lines) == ["LV wall", "infarct", "LV cavity"]
    assert lines["infarct"] == ("20.0", "21.0", "18.2")
    assert lines["LV cavity"] == ("98.3", "–", "–")


def test_each_threshold_states_its_cutoff_and_its_overlap(study):
    table = threshold_table(study.thresholds)
    assert table.lines == (("5-SD", "99", "9.5", "8.2", "50.0"),)
