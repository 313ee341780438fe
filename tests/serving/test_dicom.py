"""Studies that come as DICOM, by upload or C-STORE, and what goes back to an archive."""

import io
import re
import shutil
import sqlite3
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from tests.dicom import tiny_study
from tests.dicom.orthanc import free_port
from tests.serving.conftest import CPU, enter, mask_of, row_of
from tests.serving.test_drafts import put
from tests.serving.test_versions import begin, save

from scarmap.dicom.reading import read_export
from scarmap.errors import DataError
from scarmap.labels import INDEX
from scarmap.serving import intake, parting, segmenting, versions
from scarmap.serving.intake import finish_keeping
from scarmap.serving.node import Node
from scarmap.serving.peer import Peer, PeerError, send_files
from scarmap.serving.room import Room
from scarmap.serving.store import RECEIVED, tidy
from scarmap.serving.studies import find
from scarmap.serving.upload import Limits
from scarmap.serving.worker import WorkerSettings, work


@pytest.fixture(autouse=True)
def plainly(monkeypatch):
    monkeypatch.setattr("scarmap.report.pdf.study.find_browser", lambda: None)


def _files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _upload(client, folder, **data):
    files = [
        ("file", (str(path.relative_to(folder)), path.read_bytes())) for path in _files(folder)
    ]
    return client.post("/api/studies", data={"kind": "dicom", **data}, files=files)


@pytest.fixture
def export(tmp_path):
    """A scanner's export of four slices of LGE."""
    return tiny_study.save(tiny_study.stack(), tmp_path / "export")


def _texts_of(root):
    """Everything below a folder but the headers that results are tied to."""
    for path in root.rglob("*"):
        if path.is_file() and "headers" not in path.parts:
            yield path, path.read_bytes()


def _paint(client, study, shape):
    """A version with a wall and a scar in its second slice."""
    draft = begin(client, study)
    plane = mask_of(client, f"/api/drafts/{draft}/mask", shape)[..., 1]
    plane[2:8, 2:8] = INDEX["normal_myocardium"]
    assert put(client, draft, 1, plane).status_code == 200
    plane[3:6, 3:6] = INDEX["scar"]
    assert put(client, draft, 1, plane).status_code == 200
    number = save(client, study, draft).json()["number"]
    return number, plane


def test_a_dicom_study_goes_all_the_way_and_its_seg_holds_what_was_painted(
    room, client, study, tmp_path
):
    made = _upload(client, study().write(tmp_path / "in"), name="P01").json()["id"]
    work(room.store, CPU, until_empty=True)
    row = row_of(client, made)
    assert row["status"] == "segmented", row["reason"]
    assert row["name"] == "P01"
    shape = client.get(f"/api/studies/{made}").json()["shape"]
    number, plane = _paint(client, made, shape)
    seg = client.get(f"/api/studies/{made}/versions/{number}/export/seg")
    written = pydicom.dcmread(io.BytesIO(seg.content))
    given = pydicom.dcmread(next(room.store.folder(made).headers.glob("*.dcm")))
    assert written.StudyInstanceUID == given.StudyInstanceUID
    assert written.PatientID == given.PatientID
    kinds = {part.SegmentAlgorithmType for part in written.SegmentSequence}
    assert kinds == {"SEMIAUTOMATIC"}
    first = client.get(f"/api/studies/{made}/versions/1/export/seg")
    kinds = {
        p.SegmentAlgorithmType for p in pydicom.dcmread(io.BytesIO(first.content)).SegmentSequence
    }
    assert kinds == {"AUTOMATIC"}
    names = [part.SegmentLabel for part in written.SegmentSequence]
    frames = written.pixel_array.reshape(-1, shape[1], shape[0])
    scar = next(n for n, name in enumerate(names, 1) if "scar" in name.lower())
    numbers = [
        each.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        for each in written.PerFrameFunctionalGroupsSequence
    ]
    painted = sum(frames[n].sum() for n, each in enumerate(numbers) if each == scar)
    assert painted == np.count_nonzero(plane == INDEX["scar"])
    report = client.get(f"/api/studies/{made}/versions/{number}/export/sr")
    assert "AB" in str(pydicom.dcmread(io.BytesIO(report.content)))
    page = client.get(f"/api/studies/{made}/versions/{number}/export/page").text
    for sequence in ("T2", "bSSFP"):
        assert f"Checkerboards of LGE and {sequence}" in page


def test_nothing_but_the_kept_headers_tells_who_the_patient_is(room, client, export):
    made = _upload(client, export).json()["id"]
    work(room.store, CPU, until_empty=True)
    assert row_of(client, made)["status"] == "segmented"
    assert not room.store.folder(made).upload.exists()
    words = [*tiny_study.NAME.split("^"), tiny_study.IDENTIFIER, tiny_study.BIRTH]
    told = [
        (path, word)
        for path, content in _texts_of(room.store.root)
        for word in words
        if word.encode() in content or word in str(path)
    ]
    assert told == []


def test_of_a_study_that_is_removed_while_it_is_read_nothing_stays(
    room, client, export, monkeypatch
):
    made = _upload(client, export).json()["id"]
    whole = segmenting.read_study

    def removed(*args, **named):
        done = whole(*args, **named)
        assert client.delete(f"/api/studies/{made}").status_code == 204
        return done

    monkeypatch.setattr(segmenting, "read_study", removed)
    work(room.store, CPU, until_empty=True)
    assert list(room.store.studies.iterdir()) == []


def test_a_name_that_tells_the_patient_is_not_kept(room, client, export):
    made = _upload(client, export, name="Quaestor_1").json()["id"]
    work(room.store, CPU, until_empty=True)
    row = row_of(client, made)
    assert row["status"] == "segmented"
    assert re.fullmatch(r"case_[0-9a-f]{6}", row["name"])
    assert any("held a part of the patient's name" in flag["text"] for flag in row["flags"])


def test_studies_of_one_patient_know_of_each_other_without_a_name(room, client, export):
    made = [_upload(client, export).json()["id"] for _ in range(2)]
    work(room.store, CPU, until_empty=True)
    assert client.get(f"/api/studies/{made[1]}").json()["earlier"] == [made[0]]
    assert len(find(room.store, made[0]).patient) == 32


@pytest.fixture
def several(tmp_path):
    """Folder of three studies: two of one patient, the later one first, and one of another."""
    for number, (date, patient) in enumerate(
        (("20240301", "PID-1"), ("20240105", "PID-1"), ("20240202", "PID-2"))
    ):
        images = tiny_study.stack(slices=4 + number)
        for image in images:
            image.StudyInstanceUID = f"{tiny_study.STUDY}.{number}"
            image.SOPInstanceUID = f"{image.SOPInstanceUID}.{number}"
            image.StudyDate, image.PatientID = date, patient
        tiny_study.save(images, tmp_path / "several" / str(number))
    return tmp_path / "several"


def _zipped(folder):
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for path in _files(folder):
            archive.write(path, path.relative_to(folder))
    shutil.rmtree(folder)
    return folder.with_suffix(".zip")


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
def test_several_studies_brought_at_once_become_a_row_each(room, client, several, packed):
    if packed:
        content = _zipped(several).read_bytes()
        sent = {"data": {"kind": "zip", "name": "P01"}, "files": [("file", ("in.zip", content))]}
        made = client.post("/api/studies", **sent).json()["id"]
    else:
        made = _upload(client, several, name="P01").json()["id"]
    work(room.store, CPU, until_empty=True)
    rows = client.get("/api/studies").json()["studies"]
    assert {row["name"]: row["status"] for row in rows} == dict.fromkeys(
        ("P01", "case_0002", "case_0003"), "segmented"
    )
    depths = {
        row["name"]: client.get(f"/api/studies/{row['id']}").json()["shape"][2] for row in rows
    }
    assert depths == {"P01": 5, "case_0002": 6, "case_0003": 4}  # by date
    told = [flag["text"] for flag in row_of(client, made)["flags"]]
    assert any("together with 2 other studies" in text for text in told)
    later = next(row["id"] for row in rows if row["name"] == "case_0003")
    assert client.get(f"/api/studies/{later}").json()["earlier"] == [made]
    assert list(room.store.incoming.iterdir()) == []


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_what_was_parted_before_a_kill_is_not_parted_twice(
    room, client, several, monkeypatch, rows
):
    made = _upload(client, several).json()["id"]
    whole, kept = parting.keep, []

    def killed(store, folder, **named):
        if len(kept) < rows:
            kept.append(whole(store, folder, **named))
        if len(kept) == rows:
            raise KeyboardInterrupt
        return kept[-1]

    monkeypatch.setattr(parting, "keep", killed)
    with pytest.raises(KeyboardInterrupt):
        work(room.store, CPU, until_empty=True)
    assert len(_files(room.store.folder(made).upload)) == 4 + 5 + 6
    monkeypatch.setattr(parting, "keep", whole)
    work(room.store, CPU, until_empty=True)
    rows = client.get("/api/studies").json()["studies"]
    assert [row["status"] for row in rows] == ["segmented"] * 3


def test_the_first_of_several_outlives_a_kill_while_the_others_are_removed(
    room, client, several, monkeypatch
):
    made = _upload(client, several).json()["id"]

    def killed(path, **named):
        raise KeyboardInterrupt

    first = _first_of(room.store)
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", killed)
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            parting._leave(first, room.store.folder(made).upload)
    work(room.store, CPU, until_empty=True)
    rows = client.get("/api/studies").json()["studies"]
    assert [row["status"] for row in rows] == ["segmented"] * 3


def _first_of(store):
    """A folder with the earliest study of what was brought, as it is parted."""
    (upload,) = store.studies.glob("*/upload")
    return parting._copied(store, read_export(upload).exams[0])


def test_an_export_without_an_lge_fails_and_says_so(room, client, tmp_path):
    cine = tiny_study.save(
        tiny_study.stack(description="cine SA", kind=("ORIGINAL", "PRIMARY", "P")),
        tmp_path / "export",
    )
    made = _upload(client, cine).json()["id"]
    work(room.store, CPU, until_empty=True)
    row = row_of(client, made)
    assert row["status"] == "failed"
    assert "LGE" in row["reason"]
    assert room.store.folder(made).upload.is_dir()  # so that it can be tried again


def _send(node, folder, *, title="SCARMAP"):
    send_files(_files(folder), Peer(title, "127.0.0.1", node.port), title="SCANNER")


def test_what_a_scanner_sends_becomes_a_study(room, client, export, node):
    _send(node, export)
    assert client.get("/api/studies").json()["total"] == 0
    (made,) = node.take_complete(everything=True)
    work(room.store, CPU, until_empty=True)
    assert row_of(client, made)["status"] == "segmented"


def test_a_node_answers_an_echo_and_no_other_title(node):
    from pynetdicom import AE
    from pynetdicom.sop_class import Verification

    entity = AE()
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", node.port, ae_title="SCARMAP")
    assert association.send_c_echo().Status == 0
    association.release()
    assert not entity.associate("127.0.0.1", node.port, ae_title="OTHER").is_established


def test_objects_that_were_acknowledged_outlive_a_kill(room, export, node):
    _send(node, export)
    number = len(_files(export))
    tidy(room.store)  # as a new server does
    other = Node(room.store, "SCARMAP", free_port())
    other.start()
    other.stop()
    with room.store.database.reading() as connection:
        row = connection.execute("SELECT id FROM studies").fetchone()
    assert len(list(room.store.folder(row["id"]).upload.iterdir())) == number
    node._arriving.clear()


@pytest.mark.parametrize("moved", [False, True], ids=["before", "after"])
def test_objects_that_were_acknowledged_outlive_a_kill_while_they_are_moved(
    room, export, node, monkeypatch, moved
):
    _send(node, export)
    rename = Path.rename

    def killed(*args, **named):
        raise KeyboardInterrupt

    def moved_and_killed(path, target):
        if path.name.startswith(RECEIVED):
            rename(path, target)
        raise KeyboardInterrupt  # and nothing that a handler does comes through

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.rename", moved_and_killed if moved else killed)
        with pytest.raises(KeyboardInterrupt):
            node.take_complete(everything=True)
    node._arriving.clear()
    finish_keeping(room.store)  # as a new server does
    tidy(room.store)
    other = Node(room.store, "SCARMAP", free_port())
    other.start()
    other.stop()
    with room.store.database.reading() as connection:
        (row,) = connection.execute("SELECT id FROM studies").fetchall()
        assert not connection.execute("SELECT 1 FROM facts WHERE key LIKE 'moving%'").fetchall()
    assert len(list(room.store.folder(row["id"]).upload.iterdir())) == len(_files(export))


@pytest.mark.parametrize("problem", [sqlite3.OperationalError("disk is full"), OSError(28, "full")])
def test_objects_wait_where_no_study_can_be_made_of_them(
    room, export, node, monkeypatch, caplog, problem
):
    def full(*args, **named):
        raise problem

    _send(node, export)
    with monkeypatch.context() as patched:
        patched.setattr(intake.studies, "add", full)
        node.stop()
    assert "tried again" in caplog.text
    (made,) = node.take_complete(everything=True)
    assert len(list(room.store.folder(made).upload.iterdir())) == len(_files(export))


def test_an_object_that_cannot_be_written_is_refused_and_leaves_nothing(
    room, export, node, monkeypatch
):
    def full(path, content):
        path.touch()
        raise OSError(28, "full")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.write_bytes", full)
        with pytest.raises(PeerError, match="A700"):
            _send(node, export)
    assert node.take_complete(everything=True) == []
    assert list(room.store.incoming.iterdir()) == []


def test_a_study_is_complete_when_nothing_more_comes(room, export, node):
    ended = threading.Event()
    looking = threading.Thread(target=node.run, args=(ended,))
    looking.start()
    _send(node, export)
    try:
        for _ in range(100):
            with room.store.database.reading() as connection:
                if connection.execute("SELECT 1 FROM studies").fetchone():
                    break
            time.sleep(0.1)
        else:
            pytest.fail("no study was made")
    finally:
        ended.set()
        looking.join()


def test_a_node_takes_no_more_than_its_limits(room, export):
    node = Node(room.store, "SCARMAP", free_port(), limits=Limits(num_files=2))
    node.start()
    try:
        with pytest.raises(PeerError, match="A700"):
            _send(node, export)
        (folder,) = room.store.incoming.glob(f"{RECEIVED}*")
        assert len(list(folder.iterdir())) == 2
    finally:
        node.stop()


@pytest.mark.parametrize("title", ["", "x" * 17, "back\\slash", "ümlaut"])
def test_a_title_that_dicom_does_not_know_is_refused(room, title):
    with pytest.raises(DataError, match="--ae"):
        Node(room.store, title, 11112)


@pytest.fixture
def archive():
    """An archive that keeps what it is sent."""
    from pynetdicom import AE, AllStoragePresentationContexts, evt

    kept = []

    def store(event):
        kept.append(event.dataset)
        return 0x0000

    entity = AE(ae_title="ARCHIVE")
    entity.supported_contexts = AllStoragePresentationContexts
    port = free_port()
    server = entity.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, store)]
    )
    yield kept, f"ARCHIVE@127.0.0.1:{port}"
    server.shutdown()


def test_a_signed_version_is_sent_to_the_archive(room, client, export, archive):
    kept, peer = archive
    settings = WorkerSettings(device="cpu", peer=peer)
    reading = enter(Room(room.store, room.session, settings))
    made = _upload(reading, export).json()["id"]
    work(room.store, settings, until_empty=True)
    assert kept == []
    told = reading.post(f"/api/studies/{made}/versions/1/sign", json={"author": "AB"}).json()
    assert told == {"signed": True, "sending_to": peer}
    work(room.store, settings, until_empty=True)
    assert [each.Modality for each in kept] == ["SEG", "SR", "DOC"]
    assert row_of(reading, made)["reason"] is None


def test_a_study_is_sent_once_it_is_done_where_that_is_asked_for(room, client, export, archive):
    kept, peer = archive
    settings = WorkerSettings(device="cpu", peer=peer, send="done")
    _upload(client, export)
    work(room.store, settings, until_empty=True)
    assert [each.Modality for each in kept] == ["SEG", "SR", "DOC"]


@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
def test_an_archive_that_does_not_answer_is_told_until_it_is_signed_again(
    room, client, export, caplog
):
    settings = WorkerSettings(device="cpu", peer=f"ARCHIVE@127.0.0.1:{free_port()}")
    reading = enter(Room(room.store, room.session, settings))
    made = _upload(reading, export).json()["id"]
    work(room.store, settings, until_empty=True)
    reading.post(f"/api/studies/{made}/versions/1/sign", json={"author": "AB"})
    work(room.store, settings, until_empty=True)
    row = row_of(reading, made)
    assert row["status"] == "segmented"
    assert row["reason"].startswith("Version 1 was not sent. The archive ARCHIVE")
    assert "does not answer" in row["reason"]
    assert "results were not sent" in caplog.text
    assert versions.find(room.store, made, 1).signed_by == "AB"
    reading.post(f"/api/studies/{made}/versions/1/sign", json={"author": "AB"})
    assert row_of(reading, made)["reason"] is None
