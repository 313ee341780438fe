"""Where a stack lies in the heart: its base, its rings, the septum, and rays across the wall.

`orientation` tells base from apex, `septum` finds where the right ventricle touches, `chords` are
rays across the wall, `wall_slices` are the slices with both, `placement` puts them together, and
`window` cuts the heart out of the field of view.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.quantification.stack.placement import Placement, place
    from scarmap.quantification.stack.wall_slices import WallSlice, ring_names

__all__ = [
    "Placement",
    "WallSlice",
    "place",
    "ring_names",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
