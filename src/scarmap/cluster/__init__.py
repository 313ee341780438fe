"""Jobs, one after the other in this process, or on the workers of a Dask cluster.

- `jobs`: what a job and a scheduler are; `scheduler` opens one.
- `in_order`: jobs in this process.
- `dask_scheduler`, `workers`: jobs on Dask, and the processes that do them.

>>> from scarmap.cluster import open_scheduler
>>> with open_scheduler(None) as scheduler:
...     job = scheduler.submit(sum, (1, 2), name="a sum")
...     [(each.name, each.result()) for each in scheduler.finished([job])]
[('a sum', 3)]
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.cluster.in_order import InOrder
    from scarmap.cluster.jobs import Job, Scheduler
    from scarmap.cluster.scheduler import open_scheduler

__all__ = ["InOrder", "Job", "Scheduler", "open_scheduler"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
