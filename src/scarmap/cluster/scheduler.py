"""Where jobs run: one after the other in this process, or on the workers of Dask.

::

    with open_scheduler("local", workers=4) as scheduler:
        first = scheduler.submit(train, "anatomy", name="fold 0, anatomy")
        then = scheduler.submit(train, "pathology", name="fold 0, pathology", after=(first,))
        for job in scheduler.finished((first, then)):
            print(job.name, job.error or job.result())

Jobs that depend on each other are submitted at once. A long stream of small jobs is submitted by a
generator, from which `finished` takes only as many as may be in flight.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scarmap.cluster.in_order import InOrder
from scarmap.cluster.jobs import Scheduler
from scarmap.errors import RunError


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
        where: None for this process, "local" for worker processes of this machine, "slurm" for
            workers that are submitted as jobs, or the address of a Dask scheduler that is running,
            such as tcp://10.0.0.1:8786.
        workers: How many to start; None for one per GPU, or for one per four cores where there is
            none.
        gpus: For "local" the number of CUDA devices, of which each worker gets one of its own; for
            "slurm" whether each job has one. The workers of an address say themselves what they
            have.
        announce: Told one line about the workers and the address of the dashboard.

    Raises:
        RunError: Dask is not installed, does not answer, or cannot be started as asked.
    """
    if where is None:
        if workers is not None:
            raise RunError(
                "--workers counts the workers of a scheduler. Name one with --scheduler local or "
                "slurm."
            )
        yield InOrder()
        return
    from scarmap.cluster.dask_scheduler import open_dask

    with open_dask(where, workers=workers, gpus=gpus, announce=announce) as scheduler:
        yield scheduler
