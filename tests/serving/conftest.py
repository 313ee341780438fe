import shutil

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.dicom.conftest import study
from tests.dicom.orthanc import free_port

from scarmap.datasets.folder import find_cases
from scarmap.phantom.cohort import write_cohort
from scarmap.serving.app import build_app
from scarmap.serving.node import Node
from scarmap.serving.room import Room
from scarmap.serving.security import Session
from scarmap.serving.store import open_store
from scarmap.serving.worker import WorkerSettings, work

__all__ = ["study"]

PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
CPU = WorkerSettings(device="cpu")
SHAPE = (112, 112, 4)


@pytest.fixture(scope="session")
def heart(tmp_path_factory):
    """Files of one study of 112 x 112 x 4 voxels with its mask, every tissue labelled."""
    folder = tmp_path_factory.mktemp("heart")
    write_cohort(folder, layout="scarmap", num_cases=1, seed=22, num_slices=4, in_plane=112)
    return find_cases(folder)[0]


@pytest.fixture(scope="session")
def brought(heart, tmp_path_factory):
    """A store with one study, whose first version is a given mask, and the study's id."""
    store = open_store(tmp_path_factory.mktemp("brought") / "store")
    told = bring(enter(Room(store, Session(PORT), CPU)), heart, name="heart_01")
    assert told.status_code == 202, told.text
    work(store, CPU, until_empty=True)
    store.database.close()
    return store.root, told.json()["id"]


@pytest.fixture
def room(tmp_path, request):
    """An open room; its store is empty, unless the test needs what was brought."""
    if "drawn" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("brought")[0], tmp_path / "store")
    store = open_store(tmp_path / "store")
    yield Room(store, Session(PORT), CPU)
    store.database.close()


@pytest.fixture
def node(room):
    """A DICOM node that waits a fifth of a second for the rest of a study."""
    node = Node(room.store, "SCARMAP", free_port(), quiet_s=0.2)
    node.start()
    yield node
    node.stop()


def enter(room):
    client = TestClient(build_app(room), base_url=BASE)
    client.get("/", params={"token": room.session.token}, follow_redirects=False)
    return client


@pytest.fixture
def client(room):
    return enter(room)


def bring(client, heart, *, name="", mask=True, sequences=("LGE", "T2")):
    paths = [*(heart.images[each] for each in sequences), *([heart.labels] if mask else [])]
    named = [*sequences, *(["mask"] if mask else [])]
    files = [("file", (path.name, path.read_bytes())) for path in paths]
    data = {"kind": "nifti", "sequence": named, "name": name}
    return client.post("/api/studies", data=data, files=files)


@pytest.fixture
def drawn(brought):
    """Id of the study in the room's store."""
    return brought[1]


def mask_of(client, address, shape):
    """A mask (X, Y, Z) as the server sends it."""
    told = client.get(address)
    assert told.status_code == 200, told.text
    x, y, z = shape
    return np.frombuffer(told.content, np.uint8).reshape(z, y, x).transpose(2, 1, 0).copy()


def row_of(client, study):
    rows = client.get("/api/studies").json()["studies"]
    return next(row for row in rows if row["id"] == study)
