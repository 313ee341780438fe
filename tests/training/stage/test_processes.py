import subprocess
import sys
from pathlib import Path

import pytest
import torch
from lightning_fabric.plugins.environments import (
    LightningEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)

from scarmap.errors import RunError
from scarmap.recipes.devices import choose_device, worker_gpus
from scarmap.training.stage.processes import is_first_process, make_fabric, started_processes

TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "7",
    "LOCAL_WORLD_SIZE": "4",
    "WORLD_SIZE": "8",
    "RANK": "5",
    "LOCAL_RANK": "1",
}
SBATCH = {
    "SLURM_NTASKS": "6",
    "SLURM_NNODES": "2",
    "SLURM_NTASKS_PER_NODE": "3",
    "SLURM_JOB_NAME": "train",
}
SRUN = {
    **SBATCH,
    "SLURM_STEP_ID": "0",
    "SLURM_PROCID": "4",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
}


@pytest.fixture
def started_with(monkeypatch):
    """Function of the environment that a launcher leaves to its processes."""

    def make(environment):
        for name in {*TORCHRUN, *SRUN}:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return make


@pytest.mark.parametrize(
    ("environment", "expected", "kind", "rank"),
    [
        ({}, None, LightningEnvironment, 0),
        (SBATCH, None, LightningEnvironment, 0),
        (TORCHRUN, (4, 2), TorchElasticEnvironment, 5),
        (SRUN, (3, 2), SLURMEnvironment, 4),
    ],
)
def test_launchers_say_how_many_processes_there_are(
    started_with, environment, expected, kind, rank
):
    started_with(environment)
    assert started_processes() == expected
    fabric = make_fabric("cpu")
    assert fabric.world_size == (expected or (1, 1))[0] * (expected or (1, 1))[1]
    if expected:
        assert isinstance(fabric.strategy.cluster_environment, kind)
        assert fabric.strategy.cluster_environment.global_rank() == rank
    assert is_first_process()


def test_two_answers_to_how_many_devices_are_refused(started_with):
    started_with(TORCHRUN)
    assert make_fabric("cpu", devices=4).world_size == 8
    with pytest.raises(RunError, match="--devices 2"):
        make_fabric("cpu", devices=2)


def test_more_cuda_devices_than_there_are_is_refused(monkeypatch, started_with):
    started_with({})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(RunError, match="sees 2 CUDA devices"):
        make_fabric("cuda", devices=3)
    assert [worker_gpus(where, "auto") for where in ("local", "slurm", "tcp://10.0.0.1:1")] == [
        2,
        0,
        0,
    ]
    assert worker_gpus("local", "cpu") == 0


def test_a_device_is_the_one_that_was_asked_for():
    assert choose_device("cpu") == torch.device("cpu")
    assert worker_gpus("slurm", "cuda") == 1  # whatever this machine has
    with pytest.raises(RunError, match="tpu"):
        choose_device("tpu")


@pytest.mark.skipif(not Path("/proc/self/net/tcp").is_file(), reason="asks Linux for its sockets")
def test_processes_of_one_machine_listen_to_no_other(started_with):
    started_with({})
    ended = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("listening.py"))],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [line for line in ended.stdout.splitlines() if line.startswith("2 processes:")]
    assert len(lines) == 2, ended.stderr
    heard = {address for line in lines for address in line.split()[2:]}
    assert heard <= {"0100007F", "00000000000000000000000001000000"}
