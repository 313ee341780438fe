"""From masks to the numbers of the clinic: volumes, masses, AHA segments, transmurality.

`study` measures one mask, `cohort` many, and `agreement` compares two readings. `result` holds what
was found, `dictionary` defines every figure and flag, and `files` reads and writes all of it. In
`stack` a stack of slices finds its place in the heart, `measures` are sizes, segments and depth,
`thresholds` the classical methods on LGE, and `intervals` say how far a size may be off.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.quantification.agreement import Agreement, agree
    from scarmap.quantification.cohort import (
        Measuring,
        agree_cohorts,
        compare_readings,
        measure_cohort,
        measure_study,
    )
    from scarmap.quantification.dictionary import FIGURES, FLAGS, UNITS
    from scarmap.quantification.files import (
        read_quantification,
        write_agreement,
        write_cohort,
        write_quantification,
    )
    from scarmap.quantification.intervals.from_errors import KnownErrors, read_known_errors
    from scarmap.quantification.result import Quantification
    from scarmap.quantification.study import Choices, quantify

__all__ = [
    "FIGURES",
    "FLAGS",
    "UNITS",
    "Agreement",
    "Choices",
    "KnownErrors",
    "Measuring",
    "Quantification",
    "agree",
    "agree_cohorts",
    "compare_readings",
    "measure_cohort",
    "measure_study",
    "quantify",
    "read_known_errors",
    "read_quantification",
    "write_agreement",
    "write_cohort",
    "write_quantification",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
