"""The pages, a module each: what stands on them, in which order.

`run` is the report of a training, `study` of one patient, `cohort` of many, and `paper` puts the
rows of a published table beside what was measured.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.pages.cohort import build_cohort
    from scarmap.report.pages.paper import Reproduced, write_comparison, write_tables
    from scarmap.report.pages.run import build_report
    from scarmap.report.pages.study import build_study

__all__ = [
    "Reproduced",
    "build_cohort",
    "build_report",
    "build_study",
    "write_comparison",
    "write_tables",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
