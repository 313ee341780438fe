import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WRITTEN = ("src", "tests", "docs", "benchmarks", ".ci")
MACHINE_PATH = re.compile(
    r"(?:^|[\s\"'`=(])/(?:home|work|root|Users|mnt)/\w|\b[A-Z]:\\{1,2}Users\b"
)


def _texts():
    top = [
        path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"
    ]  # of a worktree
    for path in [
        *top,
        *(path for folder in WRITTEN for path in (ROOT / folder).rglob("*") if path.is_file()),
    ]:
        if "__pycache__" in path.parts:
            continue
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_imports_point_down_and_measuring_needs_no_torch():
    command = Path(sys.executable).with_name(
        "lint-imports"
    )  # in this process it would silence all loggers
    ended = subprocess.run(
        [command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


def test_no_file_names_a_path_of_somebodys_machine():
    named = [
        f"{path}:{number}: {line.strip()}"
        for path, text in _texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert named == []


def test_the_search_for_machine_paths_finds_one():
    assert MACHINE_PATH.search("data = " + "/".join(["", "home", "someone", "data"]))
    assert not MACHINE_PATH.search("see docs/home/page and https://example.org/work/page")


def test_no_module_is_a_drawer_for_anything():
    drawers = {"utils", "helpers", "common", "misc", "manager", "processor"}
    assert [path for path in (ROOT / "src").rglob("*.py") if path.stem in drawers] == []


def test_files_stay_short_enough_to_read():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "src").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}
