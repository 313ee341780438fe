"""What a scheduler is asked: jobs, and where they run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol


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
            function: A function of a module, so that another process can find it. What it returns
                should be small.
            arguments: Its arguments, which can be pickled.
            name: For the dashboard and for messages.
            after: Jobs to wait for; where one of them fails, this one fails with its error and is
                not run.
            retries: How often the job is tried again, on any worker, after an error that is no
                `ScarmapError`. A job whose worker is lost is always run again on another one.
            on_device: Whether the job needs a worker's GPU, where the workers have any.
        """
        ...

    def finished(self, jobs: Iterable[Job], *, in_flight: int | None = None) -> Iterator[Job]:
        """Yield each job when it has ended, well or not, in the order in which they end.

        Args:
            jobs: The jobs; a generator that submits them is asked for no more than may be in
                flight.
            in_flight: How many may have been submitted and not yet been yielded; None for all.
        """
        ...
