"""Where a mask comes from, and what it can therefore not show."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scarmap.labels import INDEX, LabelArray

GIVEN_MASK = "given mask"
"""Origin of a mask of which nothing more is known."""

SHOWN_BY: Mapping[str, str] = {"scar": "LGE", "mvo": "LGE", "edema": "T2"}
"""Tissue to the sequence without which nobody can see it."""

NOT_ASSESSABLE, NOT_ASSESSED = "not assessable", "not assessed"


@dataclass(frozen=True)
class MaskOrigin:
    """Where a mask comes from.

    Attributes:
        name: The model, or `GIVEN_MASK`.
        version: The model's version; "" where it has none.
        limits: What the model says of itself, in words; "" for nothing.
        hardly_calls: Tissues that the model hardly ever calls, so that finding none means nothing.
        sequences: Sequences that were looked at; None where that is not known.
        remarks: What was told when the mask was made, one sentence each.
        by_model: Whether a model made it, edited since or not; an expert has seen what is drawn.
    """

    name: str = GIVEN_MASK
    version: str = ""
    limits: str = ""
    hardly_calls: tuple[str, ...] = ()
    sequences: tuple[str, ...] | None = None
    remarks: tuple[str, ...] = ()
    by_model: bool = False

    @property
    def title(self) -> str:
        """Name, version and limits in one line."""
        version = f", version {self.version}" if self.version else ""
        return f"{self.name}{version}" + (f": {self.limits}" if self.limits else "")


GIVEN = MaskOrigin()


def unassessed(origin: MaskOrigin, labels: LabelArray, tissues: tuple[str, ...]) -> dict[str, str]:
    """Tissues whose absence, or presence, in a mask tells nothing about the patient.

    What an expert has drawn was seen by that expert, on whatever images, and so was the sequence
    that shows it. What a model calls without that sequence is a guess.

    Args:
        origin: Where the mask comes from.
        labels: (X, Y, Z), tissue indices.
        tissues: Tissues that its layout labels.

    Returns:
        Tissue to `NOT_ASSESSABLE`, where the sequence that shows it is missing, or to
            `NOT_ASSESSED`, where the model hardly ever calls it and called none.
    """
    counts = np.bincount(labels.ravel(), minlength=len(INDEX))
    held = {tissue for tissue in SHOWN_BY if counts[INDEX[tissue]]}
    seen, never_called = _seen(origin, held), set(origin.hardly_calls) - held
    found: dict[str, str] = {}
    for tissue in filter(SHOWN_BY.get, tissues):
        if SHOWN_BY[tissue] not in seen:
            found[tissue] = NOT_ASSESSABLE
        elif tissue in never_called:
            found[tissue] = NOT_ASSESSED
    return found


def _seen(origin: MaskOrigin, held: set[str]) -> set[str]:
    """Sequences that were looked at, all where that is not known."""
    if origin.sequences is None:
        return set(SHOWN_BY.values())
    drawn_on = set() if origin.by_model else {SHOWN_BY[tissue] for tissue in held}
    return {*origin.sequences, *drawn_on}


def undefined_parts(missing: Mapping[str, str]) -> tuple[str, ...]:
    """Parts of the wall whose sizes are unknown where some tissues were not assessed.

    Infarct includes no-reflow, called so or not; so do edema and infarct together.

    >>> undefined_parts({"mvo": "not assessed"})
    ('infarct_without_mvo', 'mvo')
    >>> undefined_parts({"edema": "not assessable"})
    ('normal_myocardium', 'edema', 'area_at_risk')
    """
    needed = {
        "normal_myocardium": ("scar", "edema"),
        "infarct": ("scar",),
        "infarct_without_mvo": ("scar", "mvo"),
        "mvo": ("mvo",),
        "edema": ("edema",),
        "area_at_risk": ("scar", "edema"),
    }
    return tuple(part for part, tissues in needed.items() if missing.keys() & set(tissues))
