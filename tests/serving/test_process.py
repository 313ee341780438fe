"""The command itself, in a process that is killed."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing

import httpx
import pytest
from tests.serving.conftest import SHAPE, bring, mask_of
from tests.serving.test_versions import begin, paint, save

from scarmap.serving.store import open_store
from scarmap.serving.worker import WorkerSettings, start_worker

_SERVE = "import sys; from scarmap.cli.main import main; main()"


def start(store, *more, **environment):
    """A server process, and a client that has entered."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, "serve", "--store", store, "--port", "0", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    )
    told = ""
    for line in process.stdout:
        told += line
        found = re.search(r"http://\S+", line)
        if found:
            break
    else:
        pytest.fail(told)
    base, _, _ = found[0].partition("/?")
    client = httpx.Client(base_url=base, timeout=120)
    client.get(found[0])
    return process, client


def end(process, how=signal.SIGKILL):
    process.send_signal(how)
    process.wait(timeout=60)
    process.stdout.close()


def _wait(client, study, status):
    for _ in range(300):
        row = client.get(f"/api/studies/{study}").json()
        if row["status"] == status:
            return
        time.sleep(0.2)
    pytest.fail(str(row))


@pytest.mark.slow
def test_the_command_serves_until_it_is_killed_and_the_store_opens_again(tmp_path, heart):
    store = tmp_path / "store"
    process, client = start(store)
    with closing(client):
        assert httpx.get(f"{client.base_url}/api/studies").status_code == 401
        made = bring(client, heart).json()["id"]
        _wait(client, made, "segmented")
        draft = begin(client, made)
        mask = paint(client, draft)
        assert save(client, made, draft).json() == {"number": 2}
        other = begin(client, made, 2)
        later = paint(client, other, 2)
    end(process)
    process, client = start(store)
    with closing(client):
        assert (mask_of(client, f"/api/studies/{made}/versions/2/mask", SHAPE) == mask).all()
        assert (mask_of(client, f"/api/drafts/{other}/mask", SHAPE) == later).all()
        second = subprocess.run(
            [sys.executable, "-c", _SERVE, "serve", "--store", store, "--port", "0"],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert second.returncode == 2
        assert "Another command works here" in second.stderr
    end(process, signal.SIGTERM)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no sessions")
def test_ctrl_c_on_the_terminal_reaches_no_worker_and_it_ends_all_the_same(tmp_path):
    with start_worker(tmp_path / "store", WorkerSettings(device="cpu")) as worker:
        try:
            assert os.getsid(worker.pid) != os.getsid(0)
            worker.stdin.close()  # as when the server ends
            assert worker.wait(timeout=120) == 0
        finally:
            worker.kill()


def test_a_folder_of_something_else_is_no_store(tmp_path):
    from scarmap.errors import DataError

    (tmp_path / "holiday.jpg").write_text("x")
    with pytest.raises(DataError, match="no store"):
        open_store(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
