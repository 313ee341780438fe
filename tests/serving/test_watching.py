import os
import shutil
import sqlite3
import sys
import threading
from contextlib import suppress

import pytest
from tests.dicom import tiny_study

from scarmap.io.files import read_json
from scarmap.serving import watching
from scarmap.serving.intake import keep
from scarmap.serving.looking import look_once
from scarmap.serving.segmenting import BROUGHT
from scarmap.serving.watching import LOOKS_UNTIL_AGAIN, QUIET_LOOKS, Watcher


def _no_room(*args, **named):
    raise OSError(28, "no room")


def _no_database(*args, **named):
    raise sqlite3.OperationalError("database or disk is full")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "watched"
    made.mkdir()
    return made


def _look(watcher, times=QUIET_LOOKS + 2):
    return [study for _ in range(times) for study in watcher.look()]


def test_what_appears_is_taken_in_once_and_stays_where_it_is(room, folder):
    watcher = Watcher(room.store, folder)
    assert _look(watcher) == []
    export = tiny_study.save(tiny_study.stack(), folder / "export")
    (made,) = _look(watcher)
    assert len(list(room.store.folder(made).upload.iterdir())) == 4
    assert len(list(export.iterdir())) == 4
    assert _look(watcher) == []
    assert _look(Watcher(room.store, folder)) == []  # nor after the server was started again


def test_a_kill_as_soon_as_a_study_has_its_row_costs_no_second_row(room, folder, monkeypatch):
    def killed(*args, **named):
        keep(*args, **named)
        raise KeyboardInterrupt

    tiny_study.save(tiny_study.stack(), folder / "export")
    monkeypatch.setattr(watching, "keep", killed)
    with pytest.raises(KeyboardInterrupt):
        _look(Watcher(room.store, folder))
    monkeypatch.undo()
    assert _look(Watcher(room.store, folder)) == []


def test_what_cannot_be_kept_now_is_tried_again_later(room, folder, monkeypatch, caplog):
    def full(*args, **named):
        raise OSError(28, "no room for DOE^JOHN")

    watcher = Watcher(room.store, folder)
    tiny_study.save(tiny_study.stack(), folder / "export")
    with monkeypatch.context() as patched:
        patched.setattr(watching, "keep", full)
        assert _look(watcher) == []
    assert "tried again" in caplog.text
    assert "DOE" not in caplog.text
    assert list(room.store.incoming.iterdir()) == []
    assert len(_look(watcher, LOOKS_UNTIL_AGAIN + QUIET_LOOKS)) == 1


@pytest.mark.parametrize(
    ("place", "problem"),
    [("pathlib.Path.mkdir", _no_room), ("scarmap.serving.watching.has_fact", _no_database)],
    ids=["folder", "database"],
)
def test_what_cannot_even_be_begun_is_tried_again_later(
    room, folder, monkeypatch, caplog, place, problem
):
    watcher = Watcher(room.store, folder)
    tiny_study.save(tiny_study.stack(), folder / "export")
    with monkeypatch.context() as patched:
        patched.setattr(place, problem)
        assert _look(watcher) == []
    assert "tried again" in caplog.text
    assert len(_look(watcher, LOOKS_UNTIL_AGAIN + QUIET_LOOKS)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are Unicode there")
def test_a_name_in_an_old_encoding_is_taken_in(room, folder):
    tiny_study.save(tiny_study.stack(), folder / os.fsdecode(b"M\xfcller"))
    assert len(_look(Watcher(room.store, folder))) == 1


def test_an_entry_that_cannot_be_looked_at_stops_no_other(room, folder, monkeypatch, caplog):
    def denied(files):
        if any(path.parent.name == "a" for path in files):
            raise PermissionError(13, "DOE^JOHN")
        return state(files)

    state, watcher = watching._state, Watcher(room.store, folder)
    for name in ("a", "b"):
        tiny_study.save(tiny_study.stack(), folder / name)
    monkeypatch.setattr(watching, "_state", denied)
    assert len(_look(watcher)) == 1
    assert caplog.text.count("tried again") == 1
    assert "DOE" not in caplog.text


def test_a_folder_that_is_away_for_a_while_is_looked_at_again(room, folder, monkeypatch, caplog):
    def away():
        looks.append(1)
        if len(looks) < 4:
            raise OSError(5, "a share with the name DOE^JOHN")
        ended.set()

    ended, looks, watcher = threading.Event(), [], Watcher(room.store, folder)
    monkeypatch.setattr(watching, "LOOK_S", 0.0)
    monkeypatch.setattr(watcher, "look", away)
    watcher.run(ended)
    assert len(looks) == 4
    assert caplog.text.count("tried again") == 1
    assert "DOE" not in caplog.text


def test_what_still_grows_is_waited_for(room, folder):
    watcher, images = Watcher(room.store, folder), tiny_study.stack()
    for number in range(4):
        tiny_study.save(images[: number + 1], folder / "export")
        assert _look(watcher, QUIET_LOOKS) == []
    assert len(_look(watcher)) == 1


def test_a_folder_of_nifti_files_is_a_study(room, folder, heart):
    (folder / "P01").mkdir()
    for sequence in ("LGE", "T2"):
        shutil.copy(heart.images[sequence], folder / "P01" / f"{sequence}.nii.gz")
    (made,) = _look(Watcher(room.store, folder))
    names = {path.name for path in room.store.folder(made).upload.iterdir()}
    assert names == {"LGE.nii.gz", "T2.nii.gz", BROUGHT}


def _bring(heart, folder, *sequences):
    folder.mkdir(parents=True, exist_ok=True)
    for sequence in sequences:
        shutil.copy(heart.images[sequence], folder / f"{sequence}.nii.gz")


def _brought(room, study):
    return set(read_json(room.store.folder(study).upload / BROUGHT)["files"])


def test_images_of_two_patients_are_never_one_study(room, folder, heart):
    _bring(heart, folder / "batch" / "p1", "LGE", "T2")
    _bring(heart, folder / "batch" / "p2", "LGE")
    watcher = Watcher(room.store, folder)
    first, second = _look(watcher)
    assert (_brought(room, first), _brought(room, second)) == ({"LGE", "T2"}, {"LGE"})
    assert _look(Watcher(room.store, folder)) == []
    _bring(heart, folder / "batch" / "p3", "T2")  # a folder that comes later is the only new one
    (third,) = _look(watcher)
    assert _brought(room, third) == {"T2"}


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), OSError(28, "no room")])
def test_folders_that_were_taken_in_before_an_end_are_not_taken_in_twice(
    room, folder, heart, monkeypatch, problem
):
    def ended(*args, **named):
        if kept:
            raise problem
        kept.append(keep(*args, **named))
        return kept[0]

    kept, watcher = [], Watcher(room.store, folder)
    for patient in ("p1", "p2"):
        _bring(heart, folder / "batch" / patient, "LGE")
    with monkeypatch.context() as patched:
        patched.setattr(watching, "keep", ended)
        with suppress(KeyboardInterrupt):
            assert _look(watcher) == kept
    again = _look(watcher, LOOKS_UNTIL_AGAIN + QUIET_LOOKS)
    after_a_start = _look(Watcher(room.store, folder))
    assert len([*kept, *again, *after_a_start]) == 2


def test_links_and_hidden_files_are_left_alone(room, folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (folder / "link").symlink_to(secret)
    (folder / ".hidden").write_text("hidden")
    (folder / "inside").mkdir()
    (folder / "inside" / "link").symlink_to(secret)
    assert _look(Watcher(room.store, folder)) == []


def test_a_folder_that_has_gone_is_told_once_and_waited_for(room, folder, caplog):
    watcher = Watcher(room.store, folder)
    told = look_once(watcher.look)
    folder.rmdir()
    for _ in range(3):
        told = look_once(watcher.look, told=told)
    assert caplog.text.count("tried again") == 1
    tiny_study.save(tiny_study.stack(), folder / "export")
    assert len(_look(watcher)) == 1
