"""Pages that carry everything inside themselves, made from files: run folders, masks and figures.

The rooms: `pages` (one module a page), `run`, `study`, `cohort`, `comparison` and `paper` (what
stands on them), `drawing` (pictures of hearts and charts). `from_masks` measures masks and writes
their pages; `html` fills templates and embeds pictures; `cells` writes numbers. Nothing here needs
torch.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.from_masks import Truth, report_cohort, report_run_studies, report_study
    from scarmap.report.html import Picture, write_page
    from scarmap.report.pages.cohort import build_cohort
    from scarmap.report.pages.paper import Reproduced, write_comparison, write_tables
    from scarmap.report.pages.run import build_report
    from scarmap.report.pages.study import build_study

__all__ = [
    "Picture",
    "Reproduced",
    "Truth",
    "build_cohort",
    "build_report",
    "build_study",
    "report_cohort",
    "report_run_studies",
    "report_study",
    "write_comparison",
    "write_page",
    "write_tables",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
