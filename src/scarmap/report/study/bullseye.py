"""The left ventricle seen from its apex, as a disc of segments in SVG: sharp in print.

Segment numbers, walls and the direction in which they rise are those of the American Heart
Association's model (Cerqueira 2002): segment 1 is on top, numbers rise anticlockwise, the septum is
on the left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, isfinite, radians, sin

import matplotlib
import numpy as np
from markupsafe import Markup, escape
from matplotlib.colors import to_hex, to_rgb

_EDGES = (0.0, 25.0, 50.0, 75.0, 100.0)
"""Class edges in percent; 0 is a class of its own, and each class holds its upper edge."""

CLASS_NAMES = ("0", "1–25", "26–50", "51–75", "76–100")

RADII = (98.0, 73.0, 48.0, 23.0)
"""Outer radius of the basal, the mid-ventricular and the apical ring, and of the cap."""

WALLS = ((90.0, "anterior"), (180.0, "septal"), (270.0, "inferior"), (0.0, "lateral"))

_RING_NAMES = {"basal": "basal", "mid": "mid-ventricular", "apical": "apical"}

_HALF = 128.0
"""Half the side of the drawing; the names of the walls stand outside the disc."""


@dataclass(frozen=True)
class Sector:
    """Where a segment is drawn.

    Attributes:
        inner: Inner radius.
        outer: Outer radius.
        start_deg: Anticlockwise from the right, where the lateral wall is.
        width_deg: 360 for the cap.
    """

    inner: float
    outer: float
    start_deg: float
    width_deg: float


@dataclass(frozen=True)
class Scale:
    """Colours of the classes.

    Attributes:
        name: What is shown, with its unit, for instance "transmurality, %".
        colours: One hex colour for each class, none at all first.
    """

    name: str
    colours: tuple[str, ...]


def _class_scale(name: str, colour_map: str) -> Scale:
    """Take the colours of the classes from a sequential map, 0 nearly white.

    Args:
        name: What is shown, with its unit.
        colour_map: Name of a matplotlib map whose lightness falls steadily, which colour-blind
            readers can follow.
    """
    shades = matplotlib.colormaps[colour_map](np.array([0.0, 0.26, 0.45, 0.66, 0.92]))
    return Scale(name, ("#f6f6f3", *(to_hex(shade) for shade in shades[1:])))


TRANSMURALITY = _class_scale("transmurality, %", "YlOrBr")
INFARCT = _class_scale("infarct, % of the segment", "YlOrBr")
EDEMA = _class_scale("edema, % of the segment", "PuBu")


def class_of(percent: float) -> int:
    """Class of a percentage: 0 for none at all, then upper edges 25, 50, 75 and 100.

    >>> [class_of(value) for value in (0.0, 0.2, 25.0, 25.1, 75.0, 100.0)]
    [0, 1, 1, 2, 3, 4]
    """
    return int(np.searchsorted(_EDGES[:-1], percent, side="left"))


def sector(segment: int) -> Sector:
    """Where a segment, 1 to 17, is drawn.

    >>> sector(2)
    Sector(inner=73.0, outer=98.0, start_deg=120.0, width_deg=60.0)
    """
    if segment == 17:
        return Sector(0.0, RADII[3], 0.0, 360.0)
    if segment > 12:
        return Sector(RADII[3], RADII[2], 45.0 + 90.0 * (segment - 13), 90.0)
    ring = 0 if segment < 7 else 1
    return Sector(RADII[ring + 1], RADII[ring], 60.0 + 60.0 * ((segment - 1) % 6), 60.0)


def bullseye(
    values: Mapping[int, float | None],
    scale: Scale,
    *,
    title: str,
    marked: Sequence[int] = (),
    insertions_deg: Sequence[float] = (),
) -> Markup:
    """Draw one bullseye.

    Args:
        values: Segment (1 to 16 or 17) to percent, None or NaN where it could not be measured;
            missing segments are hatched like these.
        scale: Colours of the classes.
        title: Read out before the numbers.
        marked: Segments that get a dot, for no-reflow.
        insertions_deg: Where the right ventricle inserts, in degrees anticlockwise from the lateral
            wall.

    Returns:
        An `svg` element with a text alternative.
    """
    segments = range(1, 18) if 17 in values else range(1, 17)
    tiles = [_tile(sector(number), values.get(number), scale, str(number)) for number in segments]
    dots = [_dot(sector(number)) for number in marked if number in segments]
    walls = [_wall(angle, name) for angle, name in WALLS]
    ticks = [_tick(angle) for angle in insertions_deg]
    described = "; ".join(f"segment {number} {_spoken(values.get(number))}" for number in segments)
    return _drawing(title, f"{scale.name}: {described}.", [*tiles, *dots, *ticks, *walls])


def ring_disc(
    values: Mapping[str, float | None], scale: Scale, *, title: str, cap: float | None = None
) -> Markup:
    """Draw whole rings where the direction of the walls is not known.

    Args:
        values: "basal", "mid" and "apical" to percent; None, NaN or missing is hatched.
        scale: Colours of the classes.
        title: Read out before the numbers.
        cap: Percent of the apical cap, None where it was not measured; then it stays blank.

    Returns:
        An `svg` element with a text alternative.
    """
    parts = []
    for index, ring in enumerate(_RING_NAMES):
        place = Sector(RADII[index + 1], RADII[index], 90.0, 360.0)
        parts.append(_tile(place, values.get(ring), scale, ring))
    if cap is not None:
        parts.append(_tile(sector(17), cap, scale, "17"))
    described = "; ".join(
        f"{_RING_NAMES[ring]} ring {_spoken(values.get(ring))}" for ring in _RING_NAMES
    )
    return _drawing(title, f"{scale.name}: {described}.", parts)


def legend(scale: Scale) -> Markup:
    """Draw the key of a scale: its classes, and the hatch of what could not be measured."""
    step = 44.0
    boxes = [
        f'<rect x="{1 + step * index}" y="1" width="{step}" height="13" fill="{colour}"/>'
        f'<text x="{1 + step * (index + 0.5)}" y="25">{name}</text>'
        for index, (name, colour) in enumerate(zip(CLASS_NAMES, scale.colours, strict=True))
    ]
    x = 1 + step * 5 + 10
    boxes.append(f'<rect x="{x}" y="1" width="{step}" height="13" class="hatched"/>')
    boxes.append(f'<text x="{x + step / 2}" y="25">missing</text>')
    label = escape(
        f"Key: {scale.name}. Classes 0, 1 to 25, 26 to 50, 51 to 75, 76 to 100; hatched is missing."
    )
    return Markup(
        f'<svg class="legend" viewBox="0 0 276 33" role="img" aria-label="{label}">'
        f"{''.join(boxes)}</svg>"
    )


def text_colour(background: str) -> str:
    """Black or white, whichever stands out more from a colour.

    >>> text_colour("#ffffff"), text_colour("#662506")
    ('#111111', '#ffffff')
    """
    # Relative luminance and contrast ratio of the Web Content Accessibility Guidelines 2.
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(background)
    ]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    on_white, on_black = 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.056
    return "#ffffff" if on_white > on_black else "#111111"


def _drawing(title: str, description: str, parts: Sequence[str]) -> Markup:
    box = f"{-_HALF:g} {-_HALF + 14:g} {2 * _HALF:g} {2 * _HALF - 28:g}"
    label = escape(f"{title}. {description}")
    return Markup(
        f'<svg class="bullseye" viewBox="{box}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def _tile(place: Sector, value: float | None, scale: Scale, label: str) -> str:
    if value is None or not isfinite(value):
        fill, ink, text = 'class="hatched"', "", "–"
    else:
        colour = scale.colours[class_of(value)]
        fill, ink, text = (
            f'fill="{colour}"',
            f' style="fill:{text_colour(colour)}"',
            percent_text(value),
        )
    middle = place.start_deg + place.width_deg / 2 if place.width_deg < 360 else place.start_deg
    x, y = _point((place.inner + place.outer) / 2 if place.inner else 0.0, middle)
    name = f'<text class="number" x="{x:.1f}" y="{y - 7.5:.1f}"{ink}>{escape(label)}</text>'
    return (
        f'<g data-segment="{escape(label)}"><path d="{_outline(place)}" {fill}/>'
        f'{name}<text class="value" x="{x:.1f}" y="{y + 3.5:.1f}"{ink}>{escape(text)}</text></g>'
    )


def _outline(place: Sector) -> str:
    if place.width_deg >= 360:
        return _circle(place.outer) + (_circle(place.inner) if place.inner else "")
    end = place.start_deg + place.width_deg
    (x0, y0), (x1, y1) = _point(place.outer, place.start_deg), _point(place.outer, end)
    (x2, y2), (x3, y3) = _point(place.inner, end), _point(place.inner, place.start_deg)
    return (
        f"M{x0:.2f} {y0:.2f}A{place.outer:g} {place.outer:g} 0 0 0 {x1:.2f} {y1:.2f}"
        f"L{x2:.2f} {y2:.2f}A{place.inner:g} {place.inner:g} 0 0 1 {x3:.2f} {y3:.2f}Z"
    )


def _circle(radius: float) -> str:
    arc = f"A{radius:g} {radius:g} 0 1 0"
    return f"M{radius:g} 0{arc} {-radius:g} 0{arc} {radius:g} 0Z"


def _dot(place: Sector) -> str:
    angle = place.start_deg + place.width_deg * 0.84
    x, y = _point(place.outer - 6.0, angle) if place.inner else (0.0, 15.0)
    return f'<circle class="no-reflow" cx="{x:.1f}" cy="{y:.1f}" r="3.4"/>'


def _tick(angle_deg: float) -> str:
    (x0, y0), (x1, y1) = _point(RADII[0], angle_deg), _point(RADII[0] + 9, angle_deg)
    return f'<line class="tick" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>'


def _wall(angle_deg: float, name: str) -> str:
    x, y = _point(RADII[0] + 9.0, angle_deg)
    turn = {180.0: -90, 0.0: 90}.get(angle_deg, 0)
    where = f'x="{x:.1f}" y="{y:.1f}" transform="rotate({turn} {x:.1f} {y:.1f})"'
    return f'<text class="wall" {where}>{name}</text>'


def _point(radius: float, angle_deg: float) -> tuple[float, float]:
    return radius * cos(radians(angle_deg)), -radius * sin(radians(angle_deg))


def percent_text(value: float) -> str:
    """Write a percentage without its sign.

    >>> percent_text(0.2), percent_text(41.7)
    ('<1', '42')
    """
    return "<1" if 0 < value < 0.5 else f"{value:.0f}"


def _spoken(value: float | None) -> str:
    return "not measured" if value is None or not isfinite(value) else f"{percent_text(value)} %"
