"""What the page of a study shows: key figures, bullseyes, every slice, tables, and the method.

`bullseye` draws one disc of segments and `discs` those of a study; `slices` cuts and outlines the
images, turned as `view` says; `key_figures` and `tables` hold the numbers, and `method` says what
they mean; `neighbours` leads to other pages.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.study.bullseye import Scale, ring_disc
    from scarmap.report.study.discs import Disc
    from scarmap.report.study.key_figures import KeyFigure
    from scarmap.report.study.method import method_lines
    from scarmap.report.study.neighbours import Link, Neighbours, neighbours_of
    from scarmap.report.study.slices import Frames, make_frames
    from scarmap.report.study.tables import threshold_table, volume_table, wall_table
    from scarmap.report.study.view import View, standard_view

__all__ = [
    "Disc",
    "Frames",
    "KeyFigure",
    "Link",
    "Neighbours",
    "Scale",
    "View",
    "make_frames",
    "method_lines",
    "neighbours_of",
    "ring_disc",
    "standard_view",
    "threshold_table",
    "volume_table",
    "wall_table",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
