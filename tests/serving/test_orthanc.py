"""The reading room beside a real archive: a study comes from Orthanc, and what a reader signed goes
back to it."""

import json

import pytest
from tests.dicom import tiny_study
from tests.dicom.orthanc import ORTHANC, get, running
from tests.serving.conftest import enter, row_of

from scarmap.serving.peer import Peer, send_files
from scarmap.serving.room import Room
from scarmap.serving.worker import WorkerSettings, work

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ORTHANC is None, reason="Orthanc is not installed"),
]


def test_a_study_comes_from_orthanc_and_goes_back_signed(room, node, tmp_path, monkeypatch):
    monkeypatch.setattr("scarmap.report.pdf.study.find_browser", lambda: None)
    export = tiny_study.save(tiny_study.stack(), tmp_path / "export")
    (tmp_path / "archive").mkdir()
    with running(tmp_path / "archive", room=("SCARMAP", node.port)) as (http, dicom):
        send_files(sorted(export.iterdir()), Peer("ORTHANC", "127.0.0.1", dicom), title="SCANNER")
        (held,) = json.loads(get(http, "studies"))
        sent = json.loads(get(http, "modalities/room/store", query=held))
        assert sent["FailedInstancesCount"] == 0
        (made,) = node.take_complete(everything=True)
        settings = WorkerSettings(device="cpu", peer=f"ORTHANC@127.0.0.1:{dicom}")
        reader = enter(Room(room.store, room.session, settings))
        work(room.store, settings, until_empty=True)
        assert row_of(reader, made)["status"] == "segmented"
        reader.post(f"/api/studies/{made}/versions/1/sign", json={"author": "AB"})
        work(room.store, settings, until_empty=True)
        assert row_of(reader, made)["reason"] is None
        (study,) = json.loads(get(http, "studies?expand"))
        kinds = [
            each["MainDicomTags"]["Modality"] for each in json.loads(get(http, "series?expand"))
        ]
    assert study["MainDicomTags"]["StudyInstanceUID"] == tiny_study.STUDY
    assert sorted(kinds) == ["DOC", "MR", "SEG", "SR"]
