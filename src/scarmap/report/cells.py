"""Figures and names as text: digits, units, and a dash for what is undefined."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite, isnan

from scarmap.quantification.result import Interval

UNDEFINED = "–"

DIGITS = {"ml": 1, "g": 1, "%": 1, "mm": 1, "ratio": 2, "count": 0, "m2": 2, "g/m2": 1}
"""Unit in `scarmap.quantification.dictionary.FIGURES` to decimal places."""

_NOTHING = 1e-9
"""Smaller figures are what rounding errors leave of nothing."""


def figure_text(value: float, unit: str) -> str:
    """Write a figure without its unit.

    What rounding errors left of nothing is 0, a little above it is told as such, and a little below
    it, which only a difference can be, is 0 with its digits.

    >>> [figure_text(value, "g") for value in (12.345, -3.14, 0.04, -0.04, 0.0, float("nan"))]
    ['12.3', '−3.1', '<0.1', '0.0', '0', '–']
    """
    if isnan(value):
        return UNDEFINED
    digits = DIGITS[unit]
    smallest = 10.0**-digits
    if abs(value) < _NOTHING:
        return "0"
    if 0 < value < smallest / 2:
        return f"<{smallest:.{digits}f}"
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value <= -smallest / 2 else text


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


def plain(value: object) -> str:
    """Write a setting, without powers of ten.

    >>> [plain(value) for value in (1e-05, 0.25, 2.0, "max", (1e-07, None))]
    ['0.00001', '0.25', '2', 'max', '(0.0000001, None)']
    """
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0") if isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        inside = ", ".join(map(plain, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return str(value)


def probability_text(value: float) -> str:
    """Write a p value.

    >>> [probability_text(value) for value in (0.0421, 0.00003, float("nan"))]
    ['0.042', '< 0.001', '–']
    """
    if isnan(value):
        return UNDEFINED
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


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
