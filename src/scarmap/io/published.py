"""Published figures as text, with the digits that their paper prints."""

from collections.abc import Mapping
from typing import Any

Published = Mapping[str, Mapping[str, Any]]
"""Metric to structure to `[mean, sd]` or a mean alone; ratios in percent."""


def published_decimals(by_structure: Mapping[str, Any]) -> int:
    """Decimals that a paper prints of one metric in one row: its longest figure's, one at least.

    A float keeps no zero at its end, so 57.50 alone would look like 57.5; beside 23.09 it does not.

    Args:
        by_structure: Structure to mean and sd, or a mean alone.

    >>> published_decimals({"scar": [57.5, 23.09]}), published_decimals({"scar": 53})
    (2, 1)
    """
    figures = [figure for score in by_structure.values() for figure in _figures(score)]
    return max([1, *(len(repr(figure).partition(".")[2]) for figure in figures)])


def published_text(score: Any, decimals: int = 1) -> str:
    """Write a published mean and sd with as many decimals as the paper.

    >>> published_text([53.0, 20.5]), published_text(53), published_text([8.25, 9.06], 2)
    ('53.0 ± 20.5', '53.0', '8.25 ± 9.06')
    """
    return " ± ".join(f"{figure:.{decimals}f}" for figure in _figures(score))


def _figures(score: Any) -> list[float]:
    """A published mean, and its sd where there is one."""
    numbers = list(score) if isinstance(score, (list, tuple)) else [score]
    return [float(number) for number in numbers[:2] if number is not None]
