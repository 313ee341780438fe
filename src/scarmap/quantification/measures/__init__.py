"""What is measured in a placed stack.

`sizes` are volumes and masses, `slices` those of each slice, `transmurality` is the depth of an
infarct, `segments` are those of the American Heart Association, and `flags` tell a reader what to
mind.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.quantification.measures.segments import SECTORS, measure_rings, measure_segments
    from scarmap.quantification.measures.sizes import (
        MYOCARDIUM_G_PER_ML,
        percent,
        salvage_index,
        volume_ml,
    )
    from scarmap.quantification.measures.transmurality import GRADES, VARIANTS, measure_wall

__all__ = [
    "GRADES",
    "MYOCARDIUM_G_PER_ML",
    "SECTORS",
    "VARIANTS",
    "measure_rings",
    "measure_segments",
    "measure_wall",
    "percent",
    "salvage_index",
    "volume_ml",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
