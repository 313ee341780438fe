"""Jobs on Dask's workers. Dask is an optional extra, so nothing here imports it before it is needed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from scarmap.cluster.jobs import Job
from scarmap.cluster.workers import GPU, started
from scarmap.errors import RunError, ScarmapError

SECONDS_TO_ANSWER = 20
SECONDS_OF_SILENCE = 30
"""After which it is asked whether there still are workers."""


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
    return (None, returned.error) if isinstance(returned, Refused) else (returned, None)


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
        """Yield each job when it has ended.

        Raises:
            RunError: The workers that were started here are gone, so that no job will ever end.
        """
        from distributed import wait

        later = (job for job in jobs if isinstance(job, DaskJob))
        running = list(islice(later, in_flight))
        while running:
            try:
                wait(
                    [job.future for job in running],
                    timeout=SECONDS_OF_SILENCE,
                    return_when="FIRST_COMPLETED",
                )
            except TimeoutError:
                self.check_workers()
            ended = [job for job in running if job.future.done()]
            running = [job for job in running if job not in ended]
            for job in ended:
                _ = job.error
                yield job
                running.extend(islice(later, 1))

    def check_workers(self) -> None:
        """Raise RunError where every worker that was started here is gone; those of others may come back."""
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
    try:
        from distributed import Client
    except ImportError:
        raise RunError(
            f"--scheduler {where} needs Dask, which is not installed. Install it with pip install "
            "'scarmap[cluster]', or leave --scheduler out: everything then runs in this process, "
            "or in parts with --shard."
        ) from None
    if workers is not None and workers < 1:
        raise RunError(f"{workers} workers cannot do anything. Give --workers 1 or more.")
    with started(where, workers=workers, gpus=gpus) as cluster:
        try:
            client = Client(cluster, timeout=SECONDS_TO_ANSWER)
        except (OSError, ValueError) as problem:
            raise RunError(
                f"No Dask scheduler answers at {where} ({problem}). Expected an address such as "
                "tcp://10.0.0.1:8786, printed by `dask scheduler`, or one of the words local and "
                "slurm."
            ) from None
        with client:
            if where == "local":
                client.wait_for_workers(len(cluster.worker_spec))
            present = client.scheduler_info()["workers"].values()
            has_gpu = (
                gpus > 0 if where == "slurm" else any(GPU in each["resources"] for each in present)
            )
            slots = (workers or 1) if where == "slurm" else sum(client.nthreads().values())
            announce(f"{len(present)} Dask workers; dashboard: {client.dashboard_link}")
            resources = {GPU: 1} if has_gpu else {}
            yield DaskScheduler(
                client, slots=slots, resources=resources, own_workers=where == "local"
            )
