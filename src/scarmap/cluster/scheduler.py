"""Where jobs run: one after the other in this process, or on Dask's workers when a scheduler is named.

::

    with open_scheduler("local", workers=4) as scheduler:
        first = scheduler.submit(train, "anatomy", name="fold 0, anatomy")
        then = scheduler.submit(train, "pathology", name="fold 0, pathology", after=(first,))
        for job in scheduler.finished((first, then)):
            print(job.name, job.error or job.result())

A graph is submitted at once; a long stream of small jobs is submitted by a generator, of which `finished` takes only
as many at a time as may be in flight.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from scarmap.errors import RunError, ScarmapError


class Job(Protocol):
    """A call that was submitted."""

    name: str

    @property
    def error(self) -> Exception | None:
        """What stopped it, or one of those before it; None when it went well. Waits for its end."""
        ...

    def result(self) -> Any:
        """What the function returned; waits for it, and raises `error` where there is one."""
        ...


class Scheduler(Protocol):
    """Runs jobs.

    Attributes:
        slots: Jobs that run at the same time, as far as is known.
    """

    slots: int

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
        """Add a job; it begins when all jobs of `after` have gone well.

        Args:
            function: A function of a module, so that another process can find it. What it returns should be small.
            arguments: Its arguments, which can be pickled.
            name: For the dashboard and for messages.
            after: Jobs to wait for; where one of them fails, this one fails with its error and is not run.
            retries: How often the job is tried again, on any worker, after an error that is no `ScarmapError`. A job
                whose worker is lost is always run again on another one.
            on_device: Whether the job needs a worker's GPU, where the workers have any.
        """
        ...

    def finished(self, jobs: Iterable[Job], *, in_flight: int | None = None) -> Iterator[Job]:
        """Yield each job when it has ended, well or not, in the order in which they end.

        Args:
            jobs: The jobs; a generator that submits them is asked for no more than may be in flight.
            in_flight: How many may have been submitted and not yet been yielded; None for all.
        """
        ...


class Waiting:
    """A job of this process: runs when its end is asked for.

    Args:
        name: For messages.
        call: The function with its arguments.
        after: Jobs to run before.
    """

    def __init__(self, name: str, call: Callable[[], Any], after: Sequence[Job]) -> None:
        self.name = name
        self.call: Callable[[], Any] | None = call
        self.after = after
        self.returned: Any = None
        self.stopped_by: Exception | None = None

    @property
    def error(self) -> Exception | None:
        """What stopped it, or one of those before it; only errors that a user can mend are kept, others are raised."""
        call, self.call = self.call, None
        if call is None:
            return self.stopped_by
        self.stopped_by = next((job.error for job in self.after if job.error is not None), None)
        if self.stopped_by is None:
            try:
                self.returned = call()
            except (ScarmapError, OSError) as problem:
                self.stopped_by = problem
        return self.stopped_by

    def result(self) -> Any:
        """What the function returned."""
        if self.error is not None:
            raise self.error
        return self.returned


class InOrder:
    """One job after the other in this process; an error of the program itself is raised, nothing is tried again."""

    slots = 1

    def submit(
        self,
        function: Callable[..., Any],
        /,
        *arguments: Any,
        name: str,
        after: Sequence[Job] = (),
        retries: int = 1,  # noqa: ARG002
        on_device: bool = True,  # noqa: ARG002
    ) -> Job:
        """Keep a job until its end is asked for."""
        return Waiting(name, lambda: function(*arguments), after)

    def finished(self, jobs: Iterable[Job], *, in_flight: int | None = None) -> Iterator[Job]:  # noqa: ARG002
        """Run the jobs one by one."""
        for job in jobs:
            _ = job.error
            yield job


@contextmanager
def open_scheduler(
    where: str | None,
    *,
    workers: int | None = None,
    gpus: int = 0,
    announce: Callable[[str], None] = lambda _line: None,
) -> Iterator[Scheduler]:
    """Run jobs here, or start or join a Dask cluster; one that was started ends with the block.

    Args:
        where: None for this process, "local" for worker processes of this machine, "slurm" for workers that are
            submitted as jobs, or the address of a Dask scheduler that is running, such as tcp://10.0.0.1:8786.
        workers: How many to start; None for one per GPU, or for one per four cores where there is none.
        gpus: For "local" the number of CUDA devices, of which each worker gets one of its own; for "slurm" whether
            each job has one. The workers of an address say themselves what they have.
        announce: Told one line about the workers and the address of the dashboard.

    Raises:
        RunError: Dask is not installed, does not answer, or cannot be started as asked.
    """
    if where is None:
        if workers is not None:
            raise RunError("--workers counts the workers of a scheduler. Name one with --scheduler local or slurm.")
        yield InOrder()
        return
    from scarmap.cluster.dask_scheduler import open_dask

    with open_dask(where, workers=workers, gpus=gpus, announce=announce) as scheduler:
        yield scheduler
