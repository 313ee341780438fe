"""The move of each slice: likely by its own images, and near what the slices have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scarmap.alignment.agreement import Board, Scores

SPREAD_MM = 12.0
"""Standard deviation of moves along each axis before anything is known (measured: 8 is too narrow
for large moves, and with none the far ones are wrong too often)."""
OWN_MM = 6.0
"""The same of a slice's move beside that of the others, before anything is known."""
OWN_COUNTS = 4
"""How many slices what was known before counts as."""
ROUNDS = 8
NEVER = -1e9
TINY = 1e-12


@dataclass(frozen=True)
class Common:
    """What the slices of a sequence have in common.

    Attributes:
        move_mm: Their common move, (x, y).
        spread_mm: Standard deviation of each slice's move about it, along each axis.
    """

    move_mm: tuple[float, float]
    spread_mm: float


def prior(board: Board, common: Common = Common((0.0, 0.0), SPREAD_MM)) -> Scores:
    """Logarithm of how likely each move is before the images are seen, (A, B), up to a constant."""
    away = board.moves_mm - np.array(common.move_mm)
    scores: Scores = -(away**2).sum(-1) / (2 * common.spread_mm**2)
    return np.where(board.within_reach, scores, NEVER)


def chances(scores: Scores) -> Scores:
    """Probability of each move from log likelihoods, (A, B)."""
    raised = np.exp(scores - scores.max())
    shares: Scores = raised / raised.sum()
    return shares


def told_by_third(third: Scores, between: Scores) -> Scores:
    """What a third sequence says of a sequence's move: log likelihood (A, B).

    Args:
        third: Probability of each move of the third sequence.
        between: Probability of each move of the sequence in question beside the third one.

    Returns:
        Logarithm of the sum over the moves c of the third of `third[c] * between[move - c]`.
    """
    from scipy.signal import fftconvolve  # brings scipy.stats: a second that others do not need

    summed = fftconvolve(third, between, mode="same")
    return np.log(np.maximum(summed, TINY))


def find_common(scores: Sequence[Scores], board: Board) -> Common:
    """What the moves of all slices have in common, by expectation and maximisation.

    Slices whose images say little hardly move it, and a few slices leave much of what was known
    before.

    Args:
        scores: Log likelihood of each slice's moves, (A, B) each.
        board: The moves.
    """
    common = Common((0.0, 0.0), OWN_MM)
    moves, count = board.moves_mm, len(scores)
    for _ in range(ROUNDS):
        likely = [chances(each + prior(board, common)) for each in scores]
        means = np.array([np.tensordot(each, moves, 2) for each in likely])
        middle = means.sum(0) / (count + (common.spread_mm / SPREAD_MM) ** 2)
        away = ((moves - middle) ** 2).sum(-1)
        squares = sum(float((each * away).sum()) for each in likely)
        variance = (squares + 2 * OWN_COUNTS * OWN_MM**2) / (2 * count + 2 * OWN_COUNTS)
        common = Common((float(middle[0]), float(middle[1])), float(variance**0.5))
    return common


def best_move(scores: Scores, board: Board) -> tuple[float, float]:
    """The move of the highest score in mm, between pixels by a parabola through its neighbours."""
    place = np.unravel_index(
        int(np.where(board.within_reach, scores, NEVER).argmax()), scores.shape
    )
    x, y = (int(each) for each in place)
    return (
        float(board.x_mm[x] + _between(scores[:, y], x) * (board.x_mm[1] - board.x_mm[0])),
        float(board.y_mm[y] + _between(scores[x], y) * (board.y_mm[1] - board.y_mm[0])),
    )


def _between(line: Scores, index: int) -> float:
    if not 0 < index < len(line) - 1:
        return 0.0
    before, here, after = line[index - 1 : index + 2]
    bend = before - 2 * here + after
    if min(before, after) <= NEVER / 2 or bend >= 0:
        return 0.0
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))


def score_at(scores: Scores, board: Board, move_mm: tuple[float, float]) -> float:
    """Score of the looked-at move that is nearest to a move."""
    x = int(np.abs(board.x_mm - move_mm[0]).argmin())
    y = int(np.abs(board.y_mm - move_mm[1]).argmin())
    return float(scores[x, y])
