"""Orthanc, a real archive, on this computer alone."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ORTHANC = shutil.which("Orthanc")
DICOMWEB = next(iter(Path("/usr/share/orthanc/plugins").glob("libOrthancDicomWeb*")), None)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(folder, **peers):
    """Ports for HTTP and DICOM of an archive while the block runs.

    Args:
        folder: Where it keeps its files.
        peers: Name to the title and the port of a node on this computer.
    """
    http, dicom = free_port(), free_port()
    settings = {
        "Name": "test", "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"), "HttpPort": http, "DicomPort": dicom,
        "RemoteAccessAllowed": False, "DicomServerEnabled": True,
        "DicomAlwaysAllowStore": True, "DicomCheckCalledAet": False, "AuthenticationEnabled": False,
        "Plugins": [str(DICOMWEB)] if DICOMWEB else [],
        "DicomModalities": {
            name: [title, "127.0.0.1", port] for name, (title, port) in peers.items()
        },
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen([ORTHANC, folder / "orthanc.json"], stdout=log, stderr=log)
    try:
        for _ in range(150):
            try:
                get(http, "system")
                break
            except OSError:
                assert process.poll() is None, (folder / "log.txt").read_text()
                time.sleep(0.2)
        yield http, dicom
    finally:
        process.terminate()
        process.wait(timeout=30)


def get(port, path, *, query=None, accept="application/json"):
    """What the archive answers; with a query it is posted."""
    body = None if query is None else json.dumps(query).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{path}", data=body, headers={"Accept": accept}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()
