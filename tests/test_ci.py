"""What continuous integration keeps between runs lies under a name that others can guess."""

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / ".ci" / "run"


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "TMPDIR": str(tmp_path), "VENV": str(tmp_path / "kept")}


def open_to_others(path):
    path.mkdir()
    path.chmod(0o777)


def a_link(path):
    (path.parent / "elsewhere").mkdir()
    path.symlink_to(path.parent / "elsewhere")


@pytest.mark.parametrize("make", [open_to_others, a_link])
def test_an_environment_that_another_could_have_made_is_not_used(tmp_path, environment, make):
    make(tmp_path / "kept")
    ended = subprocess.run(
        ["bash", str(RUN)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert "kept is a link, of another user, or open to others" in ended.stderr


def test_a_link_under_the_locks_name_is_not_written_through(tmp_path, environment):
    target = tmp_path / "precious"
    target.write_text("kept")
    (tmp_path / "scarmap-ci.lock").symlink_to(target)
    ended = subprocess.run(
        ["bash", str(RUN)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert target.read_text() == "kept"
