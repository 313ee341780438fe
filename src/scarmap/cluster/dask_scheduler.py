"""Jobs on Dask's workers. Dask is an optional extra and is imported only when it is needed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from scarmap.cluster.jobs import Job
from scarmap.cluster.workers import GPU, started
from scarmap.errors import RunError, ScarmapError

_SECONDS_TO_ANSWER = 20
"""A scheduler that runs answers sooner, even over a busy network."""
SECONDS_OF_SILENCE = 30
"""If no job ends for so long, the scheduler is asked whether it still has workers."""


@dataclass(frozen=True)
class _Refused:
    """What a worker returns for a job that a user's mistake stopped.

    Dask tries again what raises an error, which would not help here.
    """

    error: Exception


def _attempt(function: Callable[..., Any], arguments: Sequence[Any], before: Sequence[Any]) -> Any:
    """Run a job on a worker.

    Args:
        function: What to call.
        arguments: With what.
        before: What the jobs returned that it waited for.
    """
    for each in before:
        if isinstance(each, _Refused):
            return each
    try:
        return function(*arguments)
    except ScarmapError as problem:
        return _Refused(problem)


class _DaskJob:
    """A job of a Dask cluster. Its result is fetched at once: it is lost with its worker.

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
            self.fetched = _fetch(self.name, self.future)
        return self.fetched[1]

    def result(self) -> Any:
        """What the function returned; waits for it."""
        if self.error is not None:
            raise self.error
        assert self.fetched is not None
        return self.fetched[0]


def _fetch(name: str, future: Any) -> tuple[Any, Exception | None]:
    """What a job returned, or what stopped it."""
    from distributed import KilledWorker

    try:
        returned = future.result()
    except KilledWorker as lost:
        return None, RunError(
            f"Every worker that ran {name!r} was lost, {lost.allowed_failures + 1} in all. The "
            "usual cause is memory: give each worker more, or use fewer of them. Their logs say "
            "more."
        )
    except CancelledError:
        return None, RunError(
            f"The Dask scheduler was lost before {name!r} was done. Repeat the command; what is "
            "done is kept."
        )
    except Exception as problem:
        return None, problem
    return (None, returned.error) if isinstance(returned, _Refused) else (returned, None)


class DaskScheduler:
    """Jobs on the workers of a Dask client.

    Args:
        client: Dask's client.
        slots: Jobs that run at the same time.
        resources: What a job asks its worker for.
        own_workers: Whether all workers are processes that were started here, so that nobody else
            brings more.
    """

    def __init__(
        self, client: Any, *, slots: int, resources: Mapping[str, float], own_workers: bool
    ) -> None:
        self.client = client
        self.slots = max(1, slots)
        self.resources = dict(resources)
        self.own_workers = own_workers
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
        before = [job.future for job in after if isinstance(job, _DaskJob)]
        future = self.client.submit(
            _attempt,
            function,
            arguments,
            before,
            key=f"{name} #{next(self.numbers)}",
            retries=retries,
            resources=self.resources if on_device else None,
            pure=False,
        )
        return _DaskJob(name, future)

    def finished(self, jobs: Iterable[Job], *, in_flight: int | None = None) -> Iterator[Job]:
        """Yield each job when it has ended.

        Raises:
            RunError: The workers that were started here are gone, so that no job will ever end.
        """
        later = (job for job in jobs if isinstance(job, _DaskJob))
        running = list(islice(later, in_flight))
        while running:
            for job in self._ended(running):
                running.remove(job)
                _ = job.error
                yield job
                running.extend(islice(later, 1))

    def _ended(self, running: Sequence[_DaskJob]) -> list[_DaskJob]:
        """Wait for a while until any job has ended."""
        from distributed import wait

        futures = [job.future for job in running]
        try:
            wait(futures, timeout=SECONDS_OF_SILENCE, return_when="FIRST_COMPLETED")
        except TimeoutError:
            self.check_workers()
        return [job for job in running if job.future.done()]

    def check_workers(self) -> None:
        """Raise RunError if all workers that were started here are gone; others may come back."""
        if self.own_workers and not self.client.scheduler_info()["workers"]:
            raise RunError(
                "Every Dask worker of this machine is gone. Their messages above say why. The "
                "usual cause is memory, or code that they cannot import: install your own modules, "
                "or name their folder in PYTHONPATH."
            )


@contextmanager
def open_dask(
    where: str, *, workers: int | None, gpus: int, announce: Callable[[str], None]
) -> Iterator[DaskScheduler]:
    """Start or join a Dask cluster, see `scarmap.cluster.scheduler.open_scheduler`.

    Raises:
        RunError: Dask is not installed, does not answer, or cannot be started as asked.
    """
    client_class = _import_client(where)
    if workers is not None and workers < 1:
        raise RunError(f"{workers} workers cannot do anything. Give --workers 1 or more.")
    with (
        started(where, workers=workers, gpus=gpus) as cluster,
        _connect(client_class, cluster, where) as client,
    ):
        if where == "local":
            client.wait_for_workers(len(cluster.worker_spec))
        present = client.scheduler_info()["workers"].values()
        if where == "slurm":
            # SLURM may not have started the workers yet, so what it was asked for counts.
            slots, has_gpu = workers or 1, gpus > 0
        else:
            slots = sum(client.nthreads().values())
            has_gpu = any(GPU in each["resources"] for each in present)
        announce(f"{len(present)} Dask workers; dashboard: {client.dashboard_link}")
        resources = {GPU: 1} if has_gpu else {}
        yield DaskScheduler(client, slots=slots, resources=resources, own_workers=where == "local")


def _import_client(where: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise RunError(
            f"--scheduler {where} needs Dask, which is not installed. Install it with pip install "
            "'scarmap[cluster]', or leave --scheduler out: everything then runs in this process, "
            "or in parts with --shard."
        ) from None
    return Client


def _connect(client_class: Any, cluster: Any, where: str) -> Any:
    try:
        return client_class(cluster, timeout=_SECONDS_TO_ANSWER)
    except (OSError, ValueError) as problem:
        raise RunError(
            f"No Dask scheduler answers at {where} ({problem}). Expected an address such as "
            "tcp://10.0.0.1:8786, printed by `dask scheduler`, or one of the words local and "
            "slurm."
        ) from None
