"""Fixtures of the tiny system."""

from tests.tiny_system import (
    all_cases,
    bank,
    by_slice,
    of_two_stages,
    request_for,
    row,
    stage,
    training,
)

__all__ = [
    "all_cases",
    "bank",
    "by_slice",
    "of_two_stages",
    "request_for",
    "row",
    "stage",
    "training",
]
