"""Fixtures of the tiny system."""

from tests.tiny_system import all_cases, bank, by_slice, job, of_two_stages, request_for, row, stage

__all__ = ["all_cases", "bank", "by_slice", "job", "of_two_stages", "request_for", "row", "stage"]
