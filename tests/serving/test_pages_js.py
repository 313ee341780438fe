"""The modules of the pages, tested by the test runner of node."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "js"
NODE = shutil.which("node")


def _version():
    """Major version of node, 0 without it."""
    if NODE is None:
        return 0
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.lstrip("v").split(".")[0])


needs_node = pytest.mark.skipif(
    _version() < 20, reason="no node of version 20 or later on the path"
)


@needs_node
def test_the_modules_of_the_pages_pass_their_own_tests():
    scripts = sorted(SCRIPTS.glob("*.test.mjs"))
    assert scripts
    done = subprocess.run(
        [NODE, "--test", *map(str, scripts)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
