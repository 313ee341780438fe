import csv
import json
from dataclasses import replace
from math import isnan, nan

import pytest

from scarmap.errors import DataError
from scarmap.io.files import write_json
from scarmap.quantification.agreement import agree
from scarmap.quantification.cohort import TwoReadings
from scarmap.quantification.dictionary import FIGURES
from scarmap.quantification.files import (
    from_json,
    read_quantification,
    to_json,
    write_agreement,
    write_cohort,
    write_quantification,
)
from scarmap.quantification.origin import GIVEN
from scarmap.quantification.result import (
    Flag,
    Interval,
    Quantification,
    Reference,
    Remote,
    Ring,
    Segment,
    SliceFigures,
    ThresholdFigures,
    Transmurality,
    WallFigures,
)

WALL = WallFigures(
    8.5, 25.0, nan, nan, None, Transmurality(100, 40, 20, 50, 75, 18, 45, 70, 25, "1-25"), 9.5, 9.8
)


@pytest.fixture
def study():
    return Quantification(
        case="p1",
        scarmap_version="0",
        layout="myops2020",
        tissues=("lv_pool", "scar"),
        shape=(8, 8, 3),
        spacing_mm=(1.5, 1.5, 10.0),
        conventions={"sectors": "rigid"},
        figures={figure.name: float(index) for index, figure in enumerate(FIGURES)}
        | {"mvo_g": nan},
        intervals={"infarct_g": Interval(3.0, 5.0, 0.9, "of five folds")},
        reference=Reference("landmark", 180.0, nan, nan, -1, "assumed", "last", "cavity_area"),
        slices=(SliceFigures(0, "mid", True, (4.0, 4.5), nan, 1, 2, 0.5, nan, nan),),
        rings=(Ring("mid", (0,), WALL),),
        segments=(Segment(7, "mid anterior", "mid", "LAD", 240.0, 60.0, replace(WALL, mvo=True)),),
        thresholds=(
            ThresholdFigures("5sd", "5-SD", nan, Remote("given", 30, 10.0, 2.0), 1, 1.05, 9, nan),
        ),
        flags=(Flag("single_slice", "One slice."), Flag("no_rv_reference", "None.")),
    )


def test_a_study_survives_being_written_and_read(study, tmp_path):
    write_quantification(tmp_path / "quantification.json", study)
    read = read_quantification(tmp_path / "quantification.json")
    assert to_json(read) == to_json(study)
    assert repr(read) == repr(study)  # nan equals nan as text only
    assert isnan(read.figures["mvo_g"])
    assert isnan(read.thresholds[0].cutoff)
    assert replace(read.rings[0].figures, edema_percent=0, mvo_percent=0) == replace(
        WALL, edema_percent=0, mvo_percent=0
    )


def test_what_is_undefined_is_null_so_that_any_reader_of_json_can_read_it(study, tmp_path):
    write_quantification(tmp_path / "q.json", study)
    text = (tmp_path / "q.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["figures"]["mvo_g"] is None


def test_a_file_of_something_else_is_an_error_that_names_it(tmp_path):
    (tmp_path / "q.json").write_text('{"format": 1, "case": "p1"}')
    with pytest.raises(DataError, match=r"q\.json is not a quantification"):
        read_quantification(tmp_path / "q.json")
    (tmp_path / "q.json").write_text("[]")
    with pytest.raises(DataError, match=r"q\.json is not a quantification"):
        read_quantification(tmp_path / "q.json")


def test_an_older_file_lacks_what_has_a_default_and_nothing_else(study):
    content = to_json(study)
    assert content["format"] == 1
    for name in ("flags", "origin", "unassessed", "territories", "grey_zones"):
        del content[name]
    read = from_json(content)
    assert (read.flags, read.origin, read.unassessed) == ((), GIVEN, {})
    assert repr(replace(read, flags=study.flags)) == repr(study)
    del content["rings"]
    with pytest.raises(KeyError, match="rings"):
        from_json(content)


@pytest.mark.parametrize("odd", [{"format": 2}, {"spacing_mm": [1.5, 1.5]}])
def test_another_format_and_a_damaged_part_are_errors(study, odd, tmp_path):
    write_json(tmp_path / "q.json", to_json(study) | odd)
    with pytest.raises(DataError, match=r"q\.json is not a quantification of format 1 .*Run"):
        read_quantification(tmp_path / "q.json")


def test_the_agreement_has_a_line_per_figure_in_both_files(tmp_path):
    found = {"infarct_g": agree([10.0, 20.0, 30.0], [12.0, 19.0, 33.0]), "mvo_g": agree([], [])}
    targets = write_agreement(tmp_path / "new", TwoReadings({"b": None, "a": None}, ("c",), found))
    assert [target.name for target in targets] == ["agreement.json", "agreement.csv"]
    content = json.loads(targets[0].read_text())
    assert (content["cases"], content["missing"]) == (["a", "b"], ["c"])
    figures = content["figures"]
    assert (figures["infarct_g"]["unit"], figures["infarct_g"]["mean"]) == ("g", 124 / 6)
    assert figures["mvo_g"]["bias"] == {"value": None, "low": None, "high": None}
    with targets[1].open() as file:
        infarct, mvo = csv.DictReader(file)
    assert list(infarct)[:7] == ["figure", "unit", "num_cases", "num_undefined", "confidence",
                                 "mean", "bias"]  # fmt: skip
    assert list(infarct)[-3:] == ["ccc", "ccc_low", "ccc_high"]
    assert list(infarct.values())[:7] == ["infarct_g", "g", "3", "0", "0.95", "20.6667", "1.33333"]
    assert list(mvo.values())[:7] == ["mvo_g", "g", "0", "0", "0.95", "", ""]


def test_the_cohort_has_one_line_per_study_with_units_in_its_columns(study, tmp_path):
    write_cohort(
        tmp_path / "cohort.csv", [study, replace(study, case="p0", intervals={}, flags=())]
    )
    with (tmp_path / "cohort.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["case"] for row in rows] == ["p0", "p1"]
    assert set(rows[0]) > {figure.name for figure in FIGURES}
    assert (rows[1]["infarct_g_low"], rows[1]["infarct_g_high"]) == ("3", "5")
    assert rows[0]["infarct_g_low"] == rows[0]["mvo_g"] == ""
    assert [name for name in rows[0] if name.endswith("_low")] == ["infarct_g_low"]
    assert not [name for name in rows[0] if name.startswith(("border_", "core_"))]
    assert rows[1]["flags"] == "single_slice no_rv_reference"
