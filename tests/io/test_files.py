import errno
import os
from pathlib import Path

import pytest

from scarmap.errors import DataError
from scarmap.io import files
from scarmap.io.files import (
    check_writable,
    is_leftover,
    read_json,
    read_rows,
    replacing,
    write_csv,
    write_json,
)


def _write_half(path):
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("the power went")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="power"):
        _write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_final_name_appears_only_after_the_block(tmp_path):
    path = tmp_path / "new" / "deeper" / "a.nii.gz"
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert is_leftover(temporary)
        assert not is_leftover(path)
        assert not path.exists()
        assert temporary.name.endswith(".nii.gz")
    assert path.read_text() == "new"


def test_json_round_trips_beyond_ascii(tmp_path):
    content = {"name": "Köln", "values": [1, 2.5, None]}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == (
        '{\n  "name": "Köln",\n  "values": [\n    1,\n    2.5,\n    null\n  ]\n}\n'
    )


def test_a_table_round_trips_with_commas_lines_and_letters_beyond_ascii(tmp_path):
    path = tmp_path / "new" / "a.csv"
    write_csv(path, [("case", "told"), ("é1", 'one, "two"\nthree'), ("p2", "")])
    assert path.read_bytes() == b'case,told\n\xc3\xa91,"one, ""two""\nthree"\np2,\n'
    assert read_rows(path) == [
        {"case": "é1", "told": 'one, "two"\nthree'},
        {"case": "p2", "told": ""},
    ]


def test_missing_and_broken_json_are_named(tmp_path):
    with pytest.raises(DataError, match=r"a\.json does not exist"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(DataError, match=r"a\.json cannot be read as JSON"):
        read_json(tmp_path / "a.json")


def test_each_writer_has_a_file_of_its_own(tmp_path):
    path = tmp_path / "a.nii.gz"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed_a_day_later(tmp_path, monkeypatch):
    old, new = tmp_path / ".partial-0-a.txt", tmp_path / ".partial-1-a.txt"
    for left, age_s in ((old, 86401), (new, 86400)):
        left.touch()
        os.utime(left, (2_000_000_000 - age_s,) * 2)
    monkeypatch.setattr(files.time, "time", lambda: 2_000_000_000)
    with replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("a")
    assert not old.exists()
    assert new.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_names_the_file(tmp_path, number):
    path = tmp_path / "p1.nii.gz"
    with pytest.raises(DataError, match=r"p1\.nii\.gz cannot be written .*Make room"):
        _fail(path, OSError(number, os.strerror(number)))
    assert list(tmp_path.iterdir()) == []


def test_another_failure_to_write_names_the_file(tmp_path):
    with pytest.raises(OSError, match="Input/output") as caught:
        _fail(tmp_path / "p1.nii.gz", OSError(errno.EIO, os.strerror(errno.EIO)))
    assert str(caught.value.filename).endswith("p1.nii.gz")


def _fail(path, problem):
    with replacing(path):
        raise problem


@pytest.mark.parametrize(
    "text", ["[" * 500, "[" * 5000 + "]" * 5000, '["\\ud800"]', '{"\\udc00": 1}']
)
def test_json_that_nests_too_deep_or_cannot_be_printed_is_named(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=r"a\.json cannot be read as JSON"):
        read_json(tmp_path / "a.json")


def test_json_may_nest_59_levels_deep(tmp_path):
    deep = tmp_path / "a.json"
    deep.write_text("[" * 59 + "]" * 59)
    assert str(read_json(deep)) == "[" * 59 + "]" * 59
    deep.write_text("[" * 60 + "]" * 60)
    with pytest.raises(DataError, match="nests deeper than 60 levels"):
        read_json(deep)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n1\n", "has 1 cells in line 3 and 2 columns"),
        ("a,b\n1,2,3\n", "has 3 cells in line 2 and 2 columns"),
        ('a,b\n"1,2\n', "cannot be read as a table"),
        ('a,b\n"1"x,2\n', "cannot be read as a table"),
    ],
)
def test_a_damaged_table_is_named(tmp_path, text, told):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=rf"a\.csv {told}"):
        read_rows(tmp_path / "a.csv")


def test_a_missing_table_is_named_and_an_empty_one_has_no_rows(tmp_path):
    with pytest.raises(DataError, match=r"a\.csv does not exist"):
        read_rows(tmp_path / "a.csv")
    (tmp_path / "a.csv").touch()
    assert read_rows(tmp_path / "a.csv") == []


def test_a_folder_that_can_be_written_to_is_made_and_left_empty(tmp_path, monkeypatch):
    folder = tmp_path / "new" / "deeper"
    check_writable(folder)
    assert list(folder.iterdir()) == []
    # Another command checks the same folder and is the first to remove the file.
    monkeypatch.setattr(Path, "replace", lambda file, _name: file.unlink())
    check_writable(folder)
    assert list(folder.iterdir()) == []
