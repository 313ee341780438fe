"""What alignment returns: images on one grid, and what became of each slice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scarmap.alignment.moves import Common
from scarmap.alignment.placement import Partners
from scarmap.volume import Volume

How = Literal["headers", "full"]


@dataclass(frozen=True)
class SliceMove:
    """What became of one slice of a sequence.

    Attributes:
        partner: Its slice in its own stack, from 0; None where the stack has none there.
        distance_mm: From the reference's slice to the partner's plane.
        found_mm: The move that its images ask for, (x, y).
        made_mm: The move that was made, (x, y).
        overlap_before: Agreement of the outlines of the left ventricle (soft Dice) without a move.
        overlap_after: The same after the move that was made.
        apart_mm: Distance between the moves that outlines and edges ask for.
        refused: Why the move that was found was not made; empty where it was, or was short.
    """

    partner: int | None
    distance_mm: float = 0.0
    found_mm: tuple[float, float] = (0.0, 0.0)
    made_mm: tuple[float, float] = (0.0, 0.0)
    overlap_before: float = 0.0
    overlap_after: float = 0.0
    apart_mm: float = 0.0
    refused: str = ""


@dataclass(frozen=True)
class SequenceMoves:
    """What became of a sequence.

    Attributes:
        slices: One for each slice of the reference.
        common: What the moves of its slices have in common; None where none were looked for.
    """

    slices: tuple[SliceMove, ...]
    common: Common | None = None

    @property
    def made_mm(self) -> NDArray[np.float64]:
        """(Z, 2), the moves that were made."""
        return np.array([each.made_mm for each in self.slices], dtype=np.float64)

    @property
    def missing(self) -> tuple[int, ...]:
        """Slices that the sequence does not have, from 0."""
        return tuple(z for z, each in enumerate(self.slices) if each.partner is None)


@dataclass(frozen=True)
class Aligned:
    """A study on one grid.

    Attributes:
        images: Sequence to image on the reference's grid; the reference's own is as it was. Slices
            that a sequence lacks are zero everywhere.
        reference: The sequence that was not moved.
        how: "headers" for the scanner's geometry alone, "full" with the moves.
        moves: What became of each other sequence.
        before: Sequence to image by the scanner's geometry alone; empty for "headers".
        outlines: Sequence to probability of the epicardium, (X, Y, Z), on `outlines_grid`, without
            moves; empty for "headers".
    """

    images: Mapping[str, Volume]
    reference: str
    how: How
    moves: Mapping[str, SequenceMoves] = field(default_factory=dict)
    before: Mapping[str, Volume] = field(default_factory=dict)
    outlines: Mapping[str, Volume] = field(default_factory=dict)


def unmoved(partners: Partners) -> SequenceMoves:
    """A sequence as the scanner placed it."""
    return SequenceMoves(
        tuple(
            SliceMove(None) if each is None else SliceMove(each.number, each.distance_mm)
            for each in partners
        )
    )
