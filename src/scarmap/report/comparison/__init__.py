"""Several runs side by side: `compare` reads them, `tables` and `pictures` show them."""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.comparison.compare import Comparison, Contender, compare_runs
    from scarmap.report.comparison.pictures import run_box_pictures, side_by_side_picture
    from scarmap.report.comparison.tables import (
        PairedTable,
        RunTable,
        paired_table,
        run_tables,
        shared_text,
    )

__all__ = [
    "Comparison",
    "Contender",
    "PairedTable",
    "RunTable",
    "compare_runs",
    "paired_table",
    "run_box_pictures",
    "run_tables",
    "shared_text",
    "side_by_side_picture",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
