"""Pictures of hearts, and charts; none of them knows what a run is.

`heart` has the colours, names and directions that all share, and `panels` the dark grid. On it
`case`, `case_by_tissue`, `side_by_side`, `glance` and `illustration` draw; `boxes` draws box plots.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.report.drawing.boxes import draw_boxes, draw_run_boxes, run_colours
    from scarmap.report.drawing.case import draw_case
    from scarmap.report.drawing.case_by_tissue import draw_contours
    from scarmap.report.drawing.glance import draw_glance
    from scarmap.report.drawing.heart import region_colour, region_title, upright
    from scarmap.report.drawing.illustration import draw_illustration
    from scarmap.report.drawing.panels import Window, heart_window
    from scarmap.report.drawing.side_by_side import Strip, draw_side_by_side

__all__ = [
    "Strip",
    "Window",
    "draw_boxes",
    "draw_case",
    "draw_contours",
    "draw_glance",
    "draw_illustration",
    "draw_run_boxes",
    "draw_side_by_side",
    "heart_window",
    "region_colour",
    "region_title",
    "run_colours",
    "upright",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)
