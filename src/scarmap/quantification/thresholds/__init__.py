"""Classical thresholds on LGE inside the wall of a mask.

`methods` are n-SD, half maximum, Otsu and region growing, `remote` finds the myocardium that they
take for normal, and `measure` applies them to a study.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.quantification.thresholds.measure import measure_thresholds
    from scarmap.quantification.thresholds.methods import METHODS, threshold
    from scarmap.quantification.thresholds.remote import RemoteRegion, find_remote, remote_from

__all__ = [
    "METHODS",
    "RemoteRegion",
    "find_remote",
    "measure_thresholds",
    "remote_from",
    "threshold",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
