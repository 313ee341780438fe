"""Values of DICOM elements, whatever a scanner wrote: a number, a text, a vector, or nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Get = Callable[[str], Any]
"""An element's value by its keyword, None where it is missing."""


def to_number(value: Any) -> float | None:
    """A finite number from an element's value, the first of several; None where there is none."""
    if isinstance(value, bytes):
        value = int.from_bytes(value, "little", signed=True) if len(value) == 2 else text(value)
    if isinstance(value, str):
        value = value.split("\\")[0]
    elif hasattr(value, "__len__"):
        value = value[0] if len(value) else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def first(get: Get, *names: str) -> float | None:
    """The first of several elements that holds a number."""
    values = (to_number(get(name)) for name in names)
    return next((value for value in values if value is not None), None)


def whole(value: Any) -> int | None:
    """A whole number."""
    number = to_number(value)
    return None if number is None else int(number)


def positive(value: Any) -> float | None:
    """A number above zero."""
    number = to_number(value)
    return number if number is not None and number > 0 else None


def text(value: Any) -> str:
    """A text, also where a private element came as bytes."""
    return value.decode("ascii", "ignore").strip("\0 ") if isinstance(value, bytes) else str(value)


def texts(get: Get, name: str) -> list[str]:
    """All values of an element that are not empty."""
    value = get(name)
    if value in (None, ""):
        return []
    values = [value] if isinstance(value, str | bytes) else list(value)
    return [text(each) for each in values if each not in (None, "")]


def told(get: Get, *names: str) -> str:
    """The first of several elements that is not empty, as text; "" where all are."""
    return next((str(value) for value in map(get, names) if value), "")


def yes(value: Any, *names: str) -> bool | None:
    """Whether an enumeration has one of the values; None where it is empty."""
    return None if value in (None, "") else str(value) in names


def vector(value: Any, length: int) -> Vector:
    """Several numbers; NaN where they cannot be read or are not as many."""
    try:
        vector = np.array([float(each) for each in value], dtype=np.float64)
    except (TypeError, ValueError):
        return np.full(length, np.nan)
    return vector if vector.shape == (length,) else np.full(length, np.nan)


def pair(value: Any) -> tuple[float, float]:
    """Two numbers above zero; zeros where they cannot be read."""
    first, second = vector(value, 2)
    return (float(first), float(second)) if min(first, second) > 0 else (0.0, 0.0)
