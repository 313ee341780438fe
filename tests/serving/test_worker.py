import pytest
from tests.serving.conftest import CPU, bring, row_of

from scarmap.serving import jobs, versions
from scarmap.serving.studies import find, update
from scarmap.serving.worker import WorkerSettings, work


def test_a_study_without_a_mask_is_segmented_by_the_model(room, client, heart):
    made = bring(client, heart, mask=False).json()["id"]
    assert row_of(client, made)["status"] == "waiting"
    work(room.store, CPU, until_empty=True)
    row = row_of(client, made)
    assert (row["status"], row["versions"]) == ("segmented", 1)
    version = client.get(f"/api/studies/{made}").json()["versions"][0]
    assert version["kind"] == "model"
    assert "scarmap-synthetic" in version["author"]
    client.post(f"/api/studies/{made}/again")
    assert client.post(f"/api/studies/{made}/again").status_code == 409
    work(room.store, CPU, until_empty=True)
    assert row_of(client, made)["versions"] == 2
    first, second = (client.get(f"/api/studies/{made}/versions/{n}/mask").content for n in (1, 2))
    assert first == second


def test_what_a_killed_worker_had_begun_is_done_by_the_next_one(room, client, heart):
    made = bring(client, heart).json()["id"]
    assert jobs.take(room.store).study == made
    assert jobs.take(room.store) is None
    work(room.store, CPU, until_empty=True)
    assert row_of(client, made)["status"] == "segmented"


def test_what_kills_every_worker_is_given_up_with_a_reason(room, client, heart):
    made, after = (bring(client, heart).json()["id"] for _ in range(2))
    for _ in range(jobs.MOST_ATTEMPTS):
        jobs.recover(room.store)
        assert jobs.take(room.store).study == made
    work(room.store, CPU, until_empty=True)
    row = row_of(client, made)
    assert row["status"] == "failed"
    assert "memory" in row["reason"]
    assert row_of(client, after)["status"] == "segmented"


def test_a_broken_program_stops_one_study_only(room, client, heart, monkeypatch, caplog):
    first, second = (bring(client, heart).json()["id"] for _ in range(2))
    from scarmap.serving import worker

    whole = worker.bring_in

    def broken(store, study, how, **named):
        if study.id == first:
            raise ZeroDivisionError("the patient is called Quaestor")
        whole(store, study, how, **named)

    monkeypatch.setattr(worker, "bring_in", broken)
    work(room.store, CPU, until_empty=True)
    row = row_of(client, first)
    assert row["reason"] == "It cannot be processed (ZeroDivisionError)."
    assert "ZeroDivisionError at test_worker.py" in caplog.text
    assert "Quaestor" not in caplog.text
    assert row_of(client, second)["status"] == "segmented"


def test_a_failed_study_is_tried_again(room, client, heart):
    made = bring(client, heart).json()["id"]
    update(room.store, made, status="failed", reason="no memory")
    jobs.end(room.store, jobs.take(room.store), reason="no memory")
    assert client.post(f"/api/studies/{made}/again").status_code == 202
    work(room.store, CPU, until_empty=True)
    row = row_of(client, made)
    assert (row["status"], row["reason"]) == ("segmented", None)


def test_errors_of_a_model_give_intervals_to_its_masks_alone(room, client, heart, tmp_path):
    from scarmap.quantification.cohort import AS_USUAL
    from scarmap.serving.measuring import measuring_of

    known = object()
    made = bring(client, heart, mask=False).json()["id"]
    work(room.store, CPU, until_empty=True)
    study, version = find(room.store, made), versions.find(room.store, made, 1)
    from dataclasses import replace

    measuring = replace(AS_USUAL, errors=known)
    assert measuring_of(study, version, measuring).errors is known
    reader = versions.as_reader(version, ("LGE",))
    assert measuring_of(study, reader, measuring).errors is None


def test_a_worker_knows_no_peer_that_is_no_address(room):
    from scarmap.errors import DataError
    from scarmap.serving.peer import Peer

    for text in ("ORTHANC", "A@host", "A@host:0", "A@host:99999", "@host:1", "A@h:1;rm"):
        with pytest.raises(DataError, match="--peer"):
            Peer.read(text)
    assert WorkerSettings().peer == ""
