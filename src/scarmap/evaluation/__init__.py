"""Measures of one segmentation against another, under named conventions.

`overlap` and `surface` are Dice, Jaccard and distances, `conventions` are the ways in which papers
average them, and `table` scores folders of masks. `presence` counts whether pathology was found,
`paired` compares two methods case by case, and `reliability` asks whether probabilities mean what
they say.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.evaluation.conventions import CONVENTIONS
    from scarmap.evaluation.overlap import dice, jaccard
    from scarmap.evaluation.surface import SurfaceErrors, hausdorff_mm, surface_errors
    from scarmap.evaluation.table import (
        Evaluation,
        evaluate_folder,
        evaluate_pair,
        read_summary,
        summarise,
        write_evaluation,
    )

__all__ = [
    "CONVENTIONS",
    "Evaluation",
    "SurfaceErrors",
    "dice",
    "evaluate_folder",
    "evaluate_pair",
    "hausdorff_mm",
    "jaccard",
    "read_summary",
    "summarise",
    "surface_errors",
    "write_evaluation",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
