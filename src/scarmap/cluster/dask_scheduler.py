"""Jobs on Dask's workers. Dask is an optional extra, so nothing here imports it before it is needed."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from shutil import which
from typing import Any

from scarmap.cluster.scheduler import Job
from scarmap.errors import RunError, ScarmapError

CORES_PER_WORKER = 4
"""Of a machine without GPU, where the number of workers is not given."""
SECONDS_TO_ANSWER = 20
GPU = "GPU"
"""Dask's usual name of the resource."""


@dataclass(frozen=True)
class Refused:
    """What a worker returns for a job that a user's mistake stopped: an error that Dask should not try again."""

    error: Exception


def attempt(function: Callable[..., Any], arguments: Sequence[Any], before: Sequence[Any]) -> Any:
    """Run a job on a worker.

    Args:
        function: What to call.
        arguments: With what.
        before: What the jobs returned that it waited for.
    """
    for each in before:
        if isinstance(each, Refused):
            return each
    try:
        return function(*arguments)
    except ScarmapError as problem:
        return Refused(problem)


class DaskJob:
    """A job of a Dask cluster. Its result is fetched once, since it is lost with the worker that holds it.

    Args:
        name: For messages.
        future: Dask's handle.
    """

    def __init__(self, name: str, future: Any) -> None:
        self.name = name
        self.future = future
        self.fetched: tuple[Any, Exception | None] | None = None

    @property
    def error(self) -> Exception | None:
        """What stopped it, or one of those before it; waits for its end."""
        if self.fetched is None:
            self.fetched = fetch(self.name, self.future)
        return self.fetched[1]

    def result(self) -> Any:
        """What the function returned; waits for it."""
        if self.error is not None:
            raise self.error
        assert self.fetched is not None
        return self.fetched[0]


def fetch(name: str, future: Any) -> tuple[Any, Exception | None]:
    """What a job returned, or what stopped it."""
    from distributed import KilledWorker

    try:
        returned = future.result()
    except KilledWorker as lost:
        return None, RunError(
            f"Every worker that ran {name!r} was lost, {lost.allowed_failures + 1} in all. The usual cause is memory: "
            f"give each worker more, or use fewer of them. Their logs say more."
        )
    except CancelledError:
        return None, RunError(
            f"The Dask scheduler was lost before {name!r} was done. Repeat the command; what is done is kept."
        )
    except Exception as problem:
        return None, problem
    return (None, returned.error) if isinstance(returned, Refused) else (returned, None)


class DaskScheduler:
    """Jobs on the workers of a Dask client.

    Args:
        client: Dask's client.
        slots: Jobs that run at the same time.
        resources: What a job asks its worker for.
    """

    def __init__(self, client: Any, *, slots: int, resources: Mapping[str, float]) -> None:
        self.client = client
        self.slots = max(1, slots)
        self.resources = dict(resources)
        self.numbers = count()

    def submit(
        self,
        function: Callable[..., Any],
        /,
        *arguments: Any,
        name: str,
        after: Sequence[Job] = (),
        retries: int = 1,
        on_device: bool = True,
    ) -> Job:
        """Hand a job to Dask."""
        before = [job.future for job in after if isinstance(job, DaskJob)]
        future = self.client.submit(
            attempt,
            function,
            arguments,
            before,
            key=f"{name} #{next(self.numbers)}",
            retries=retries,
            resources=self.resources if on_device else None,
            pure=False,
        )
        return DaskJob(name, future)

    def finished(self, jobs: Iterable[Job], *, in_flight: int | None = None) -> Iterator[Job]:
        """Yield each job when it has ended."""
        from distributed import as_completed

        later = (job for job in jobs if isinstance(job, DaskJob))
        running = {job.future.key: job for job in islice(later, in_flight)}
        ended = as_completed([job.future for job in running.values()])
        for future in ended:
            job = running.pop(future.key)
            _ = job.error
            yield job
            for following in islice(later, 1):
                running[following.future.key] = following
                ended.add(following.future)


@contextmanager
def open_dask(
    where: str, *, workers: int | None, gpus: int, announce: Callable[[str], None]
) -> Iterator[DaskScheduler]:
    """Start or join a Dask cluster, see `scarmap.cluster.scheduler.open_scheduler`.

    Raises:
        RunError: Dask is not installed, does not answer, or cannot be started as asked.
    """
    try:
        from distributed import Client
    except ImportError:
        raise RunError(
            f"--scheduler {where} needs Dask, which is not installed. Install it with pip install 'scarmap[cluster]', "
            f"or leave --scheduler out: everything then runs in this process, or in parts with --shard."
        ) from None
    if workers is not None and workers < 1:
        raise RunError(f"{workers} workers cannot do anything. Give --workers 1 or more.")
    with started(where, workers=workers, gpus=gpus) as cluster:
        try:
            client = Client(cluster, timeout=SECONDS_TO_ANSWER)
        except (OSError, ValueError) as problem:
            raise RunError(
                f"No Dask scheduler answers at {where} ({problem}). Expected an address such as tcp://10.0.0.1:8786, "
                f"printed by `dask scheduler`, or one of the words local and slurm."
            ) from None
        with client:
            if where == "local":
                client.wait_for_workers(len(cluster.worker_spec))
            present = client.scheduler_info()["workers"].values()
            has_gpu = gpus > 0 if where == "slurm" else any(GPU in each["resources"] for each in present)
            slots = (workers or 1) if where == "slurm" else sum(client.nthreads().values())
            announce(f"{len(present)} Dask workers; dashboard: {client.dashboard_link}")
            yield DaskScheduler(client, slots=slots, resources={GPU: 1} if has_gpu else {})


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
    from distributed import Nanny, Scheduler, SpecCluster

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    number = workers or gpus or max(1, cores // CORES_PER_WORKER)
    if gpus and number > gpus:
        raise RunError(
            f"{number} workers were asked for, but this machine has {gpus} CUDA devices and each worker needs its own. "
            f"Give --workers {gpus}, or --device cpu."
        )
    threads = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(1, cores // number)))}
    common = {"nthreads": 1, "memory_limit": 0, "host": "127.0.0.1", "silence_logs": logging.WARNING}
    specification = {
        index: {
            "cls": Nanny,
            "options": {
                **common,
                "env": {**threads, **({"CUDA_VISIBLE_DEVICES": str(index)} if gpus else {})},
                "resources": {GPU: 1} if gpus else {},
            },
        }
        for index in range(number)
    }
    scheduler = {"cls": Scheduler, "options": {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}}
    return SpecCluster(workers=specification, scheduler=scheduler, name="scarmap", silence_logs=logging.WARNING)


def slurm_cluster(workers: int, *, gpus: int) -> Any:
    """Workers that are submitted as SLURM jobs, one process each; Dask's `jobqueue.yaml` says what a job asks for.

    Raises:
        RunError: dask-jobqueue is not installed, its configuration lacks something, or this is no SLURM site.
    """
    try:
        import dask
        from dask_jobqueue import SLURMCluster
    except ImportError:
        raise RunError(
            "--scheduler slurm needs dask-jobqueue, which is not installed. Install it with pip install "
            "'scarmap[cluster]'."
        ) from None
    settings = dask.config.get("jobqueue.slurm", {})
    missing = [name for name in ("cores", "memory") if settings.get(name) is None]
    if missing:
        raise RunError(
            f"Dask does not know what to ask SLURM for: jobqueue.slurm has no {' and no '.join(missing)}. Set them, "
            f"and what else your site wants, in ~/.config/dask/jobqueue.yaml; docs/cluster.md shows one."
        )
    if which("sbatch") is None:
        raise RunError("--scheduler slurm needs the command sbatch, which is not here. Run it where you submit jobs.")
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
