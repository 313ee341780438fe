from dataclasses import replace

from scarmap.report.study.method import method_lines


def _text(study):
    return " ".join(method_lines(study))


def test_a_reader_is_told_not_to_diagnose_and_what_the_shares_divide_by(study):
    text = _text(study)
    for expected in (
        "do not diagnose",
        "1.05 g/ml",
        "2 × 2 × 8 mm",
        "divides by the wall of the same mask",
        "Papillary",
    ):
        assert expected in text


def test_the_direction_of_the_segments_says_where_it_comes_from(study):
    assert "right ventricle of the mask touches" in _text(study)
    landmark = replace(
        study, reference=replace(study.reference, source="landmark", sense_source="assumed")
    )
    assert "given as a landmark" in _text(landmark)
    assert "the usual display, which was assumed" in _text(landmark)
    assert "Segment 17" in _text(study)


def test_without_a_direction_only_figures_without_one_are_promised(study_without_direction):
    text = _text(study_without_direction)
    assert "only figures that need no direction" in text
    assert "Segment 17" not in text


def test_salvage_comes_with_the_caution_of_the_consensus(study):
    assert "does not recommend edema" in _text(study)
    assert "salvage index is" not in _text(study)
    asked = replace(study, figures={**study.figures, "myocardial_salvage_index": 0.4})
    assert "salvage index is" in _text(asked)
    assert "consensus" not in _text(replace(study, tissues=("scar", "mvo")))


def test_what_the_mask_cannot_hold_is_said(study):
    assert "no label for no-reflow" in _text(study)
    assert "no label for edema" in _text(replace(study, tissues=("scar", "mvo")))


def test_remote_myocardium_of_the_thresholds_is_described(study):
    assert "Remote myocardium: sector, 42 voxels." in _text(study)
    assert "Thresholds act" not in _text(replace(study, thresholds=()))
