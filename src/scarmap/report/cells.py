"""Figures and names as text: digits, units, and a dash for what is undefined."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan

from scarmap.quantification.result import Interval

UNDEFINED = "–"

DIGITS = {"ml": 1, "g": 1, "%": 1, "mm": 1, "ratio": 2, "count": 0, "m2": 2, "g/m2": 1}
"""Unit in `scarmap.quantification.dictionary.FIGURES` to decimal places."""


def figure_text(value: float, unit: str) -> str:
    """Write a figure without its unit.

    >>> [figure_text(value, "g") for value in (12.345, 0.04, 0.0, float("nan"))]
    ['12.3', '<0.1', '0', '–']
    """
    if isnan(value):
        return UNDEFINED
    digits = DIGITS[unit]
    smallest = 10.0**-digits
    if 0 < abs(value) < smallest / 2:
        return f"<{smallest:.{digits}f}" if value > 0 else f">-{smallest:.{digits}f}"
    return "0" if value == 0 else f"{value:.{digits}f}"


def with_unit(value: float, unit: str) -> str:
    """Write a figure with its unit, as far as it is defined and has one."""
    text = figure_text(value, unit)
    return text if unit in ("ratio", "count") or isnan(value) else f"{text} {unit}"


def interval_text(interval: Interval | None, unit: str) -> str:
    """Write an interval with the share that it covers; "" where there is none."""
    if interval is None or not (isfinite(interval.low) and isfinite(interval.high)):
        return ""
    share = "" if isnan(interval.confidence) else f"{100 * interval.confidence:.0f} % interval "
    return f"{share}{figure_text(interval.low, unit)} to {figure_text(interval.high, unit)} {unit}"


def some_names(names: Sequence[str], *, most: int = 8) -> str:
    """Join names for a sentence; of many only the first ones.

    >>> some_names(["a", "b", "c"], most=2)
    'a, b, …'
    """
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


@dataclass(frozen=True)
class Column:
    """Head of a column: its title and, on a second line, its unit; `text` is aligned left."""

    title: str
    unit: str = ""
    text: bool = False


@dataclass(frozen=True)
class AlignedTable:
    """Every cell as text; the first of a line is its head."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[str, ...], ...]
