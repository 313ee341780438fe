"""What the page of a cohort shows: how figures are distributed, and how two readings agree."""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.cohort.agreement import AgreementSection, Readings, agreement_section
    from scarmap.report.cohort.distributions import cohort_values, draw_distributions, summary_table

__all__ = [
    "AgreementSection",
    "Readings",
    "agreement_section",
    "cohort_values",
    "draw_distributions",
    "summary_table",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
