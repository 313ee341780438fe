import json
import pickle

import pytest

from scarmap.errors import DataError, RunError
from scarmap.io.record import (
    ABOVE_ZERO,
    AT_LEAST_ZERO,
    COUNT,
    FILE_NAME,
    Each,
    Maybe,
    fits_shape,
    is_file_name,
    one_of,
    read_record,
)

SHAPE = {"name": str, "cases": [FILE_NAME], "data": {"count": Maybe(COUNT), "mm": ABOVE_ZERO}}
GOOD = {"name": "a", "cases": ["p1"], "data": {"count": 3, "mm": 1.5}}


def write(tmp_path, content):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(content))
    return path


def test_a_record_is_what_was_written(tmp_path):
    path = write(tmp_path, GOOD)
    record = read_record(path, SHAPE)
    assert record == GOOD
    assert json.loads(json.dumps(record)) == GOOD
    assert pickle.loads(pickle.dumps(record)) == GOOD  # noqa: S301


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": 5}, r"run\.json holds 5 under 'name'; expected text"),
        ({"cases": "p1"}, "under 'cases'; expected a list"),
        ({"cases": ["p1", "../p2"]}, r"'\.\./p2' under 'cases\[1\]'; expected the name of a file"),
        ({"data": {"count": -1, "mm": 1}}, r"under 'data\.count'; expected a whole number from 0"),
        ({"data": {"count": True, "mm": 1}}, r"under 'data\.count'"),
        ({"data": {"mm": 0}}, r"under 'data\.mm'; expected a number above 0"),
        ({"data": {"mm": float("nan")}}, r"nan under 'data\.mm'"),
        ({"data": {}}, r"run\.json has no 'data\.mm'"),
        ({"data": []}, r"under 'data'; expected an object"),
        # Text of 58 letters is shown whole, with its marks, and more is cut after 57 signs.
        ({"cases": "a" * 58}, rf"json holds '{'a' * 58}' under 'cases'"),
        ({"cases": "a" * 59}, rf"json holds '{'a' * 56}\.\.\. under 'cases'"),
    ],
)
def test_what_a_record_should_not_hold_is_named_with_its_key(tmp_path, change, told):
    with pytest.raises(RunError, match=told):
        read_record(write(tmp_path, {**GOOD, **change}), SHAPE)


def test_a_key_that_is_asked_for_and_missing_is_named_with_its_file(tmp_path):
    record = read_record(write(tmp_path, GOOD), SHAPE)
    with pytest.raises(RunError, match=r"run\.json has no 'data\.unit'"):
        record["data"]["unit"]
    assert record["data"].get("unit") is None


def test_the_reader_chooses_the_error(tmp_path):
    with pytest.raises(DataError, match=r"run\.json"):
        read_record(write(tmp_path, []), SHAPE, error=DataError)


def test_keys_and_lengths_are_checked_too():
    pairs = Each((str, COUNT), FILE_NAME)
    assert fits_shape({"a": ["b", 1]}, pairs)
    assert not fits_shape({"a": ["b"]}, pairs)
    assert not fits_shape({"../a": ["b", 1]}, pairs)
    assert fits_shape("patient", one_of("patient", "slice"))
    assert not fits_shape("p", one_of("patient", "slice"))
    assert not fits_shape([], one_of("patient"))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "C:a", "a\0", 5, None])
def test_a_name_that_leads_elsewhere_is_none_of_a_file(name):
    assert not is_file_name(name)


@pytest.mark.parametrize(
    ("shape", "fitting", "others"),
    [
        (COUNT, [0, 7], [-1, 1.5, True, "1", None]),
        (ABOVE_ZERO, [0.5, 1, 2.5], [0, -1, True, float("inf"), float("nan"), "1"]),
        (AT_LEAST_ZERO, [0, 0.5, 3], [-1, -0.5, True, float("nan"), "1"]),
        (int, [-3, 0], [1.5, True, "1"]),
        (float, [-3, 0, 1.5], [True, float("inf"), "1", None]),
        (bool, [True, False], [0, "true", None]),
        (str, ["", "a"], [1, None]),
        (object, [None, 1, "a"], []),
        (Maybe(COUNT), [None, 1], [-1]),
    ],
)
def test_values_fit_a_plain_shape_or_do_not(shape, fitting, others):
    assert [each for each in fitting if not fits_shape(each, shape)] == []
    assert [each for each in others if fits_shape(each, shape)] == []
