"""Dask clusters: worker processes of this machine, SLURM jobs, or one that runs already."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from shutil import which
from typing import Any

from scarmap.errors import RunError

_CORES_PER_WORKER = 4
"""On a machine without GPU, if the number of workers is not given."""
_BEFORE_START = "distributed.nanny.pre-spawn-environ"
"""Dask's setting for the environment in which a worker process starts.

Dask's own environment gives a worker one thread, and lets it return freed memory at once: a network
then needs half as much time again. Dask also changes the environment of this process and does not
change it back.
"""
GPU = "GPU"
"""Dask's usual name of the resource."""
_THREADS_OF_A_JOB = "export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}"


@contextmanager
def started(where: str, *, workers: int | None, gpus: int) -> Iterator[Any]:
    """What a Dask client connects to: a cluster that ends with the block, or an address."""
    opened: AbstractContextManager[Any]
    if where == "local":
        opened = _local_cluster(workers, gpus=gpus)
    elif where == "slurm":
        opened = _slurm_cluster(workers or 1, gpus=gpus)
    else:
        yield where
        return
    with opened as cluster:
        yield cluster


def _local_cluster(workers: int | None, *, gpus: int) -> Any:
    """Start worker processes on this machine.

    Each does one job at a time, with a GPU of its own or with its share of the cores.

    Raises:
        RunError: More workers are wanted than there are GPUs.
    """
    import dask
    from distributed import Scheduler, SpecCluster

    cores = _usable_cores()
    number = workers or gpus or max(1, cores // _CORES_PER_WORKER)
    if gpus and number > gpus:
        raise RunError(
            f"{number} workers were asked for, but this machine has {gpus} CUDA devices and each "
            f"worker needs its own. Give --workers {gpus}, or --device cpu."
        )
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(1, cores // number)))}
    scheduler = {
        "cls": Scheduler,
        "options": {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"},
    }
    before = dict(os.environ)
    try:
        with dask.config.set({_BEFORE_START: threads}):
            return SpecCluster(
                workers={index: _worker(index, own_gpu=gpus > 0) for index in range(number)},
                scheduler=scheduler,
                name="scarmap",
                silence_logs=logging.WARNING,
            )
    finally:
        os.environ.clear()
        os.environ.update(before)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _worker(index: int, *, own_gpu: bool) -> dict[str, Any]:
    """How Dask starts a worker: one job at a time, no limit on its memory, this machine only."""
    from distributed import Nanny

    options = {
        "nthreads": 1,
        "memory_limit": 0,
        "host": "127.0.0.1",
        "silence_logs": logging.WARNING,
        "env": {"CUDA_VISIBLE_DEVICES": str(index)} if own_gpu else {},
        "resources": {GPU: 1} if own_gpu else {},
    }
    return {"cls": Nanny, "options": options}


def _slurm_cluster(workers: int, *, gpus: int) -> Any:
    """Submit workers as SLURM jobs, one process each.

    Dask's own configuration, `jobqueue.yaml`, says what a job asks for.

    Raises:
        RunError: dask-jobqueue is not installed, its configuration lacks something, or this is no
            SLURM site.
    """
    try:
        import dask
        from dask_jobqueue import SLURMCluster
    except ImportError:
        raise RunError(
            "--scheduler slurm needs dask-jobqueue, which is not installed. Install it with pip "
            "install 'scarmap[cluster]'."
        ) from None
    settings = dask.config.get("jobqueue.slurm", {})
    _check_site(settings)
    arguments = [*(settings.get("worker-extra-args") or ()), "--nthreads", "1"]
    if gpus:
        arguments += ["--resources", f"{GPU}=1"]
    prologue = [*(settings.get("job-script-prologue") or ()), _THREADS_OF_A_JOB]
    cluster = SLURMCluster(processes=1, worker_extra_args=arguments, job_script_prologue=prologue)
    cluster.scale(workers)
    return cluster


def _check_site(settings: Mapping[str, Any]) -> None:
    missing = [name for name in ("cores", "memory") if settings.get(name) is None]
    if missing:
        raise RunError(
            "Dask does not know what to ask SLURM for: jobqueue.slurm has no "
            f"{' and no '.join(missing)}. Set them, and what else your site wants, in "
            "~/.config/dask/jobqueue.yaml; docs/cluster.md shows one."
        )
    if which("sbatch") is None:
        raise RunError(
            "--scheduler slurm needs the command sbatch, which is not here. Run it where you "
            "submit jobs."
        )
