"""No damaged image ends in a traceback, a hang or a voxel that no scan has.

`make fuzz` runs many more; a file that fails is made again with `mutate.damaged(NUMBER)`.
"""

import os
import signal

import numpy as np
import pytest
from tests.fuzz.mutate import damaged

from scarmap.errors import ScarmapError
from scarmap.io.gate import THICKEST_MM, VOXEL_MM
from scarmap.io.nifti import read_image, read_labels
from scarmap.volume import check_same_grid

CASES = int(os.environ.get("SCARMAP_FUZZ", "300"))
SECONDS = 10
PARTS = 10


def refused(problem, path):
    """A paragraph that names the file."""
    return "refused" if path.name in str(problem) and "\n" not in str(problem) else str(problem)


def outcome(path):
    """What became of one file: "read" or "refused"; anything else is raised."""
    try:
        read_labels(path, "emidec")
    except ScarmapError as problem:
        if refused(problem, path) != "refused":
            raise
    try:
        image = read_image(path)
    except ScarmapError as problem:
        return refused(problem, path)
    spacing = image.grid.spacing_mm
    assert np.isfinite(image.array).all()
    assert np.isfinite(image.grid.affine).all()
    assert all(VOXEL_MM[0] <= size <= VOXEL_MM[1] for size in spacing)
    assert spacing[2] <= THICKEST_MM
    check_same_grid(image.grid, image.grid, what="An image and itself")
    return "read"


@pytest.fixture
def hurry():
    """An alarm for each case."""

    def late(_signal, _frame):
        raise TimeoutError(f"a case took more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="this system has no alarm")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.filterwarnings("ignore")
def test_damaged_images_are_read_or_refused(tmp_path, hurry, part):
    outcomes = []
    for number in range(part, CASES, PARTS):
        name, content = damaged(number)
        path = tmp_path / name
        path.write_bytes(content)
        hurry()
        try:
            outcomes.append(outcome(path))
        except Exception as problem:
            raise AssertionError(f"damaged({number}) ended with {problem!r}") from problem
        path.unlink()
    assert {"read", "refused"} == set(outcomes)


def test_a_number_is_the_same_file_again():
    assert damaged(11) == damaged(11) != damaged(12)


@pytest.mark.parametrize("number", [6461])
@pytest.mark.filterwarnings("ignore")
def test_files_that_once_passed_are_refused(tmp_path, number):
    name, content = damaged(number)
    (tmp_path / name).write_bytes(content)
    assert outcome(tmp_path / name) == "refused"
