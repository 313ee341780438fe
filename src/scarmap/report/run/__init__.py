"""What the page of a run says: facts and warnings, training curves, scores, cases, reliability."""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.run.cases import Shown, case_pictures, illustration_pictures, read_shown
    from scarmap.report.run.curves import draw_curves
    from scarmap.report.run.ranking import CaseScore, rank_cases, telling_cases
    from scarmap.report.run.reliability import reliability_picture
    from scarmap.report.run.scores import Cell, ScoreTable, published_scores, score_table

__all__ = [
    "CaseScore",
    "Cell",
    "ScoreTable",
    "Shown",
    "case_pictures",
    "draw_curves",
    "illustration_pictures",
    "published_scores",
    "rank_cases",
    "read_shown",
    "reliability_picture",
    "score_table",
    "telling_cases",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
