"""Whether a slice's move is believed: when in doubt, the scanner's geometry stands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scarmap.alignment.agreement import Board, Scores
from scarmap.alignment.moves import best_move, score_at

LEAST_MM = 2.0
"""Shorter moves are within what alignment errs, and are not made."""
STILL_MM = 3.0
"""A sequence whose slices move less than this in the root mean square, little more than alignment
errs by, is taken to lie where it belongs."""
LARGEST_MM = 15.0
"""A longer one is no breath-hold."""
APART_MM = 8.0
"""Outlines and edges that ask for moves further apart than this are not believed: where they were,
the error was more than twice as large."""
SMALLEST_HEART_MM2 = 200.0
"""Of the epicardium's area in a slice; where less is seen there is nothing to align."""

SMALLEST_SHARE = 0.4
"""Of the larger of two areas of epicardium that are compared, the smaller one; else one of them is
no heart."""

NO_HEART = "no heart was seen in it"
OTHER_HEART = "a heart of another size was seen in it"
FAR = "the move was too long for a breath-hold"
APART = "outlines and edges disagreed"
WORSE = "the images did not agree better after the move"


@dataclass(frozen=True)
class Evidence:
    """What the images of one slice say of its move.

    Attributes:
        all_cues: Log likelihood of each move, (A, B).
        outlines: The same by the outlines alone, with what was known before.
        edges: The same by the edges alone, with what was known before.
        overlap: Soft Dice of the epicardium for each move, (A, B).
        hearts_mm2: Areas of the epicardium in the two sequences that are compared.
    """

    all_cues: Scores
    outlines: Scores
    edges: Scores
    overlap: Scores
    hearts_mm2: tuple[float, float]


@dataclass(frozen=True)
class Decision:
    """What is done with a slice.

    Attributes:
        move_mm: The move that is made, (x, y).
        apart_mm: Distance between the moves that outlines and edges ask for.
        refused: Why the move that was found is not made; empty where it is, or where it is short.
    """

    move_mm: tuple[float, float]
    apart_mm: float
    refused: str = ""


def lies_still(found_mm: Sequence[tuple[float, float]]) -> bool:
    """Whether the moves of a sequence's slices are together no more than error.

    Args:
        found_mm: The move that was found for each slice.
    """
    squares = (np.asarray(found_mm) ** 2).sum(axis=1)
    return bool(np.sqrt(squares.mean()) < STILL_MM)


def decide(found_mm: tuple[float, float], evidence: Evidence, board: Board) -> Decision:
    """Accept a move or leave the slice where the scanner placed it."""
    outlines, edges = best_move(evidence.outlines, board), best_move(evidence.edges, board)
    apart = float(np.hypot(outlines[0] - edges[0], outlines[1] - edges[1]))
    smaller, larger = sorted(evidence.hearts_mm2)
    if smaller < SMALLEST_HEART_MM2:
        return Decision((0.0, 0.0), apart, NO_HEART)
    if smaller < SMALLEST_SHARE * larger:
        return Decision((0.0, 0.0), apart, OTHER_HEART)
    if np.hypot(*found_mm) < LEAST_MM:
        return Decision((0.0, 0.0), apart)
    refused = _doubt(found_mm, evidence.all_cues, board, apart)
    return Decision((0.0, 0.0) if refused else found_mm, apart, refused)


def _doubt(found_mm: tuple[float, float], all_cues: Scores, board: Board, apart_mm: float) -> str:
    if np.hypot(*found_mm) > LARGEST_MM:
        return FAR
    if apart_mm > APART_MM:
        return APART
    if score_at(all_cues, board, found_mm) <= score_at(all_cues, board, (0.0, 0.0)):
        return WORSE
    return ""
