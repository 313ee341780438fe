"""Dask clusters: worker processes of this machine, SLURM jobs, or one that runs already."""

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from shutil import which
from typing import Any

from scarmap.errors import RunError

CORES_PER_WORKER = 4
"""Of a machine without GPU, where the number of workers is not given."""
BEFORE_START = "distributed.nanny.pre-spawn-environ"
"""Environment in which a worker process is started, which Dask also sets in this process and leaves
there. By its own choice a worker has one thread, and returns freed memory at once, with which a
network takes half as long again."""
GPU = "GPU"
"""Dask's usual name of the resource."""


@contextmanager
def started(where: str, *, workers: int | None, gpus: int) -> Iterator[Any]:
    """What a Dask client connects to: a cluster that ends with the block, or the address of one that stays."""
    opened: AbstractContextManager[Any]
    if where == "local":
        opened = local_cluster(workers, gpus=gpus)
    elif where == "slurm":
        opened = slurm_cluster(workers or 1, gpus=gpus)
    else:
        yield where
        return
    with opened as cluster:
        yield cluster


def local_cluster(workers: int | None, *, gpus: int) -> Any:
    """Worker processes of this machine, each with one thread of jobs and one GPU, or its share of the cores.

    Raises:
        RunError: More workers are wanted than there are GPUs.
    """
    import dask
    from distributed import Nanny, Scheduler, SpecCluster

    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    number = workers or gpus or max(1, cores // CORES_PER_WORKER)
    if gpus and number > gpus:
        raise RunError(
            f"{number} workers were asked for, but this machine has {gpus} CUDA devices and each "
            f"worker needs its own. Give --workers {gpus}, or --device cpu."
        )
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(1, cores // number)))}
    common = {
        "nthreads": 1,
        "memory_limit": 0,
        "host": "127.0.0.1",
        "silence_logs": logging.WARNING,
    }
    specification = {
        index: {
            "cls": Nanny,
            "options": {
                **common,
                "env": {"CUDA_VISIBLE_DEVICES": str(index)} if gpus else {},
                "resources": {GPU: 1} if gpus else {},
            },
        }
        for index in range(number)
    }
    scheduler = {
        "cls": Scheduler,
        "options": {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"},
    }
    before = dict(os.environ)
    try:
        with dask.config.set({BEFORE_START: threads}):
            return SpecCluster(
                workers=specification,
                scheduler=scheduler,
                name="scarmap",
                silence_logs=logging.WARNING,
            )
    finally:
        os.environ.clear()
        os.environ.update(before)


def slurm_cluster(workers: int, *, gpus: int) -> Any:
    """Workers that are submitted as SLURM jobs, one process each; Dask's `jobqueue.yaml` says what a job asks for.

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
    threads = "export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}"
    cluster = SLURMCluster(
        processes=1,
        worker_extra_args=[
            *(settings.get("worker-extra-args") or ()),
            *("--nthreads", "1"),
            *(("--resources", f"{GPU}=1") if gpus else ()),
        ],
        job_script_prologue=[*(settings.get("job-script-prologue") or ()), threads],
    )
    cluster.scale(workers)
    return cluster
