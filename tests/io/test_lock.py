import os
import subprocess
import sys

import pytest

from scarmap.errors import RunError
from scarmap.io.lock import held

HOLD = "import sys, time; from pathlib import Path; from scarmap.io.lock import held\n"
HOLD += "with held(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path):
    path = tmp_path / "new" / "run" / "lock"
    with (
        held(path),
        pytest.raises(RunError, match=r"Another command works here: it holds .*lock"),
        held(path),
    ):
        pass
    with held(path):
        assert path.is_file()


def test_a_process_that_was_killed_holds_nothing(tmp_path):
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(RunError), held(path):
            pass
        child.kill()
        child.wait()
        with held(path, wait=True):
            pass


def test_a_file_system_without_locks_refuses_nothing(tmp_path, monkeypatch):
    def unable(handle, operation):
        raise OSError("no locks here")

    monkeypatch.setattr("fcntl.flock", unable)
    with held(tmp_path / "lock"), held(tmp_path / "lock"):
        pass


def test_a_link_under_the_locks_name_is_not_followed(tmp_path):
    (tmp_path / "target").write_text("mine")
    (tmp_path / "lock").symlink_to("target")
    with pytest.raises(OSError, match="lock"), held(tmp_path / "lock"):
        pass
    assert (tmp_path / "target").read_text() == "mine"


def test_whoever_may_write_may_hold_the_lock_too(tmp_path):
    before = os.umask(0)
    try:
        with held(tmp_path / "lock"):
            assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o666
    finally:
        os.umask(before)
