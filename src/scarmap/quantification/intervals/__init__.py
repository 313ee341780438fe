"""How far the sizes of a study may be off.

`from_probabilities` follows the scatter of folds or passes, `from_errors` a model's errors on cases
that it had not seen, and `maps` reads probability maps from files.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.quantification.intervals.from_errors import (
        KnownErrors,
        intervals_from_errors,
        read_known_errors,
    )
    from scarmap.quantification.intervals.from_probabilities import Probabilities, intervals
    from scarmap.quantification.intervals.maps import maps_beside, read_probabilities

__all__ = [
    "KnownErrors",
    "Probabilities",
    "intervals",
    "intervals_from_errors",
    "maps_beside",
    "read_known_errors",
    "read_probabilities",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
