import json
import logging
from math import isnan, nan

import nibabel
import numpy as np
import pytest

from scarmap.errors import DataError, GeometryError, LabelError
from scarmap.evaluation.presence import Presence
from scarmap.evaluation.table import (
    Evaluation,
    evaluate_folder,
    evaluate_pair,
    infarcted_cases,
    presence,
    read_summary,
    summarise,
    write_evaluation,
)
from scarmap.io.nifti import read_labels
from scarmap.io.scores import Score, read_scores


def _write_mask(path, values, *, affine=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(
        nibabel.Nifti1Image(values.astype(np.int16), np.eye(4) if affine is None else affine), path
    )
    return path


def _heart(*, scar=2):
    values = np.zeros((8, 8, 2), dtype=np.int16)
    values[1:7, 1:4] = 2
    values[1 : 1 + scar, 1] = 3
    values[1:7, 4:6] = 1
    return values


def _row(value, *, case="a", convention="case3d", structure="scar", metric="dice", unit="ratio"):
    return Score(case, convention, structure, metric, value, unit)


def test_a_pair_is_scored_under_every_convention(tmp_path):
    prediction = _write_mask(tmp_path / "p.nii.gz", _heart(scar=3))
    truth = _write_mask(tmp_path / "t.nii.gz", _heart())
    rows = evaluate_pair(prediction, truth, "emidec", case="P1")
    found = {(row.convention, row.structure, row.metric): row.value for row in rows}
    assert {row.case for row in rows} == {"P1"}
    assert found["case3d", "scar", "dice"] == pytest.approx(0.8)
    assert found["mfunet_slicewise", "average_pathology", "dice"] == pytest.approx(0.8)
    assert found["emidec_official", "mvo", "dice"] == 1.0


def test_a_truth_in_memory_scores_as_its_file_does(tmp_path):
    masks = {"a": _write_mask(tmp_path / "p.nii.gz", _heart(scar=3))}
    truth = _write_mask(tmp_path / "t.nii.gz", _heart())
    by_file = evaluate_folder(masks, {"a": truth}, "emidec")
    in_memory = evaluate_folder(masks, {"a": read_labels(truth, "emidec")}, "emidec")
    assert repr(in_memory.rows) == repr(by_file.rows)  # nan equals nan as text only


def test_masks_on_other_grids_are_refused_with_both_files_named(tmp_path):
    truth = _write_mask(tmp_path / "t.nii.gz", _heart())
    shifted = np.eye(4)
    shifted[0, 3] = 3
    prediction = _write_mask(tmp_path / "p.nii.gz", _heart(), affine=shifted)
    with pytest.raises(GeometryError, match=r"Case P1: .*t\.nii\.gz .*p\.nii\.gz .*3\.0 mm apart"):
        evaluate_pair(prediction, truth, "emidec", case="P1")


def test_only_shared_cases_are_scored_and_the_rest_is_named(tmp_path, caplog):
    mask = _write_mask(tmp_path / "mask.nii.gz", _heart())
    with caplog.at_level(logging.WARNING):
        result = evaluate_folder(
            {"a": mask, "b": mask, "x": mask}, {"a": mask, "b": mask, "c": mask}, "emidec"
        )
    assert (result.missing, result.extra) == (("c",), ("x",))
    assert {row.case for row in result.rows} == {"a", "b"}
    assert "want of a prediction (1): c" in caplog.text
    assert "want of a truth (1): x" in caplog.text


def test_folders_without_a_shared_case_are_an_error_with_names_of_both_sides(tmp_path):
    with pytest.raises(DataError, match=r"predictions are one, two; the truth has three"):
        evaluate_folder({"one": tmp_path, "two": tmp_path}, {"three": tmp_path}, "emidec")


@pytest.mark.parametrize(
    ("number", "shown"), [(8, "0, 1, 2, 3, 4, 5, 6, 7;"), (9, "0, 1, 2, 3, 4, 5, 6, 7, ...;")]
)
def test_eight_cases_of_a_folder_are_named(number, shown, tmp_path):
    masks = dict.fromkeys(map(str, range(number)), tmp_path)
    with pytest.raises(DataError, match=f"predictions are {shown} the truth has a"):
        evaluate_folder(masks, {"a": tmp_path}, "emidec")


def test_each_case_is_told_when_it_is_scored(tmp_path):
    mask = _write_mask(tmp_path / "mask.nii.gz", _heart())
    told = []
    evaluate_folder(
        {"b": mask, "a": mask},
        {"a": mask, "b": mask},
        "emidec",
        on_case=lambda *each: told.append(each),
    )
    assert told == [("a", 2), ("b", 2)]


def test_an_unknown_layout_is_refused_before_any_file_is_read(tmp_path):
    with pytest.raises(LabelError, match="myops2020"):
        evaluate_folder({"a": tmp_path}, {"a": tmp_path}, "myops")


def test_the_summary_leaves_undefined_values_out_and_counts_them():
    rows = [
        _row(value, case=case) for case, value in zip("abcd", [0.2, nan, 0.4, 0.9], strict=True)
    ]
    statistics = summarise(rows)["case3d"]["scar"]["dice"]
    assert statistics["unit"] == "ratio"
    assert (statistics["n"], statistics["n_undefined"]) == (3, 1)
    assert statistics["mean"] == pytest.approx(0.5)
    assert statistics["median"] == pytest.approx(0.4)
    assert statistics["sd"] == pytest.approx(np.sqrt((0.09 + 0.01 + 0.16) / 2))


def test_a_structure_that_is_never_defined_has_no_mean():
    statistics = summarise([_row(nan), _row(nan, case="b")])["case3d"]["scar"]["dice"]
    assert (statistics["mean"], statistics["sd"], statistics["median"]) == (None, None, None)
    assert statistics["n_undefined"] == 2


def test_one_defined_value_has_a_mean_but_no_sd():
    statistics = summarise([_row(0.5)])["case3d"]["scar"]["dice"]
    assert (statistics["mean"], statistics["sd"]) == (0.5, None)
    two = summarise([_row(0.5), _row(0.7, case="b")])["case3d"]["scar"]["dice"]
    assert two["sd"] == pytest.approx(np.sqrt(2 * 0.1**2))


def test_scores_return_from_cases_csv_as_they_were(tmp_path):
    rows = (
        _row(1 / 3),
        _row(nan, metric="assd_mm", unit="mm"),
        _row(-2.5, case="b, left", unit="ml"),
    )
    cases_file, _ = write_evaluation(tmp_path / "new", Evaluation("emidec", rows))
    assert cases_file.read_text().splitlines()[0] == "case,convention,structure,metric,value,unit"
    back = read_scores(cases_file)
    assert (back[0], back[2]) == (rows[0], rows[2])
    assert isnan(back[1].value)


def test_summary_json_is_strict_json_and_holds_what_was_left_out(tmp_path):
    evaluation = Evaluation("emidec", (_row(0.5), _row(nan, metric="assd_mm")), ("c",), ("x",))
    _, summary_file = write_evaluation(tmp_path, evaluation)
    content = json.loads(summary_file.read_text(), parse_constant=pytest.fail)
    assert content == read_summary(summary_file)
    assert (content["layout"], content["cases"]) == ("emidec", ["a"])
    assert (content["missing"], content["extra"]) == (["c"], ["x"])
    assert content["scores"]["case3d"]["scar"]["dice"]["mean"] == 0.5


def _found(case, *, true, predicted, structure="whole_infarct"):
    """Scores of a case: Dice is undefined where the truth is empty, the volume is predicted."""
    dice = (0.7 if predicted else 0.0) if true else nan
    volume = _row(
        0.3 if predicted else 0.0, case=case, structure=structure, metric="volume_ml", unit="ml"
    )
    return [_row(dice, case=case, structure=structure), volume]


COHORT = [
    *_found("ill", true=True, predicted=True),
    *_found("missed", true=True, predicted=False),
    *_found("well", true=False, predicted=False),
    *_found("invented", true=False, predicted=True),
    *_found("healthy", true=False, predicted=False),
]


def test_cases_are_counted_by_what_is_there_and_what_was_found():
    found = presence(COHORT)
    assert found.keys() == {"whole_infarct"}
    counts = found["whole_infarct"]
    assert counts == Presence(true_positive=1, false_positive=1, true_negative=2, false_negative=1)
    assert (counts.sensitivity, counts.specificity) == (0.5, pytest.approx(2 / 3))


def test_without_healthy_cases_specificity_is_undefined():
    counts = presence(COHORT[:4])["whole_infarct"]
    assert (counts.sensitivity, counts.specificity) == (0.5, None)


def test_presence_agrees_with_masks(tmp_path):
    healthy = _write_mask(tmp_path / "healthy.nii.gz", _heart(scar=0))
    ill = _write_mask(tmp_path / "ill.nii.gz", _heart())
    found = evaluate_folder({"a": ill, "b": ill}, {"a": ill, "b": healthy}, "emidec")
    counts = presence(found.rows)
    assert set(counts) == {"whole_infarct", "scar", "mvo"}
    assert counts["whole_infarct"] == counts["scar"] == Presence(1, 1, 0, 0)
    assert counts["mvo"] == Presence(0, 0, 2, 0)
    assert infarcted_cases(found.rows) == ("a",)


def test_cases_with_an_infarct_are_those_whose_truth_has_one():
    assert infarcted_cases(COHORT) == ("ill", "missed")
    assert infarcted_cases([_row(0.5), _row(nan, case="b")]) == ("a",)
    assert infarcted_cases([_row(0.5, structure="mvo")]) == ()


def test_every_data_set_counts_with_what_it_labels_of_the_infarct():
    scars = [
        *_found("scarred", true=True, predicted=False, structure="scar"),
        *_found("ill", true=False, predicted=False, structure="scar"),  # all of it is no-reflow
    ]
    mixed = [*COHORT, *scars]
    assert infarcted_cases(mixed) == ("ill", "missed", "scarred")
    found = presence(mixed)
    assert found["whole_infarct"] == Presence(1, 1, 2, 2)
    assert found["scar"] == Presence(0, 0, 1, 1)
    assert presence(scars).keys() == {"scar"}


def test_the_summary_is_given_once_more_over_cases_with_an_infarct(tmp_path):
    official = [
        _row(value, case=case, convention="emidec_official", structure="whole_infarct")
        for case, value in zip(
            ("ill", "missed", "well", "invented", "healthy"), (0.7, 0, 1, 0, 1), strict=True
        )
    ]
    _, summary_file = write_evaluation(tmp_path, Evaluation("emidec", (*COHORT, *official)))
    content = read_summary(summary_file)
    everyone, infarcted = content["scores"], content["infarcted"]["scores"]
    assert everyone["emidec_official"]["whole_infarct"]["dice"]["mean"] == pytest.approx(2.7 / 5)
    assert infarcted["emidec_official"]["whole_infarct"]["dice"]["mean"] == pytest.approx(0.35)
    assert content["infarcted"]["cases"] == ["ill", "missed"]
    assert content["presence"]["whole_infarct"]["false_positive"] == 1
    assert content["presence"]["whole_infarct"]["sensitivity"] == 0.5


def test_cases_of_a_group_are_summarised_together(tmp_path):
    rows = tuple(_row(value, case=case) for case, value in {"a": 0.2, "b": 0.4, "c": 0.9}.items())
    evaluation = Evaluation("emidec", rows, groups={"a": "north", "b": "north", "c": "south"})
    content = read_summary(write_evaluation(tmp_path / "new", evaluation)[1])
    north, south = content["groups"]["north"], content["groups"]["south"]
    assert (north["cases"], south["cases"]) == (["a", "b"], ["c"])
    assert north["scores"]["case3d"]["scar"]["dice"]["mean"] == pytest.approx(0.3)
    assert south["scores"]["case3d"]["scar"]["dice"]["n"] == 1


def test_summary_json_holds_what_a_reader_must_be_told(tmp_path):
    mask = _write_mask(tmp_path / "mask.nii.gz", _heart())
    for notes in ([], ["Leaking split."]):
        evaluation = evaluate_folder({"a": mask}, {"a": mask}, "emidec", notes=notes)
        assert read_summary(write_evaluation(tmp_path, evaluation)[1])["notes"] == notes


def test_a_foreign_summary_is_named(tmp_path):
    (tmp_path / "summary.json").write_text("[]")
    with pytest.raises(DataError, match=r"summary\.json holds \[\]; expected an object"):
        read_summary(tmp_path / "summary.json")
