import time

import pytest
from tests.serving.conftest import CPU, bring

from scarmap.serving import learned, learning
from scarmap.serving.identity import fact
from scarmap.serving.worker import MODEL, work


@pytest.fixture
def five(room, client, heart):
    """Ids of five studies that came with a mask."""
    made = [bring(client, heart).json()["id"] for _ in range(5)]
    work(room.store, CPU, until_empty=True)
    return made


def test_too_few_corrected_studies_are_told_with_their_number(client, drawn):
    told = client.post("/api/learn", json={})
    assert told.status_code == 409
    assert "1 studies are corrected, and a training needs 5" in told.json()["detail"]
    assert client.get("/api/learn").json()["state"] == "none"


def test_without_torch_the_line_to_type_is_told(client, monkeypatch):
    monkeypatch.setattr(learning, "find_spec", lambda _name: None)
    told = client.post("/api/learn", json={})
    assert told.status_code == 409
    assert "pip install 'scarmap[train]'" in told.json()["detail"]


def test_a_recipe_that_is_not_there_is_refused(client):
    assert client.post("/api/learn", json={"recipe": "--data"}).status_code == 422
    assert client.post("/api/learn", json={"epochs_scale": -1}).status_code == 422


def test_the_built_in_model_is_the_first(client):
    told = client.get("/api/models").json()
    assert told["current"] == "built-in"
    assert client.post("/api/models/other/use").status_code == 409
    assert client.post("/api/models/built-in/use").json()["current"] == "built-in"


def _wait(client, state):
    for _ in range(600):
        told = client.get("/api/learn").json()
        if told["state"] != "running":
            break
        time.sleep(0.2)
    assert told["state"] == state, told
    return told


def test_a_training_that_breaks_says_why_and_holds_nothing(room, client, five, monkeypatch):
    monkeypatch.setattr(learning, "_TRAIN", "raise SystemExit('scarmap: no memory')")
    assert client.post("/api/learn", json={}).status_code == 202
    told = _wait(client, "failed")
    assert told["reason"] == "scarmap: no memory"
    (run,) = learned.runs_of(room.store)
    assert sorted(path.name for path in run.data.iterdir()) == sorted(five)
    assert {path.name for path in (run.data / five[0]).iterdir()} == {
        "LGE.nii.gz",
        "T2.nii.gz",
        "labels.nii.gz",
    }


@pytest.mark.slow
def test_a_training_runs_alone_and_can_be_stopped(client, five, monkeypatch):
    monkeypatch.setattr(learning, "_TRAIN", "import time; time.sleep(60)")
    assert client.post("/api/learn", json={}).status_code == 202
    assert client.post("/api/learn", json={}).status_code == 409
    assert client.get("/api/learn").json()["state"] == "running"
    client.post("/api/learn/stop")
    _wait(client, "stopped")


@pytest.mark.slow
def test_a_training_on_corrected_studies_becomes_the_model(room, client, five):
    pytest.importorskip("torch")
    told = client.post("/api/learn", json={"recipe": "scarmap", "epochs_scale": 1e-9})
    assert told.status_code == 202
    told = _wait_long(client)
    assert told["held_out"]["new"]["whole_myocardium"]["cases"] == 5
    assert len(told["curves"]["loss"]) >= 5
    name = client.get("/api/models").json()["models"][1]["name"]
    assert client.post(f"/api/models/{name}/use").json()["current"] == name
    assert fact(room.store, MODEL, "").endswith(f"{name}/run")
    client.post(f"/api/studies/{five[0]}/again")
    work(room.store, CPU, until_empty=True)
    versions = client.get(f"/api/studies/{five[0]}").json()["versions"]
    assert versions[-1]["kind"] == "model"
    assert "scarmap-synthetic" not in versions[-1]["author"]


def _wait_long(client):
    for _ in range(1800):
        told = client.get("/api/learn").json()
        if told["state"] != "running":
            break
        time.sleep(1)
    assert told["state"] == "done", told
    return told
