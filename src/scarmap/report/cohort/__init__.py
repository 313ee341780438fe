"""What the page of a cohort shows: distributions of figures, agreement of readings, thumbnails."""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.cohort.agreement import AgreementSection, agreement_section
    from scarmap.report.cohort.distributions import cohort_values, draw_distribution, summary_table
    from scarmap.report.cohort.outliers import Readings
    from scarmap.report.cohort.thumbnails import scar_thumbnail

__all__ = [
    "AgreementSection",
    "Readings",
    "agreement_section",
    "cohort_values",
    "draw_distribution",
    "scar_thumbnail",
    "summary_table",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
