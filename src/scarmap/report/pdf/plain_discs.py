"""A bullseye, or whole rings, by matplotlib, with the page's sectors and colours."""

from math import cos, isfinite, radians, sin
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Wedge

from scarmap.quantification.result import APEX, RINGS, Quantification
from scarmap.report.study.bullseye import (
    CLASS_NAMES,
    INFARCT,
    RADII,
    WALLS,
    Scale,
    Sector,
    class_of,
    percent_text,
    sector,
    text_colour,
)
from scarmap.report.study.discs import Subject


def draw_disc(axes: Axes, subject: Subject, study: Quantification) -> None:
    """Draw what a subject shows of a study, with its key below.

    Args:
        axes: Square.
        subject: What to show.
        study: The figures.
    """
    values = subject.of_segments(study)
    if values:
        for number in range(1, 18 if 17 in values else 17):
            _tile(axes, sector(number), values.get(number), subject.scale, str(number))
        for angle, name in WALLS:
            x, y = _point(RADII[0] + 10, angle)
            axes.text(x, y, name, fontsize=6, ha="center", va="center", rotation=90 * (y == 0))
    else:
        _rings(axes, subject, study)
    if subject.scale is INFARCT:
        _no_reflow(axes, study)
    axes.set_xlim(-115, 115)
    axes.set_ylim(-115, 115)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(subject.title, fontsize=9)
    keys = [
        *(
            Patch(facecolor=colour, edgecolor="#999999", linewidth=0.4, label=name)
            for name, colour in zip(CLASS_NAMES, subject.scale.colours, strict=True)
        ),
        Patch(facecolor="white", edgecolor="#999999", hatch="////", label="missing"),
    ]
    axes.legend(
        handles=keys, title=subject.scale.name, title_fontsize=6, fontsize=5.5, ncols=3,
        loc="upper center", bbox_to_anchor=(0.5, 0.02), frameon=False,
    )  # fmt: skip


def _rings(axes: Axes, subject: Subject, study: Quantification) -> None:
    values = subject.of_rings(study)
    for index, ring in enumerate(RINGS):
        place = Sector(RADII[index + 1], RADII[index], 90.0, 360.0)
        _tile(axes, place, values.get(ring), subject.scale, ring)
    if APEX in values:
        _tile(axes, sector(17), values[APEX], subject.scale, "17")


def _no_reflow(axes: Axes, study: Quantification) -> None:
    for part in study.segments:
        if part.figures.mvo:
            place = sector(part.number)
            angle = place.start_deg + place.width_deg * 0.84
            x, y = _point(place.outer - 6.0, angle) if place.inner else (0.0, -15.0)
            axes.plot([x], [y], "o", color="#CC79A7", markeredgecolor="white", markersize=4)


def _tile(axes: Axes, place: Sector, value: float | None, scale: Scale, label: str) -> None:
    known = value is not None and isfinite(value)
    colour = scale.colours[class_of(value)] if value is not None and known else "white"
    axes.add_patch(
        Wedge(
            (0, 0), place.outer, place.start_deg, place.start_deg + place.width_deg,
            width=place.outer - place.inner, facecolor=colour, edgecolor="#777777", linewidth=0.6,
            hatch=None if known else "////",
        )
    )  # fmt: skip
    middle = place.start_deg + (place.width_deg / 2 if place.width_deg < 360 else 0)
    x, y = _point((place.inner + place.outer) / 2 if place.inner else 0.0, middle)
    number = percent_text(value) if value is not None and known else "–"
    style: dict[str, Any] = {"ha": "center", "color": text_colour(colour) if known else "black"}
    axes.text(x, y + 4, label, fontsize=4.5, va="bottom", **style)
    axes.text(x, y + 3, number, fontsize=7.5, va="top", **style)


def _point(radius: float, angle_deg: float) -> tuple[float, float]:
    x, y = radius * cos(radians(angle_deg)), radius * sin(radians(angle_deg))
    return x, 0.0 if abs(y) < 1e-9 else y
