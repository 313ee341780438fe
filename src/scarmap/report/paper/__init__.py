"""A paper's tables from run folders: `table` has the scores, `origin` how they were made."""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.paper.origin import Origin, run_origin
    from scarmap.report.paper.table import PaperRow, PaperTable, markdown, paper_table, row_of_run

__all__ = [
    "Origin",
    "PaperRow",
    "PaperTable",
    "markdown",
    "paper_table",
    "row_of_run",
    "run_origin",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
