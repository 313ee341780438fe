"""One job after the other in this process."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from scarmap.cluster.jobs import Job
from scarmap.errors import ScarmapError


class _Waiting:
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
        """What stopped it, or one of those before it; None when it went well. Runs it first.

        Errors that a user can mend are kept, others are raised.
        """
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
    """One job after the other in this process; nothing is tried again."""

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
        return _Waiting(name, lambda: function(*arguments), after)

    def finished(self, jobs: Iterable[Job], *, in_flight: int | None = None) -> Iterator[Job]:  # noqa: ARG002
        """Run the jobs one by one."""
        for job in jobs:
            _ = job.error
            yield job
