import csv
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from scarmap.errors import RunError
from scarmap.io.weights import read_weights
from scarmap.training.stage.shared_batch import shares

SCRIPT = Path(__file__).with_name("shared_training.py")


def log_of(folder):
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def column(folder, name):
    return [float(row[name]) for row in log_of(folder)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folder of the same two stages trained by one process and by two."""
    out = tmp_path_factory.mktemp("shared")
    command = [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        SCRIPT,
        out / "two",
        "10",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    ended = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    runpy.run_path(str(SCRIPT))["train"](out / "one", stop_at=20)
    return out


# The logs hold float32: what a network or an objective returns is handed over in that precision.
LOGGED = 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["mfunet/0", "anatomy-prior"])
def test_two_processes_train_as_one_does(trained, stage):
    one, two = (column(trained / how / stage, "loss") for how in ("one", "two"))
    assert len(one) == len(two) == 20
    np.testing.assert_allclose(one, two, rtol=LOGGED)
    assert one[-1] < one[0]


@pytest.mark.slow
def test_a_training_of_two_processes_that_was_resumed_ends_with_the_weights_of_one(trained):
    one, two = (
        read_weights(trained / how / "anatomy-prior" / "weights.safetensors")[0]
        for how in ("one", "two")
    )
    assert one.keys() == two.keys()
    for name, value in one.items():
        # float64 leaves 1e-13, see `shared_training.py`; a row counted wrongly changes far more.
        torch.testing.assert_close(value, two[name], rtol=0, atol=1e-10)


@pytest.mark.slow
def test_what_an_objective_learns_and_shows_is_the_same(trained):
    logs = [log_of(trained / how / "anatomy-prior") for how in ("one", "two")]
    names = [name for name in logs[0][0] if name.startswith("monitored_")]
    assert names
    for name in (*names, "dice", "neighbourhood"):
        np.testing.assert_allclose(
            *([float(row[name]) for row in log] for log in logs), rtol=LOGGED, err_msg=name
        )


@pytest.mark.slow
def test_only_the_first_process_writes_and_all_know_its_validation(trained):
    assert [path.name for path in (trained / "two" / "mfunet").iterdir()] == ["0"]
    abouts = [
        read_weights(trained / how / "anatomy-prior" / "weights.safetensors")[1]
        for how in ("one", "two")
    ]
    assert abouts[0]["best_epoch"] == abouts[1]["best_epoch"]
    assert abouts[0]["best_validation_dice"] == pytest.approx(
        abouts[1]["best_validation_dice"], abs=LOGGED
    )


def test_shares_are_neighbouring_and_differ_by_one_at_most():
    assert [shares(rows, 3) for rows in (3, 4, 8)] == [[1, 1, 1], [2, 1, 1], [3, 3, 2]]
    with pytest.raises(RunError, match="2 slices cannot be shared by 3 processes"):
        shares(2, 3)
