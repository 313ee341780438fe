"""Find the move of each slice of each sequence, from all pairs of sequences together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scarmap.alignment.agreement import (
    OUTLINES,
    WEIGHTS,
    Board,
    Scores,
    Seen,
    Weights,
    board_of,
    cues_by_move,
    likelihood,
)
from scarmap.alignment.guard import Evidence, decide, lies_still
from scarmap.alignment.moves import (
    best_move,
    chances,
    find_common,
    prior,
    score_at,
    told_by_third,
)
from scarmap.alignment.outlines import Maps, around_heart
from scarmap.alignment.placement import Partners
from scarmap.alignment.result import SequenceMoves, SliceMove, unmoved
from scarmap.volume import Volume

Cues = NDArray[np.float64]
OF_OTHERS = (("bSSFP", "T2"),)
"""Pairs that are compared beside those with the reference."""


@dataclass(frozen=True)
class Compared:
    """How well sequences agree in each slice.

    Attributes:
        reference: The sequence that stays.
        board: The moves that were looked at.
        cues: Pair to the cues of each slice, (5, A, B), for moves of the second; None where one of
            the two has no slice.
        weights: Of each pair's cues.
    """

    reference: str
    board: Board
    cues: Mapping[tuple[str, str], tuple[Cues | None, ...]]
    weights: Weights

    def own(self, sequence: str, z: int, *, only: slice = slice(None)) -> Scores:
        """Log likelihood of each move by the reference and the sequence alone."""
        pair = (self.reference, sequence)
        cues = self.cues[pair][z]
        assert cues is not None
        return likelihood(cues, self.weights[pair], only=only)

    def by_third(self, sequence: str, z: int) -> Scores | float:
        """Log likelihood of each move by way of a third sequence; 0 where there is none."""
        for pair, slices in self.cues.items():
            cues = slices[z]
            if sequence not in pair or self.reference in pair or cues is None:
                continue
            third = pair[0] if pair[1] == sequence else pair[1]
            if self.cues[self.reference, third][z] is None:
                continue
            between = chances(likelihood(cues, self.weights[pair]))
            between = between if pair[1] == sequence else between[::-1, ::-1]
            known = self.own(third, z) + prior(self.board)
            return told_by_third(chances(known), between)
        return 0.0


def find_moves(
    images: Mapping[str, Volume],
    maps: Mapping[str, Maps],
    partners: Mapping[str, Partners],
    *,
    reference: str,
) -> dict[str, SequenceMoves]:
    """Find the move of each slice of each sequence but the reference.

    Args:
        images: Sequence to image, on one grid whose pixels are about `PIXEL_MM`.
        maps: Sequence to what is seen in it, see `scarmap.alignment.outlines.see`.
        partners: Sequence to its slices; there is none for the reference.
        reference: The sequence that stays.
    """
    spacing = images[reference].grid.spacing_mm
    pixel_mm = (spacing[0], spacing[1])
    seen = around_heart(images, maps, reference=reference)
    compared = compare(seen, partners, reference=reference, pixel_mm=pixel_mm)
    return {
        sequence: moves_of(
            sequence,
            compared,
            unmoved(partners[sequence]),
            hearts_mm2(seen[reference], seen[sequence], pixel_mm),
        )
        for sequence in partners
    }


def compare(
    seen: Mapping[str, Seen],
    partners: Mapping[str, Partners],
    *,
    reference: str,
    pixel_mm: tuple[float, float],
    weights: Weights = WEIGHTS,
) -> Compared:
    """Compare all pairs of sequences, slice by slice, for every move."""
    slices = range(len(seen[reference].images))
    cues = {}
    for first, second in _pairs(partners, reference):
        known = [partners[each] for each in (first, second) if each != reference]
        cues[first, second] = tuple(
            cues_by_move(seen[first], seen[second], z, pixel_mm=pixel_mm)
            if all(each[z] for each in known)
            else None
            for z in slices
        )
    return Compared(reference, board_of(pixel_mm), cues, weights)


def _pairs(partners: Mapping[str, Partners], reference: str) -> list[tuple[str, str]]:
    with_reference = [(reference, each) for each in partners]
    return with_reference + [pair for pair in OF_OTHERS if partners.keys() >= set(pair)]


def moves_of(
    sequence: str, compared: Compared, placed: SequenceMoves, hearts_mm2: NDArray[np.float64]
) -> SequenceMoves:
    """Find and judge the moves of one sequence's slices.

    Args:
        sequence: Its name.
        compared: How well sequences agree.
        placed: The sequence by the scanner's geometry.
        hearts_mm2: (Z, 2), area of the epicardium in the reference and in the sequence.
    """
    there = [z for z, each in enumerate(placed.slices) if each.partner is not None]
    if not there:
        return placed
    scores = {z: compared.own(sequence, z) + compared.by_third(sequence, z) for z in there}
    common = find_common(list(scores.values()), compared.board)
    known = prior(compared.board, common)
    found = {z: best_move(scores[z] + known, compared.board) for z in there}
    still = lies_still(list(found.values()))
    slices = list(placed.slices)
    for z in there:
        evidence = _evidence(sequence, compared, z, scores[z], hearts_mm2[z])
        slices[z] = _judged(slices[z], found[z], evidence, compared.board, still=still)
    return SequenceMoves(tuple(slices), common)


def _evidence(
    sequence: str, compared: Compared, z: int, scores: Scores, hearts_mm2: NDArray[np.float64]
) -> Evidence:
    wide = prior(compared.board)
    cues = compared.cues[compared.reference, sequence][z]
    assert cues is not None
    return Evidence(
        all_cues=scores,
        outlines=compared.own(sequence, z, only=slice(OUTLINES)) + wide,
        edges=compared.own(sequence, z, only=slice(OUTLINES, None)) + wide,
        overlap=cues[0],
        hearts_mm2=(float(hearts_mm2[0]), float(hearts_mm2[1])),
    )


def _judged(
    placed: SliceMove,
    found_mm: tuple[float, float],
    evidence: Evidence,
    board: Board,
    *,
    still: bool,
) -> SliceMove:
    decision = decide(found_mm, evidence, board)
    if still:
        decision = replace(decision, move_mm=(0.0, 0.0), refused="")
    return replace(
        placed,
        found_mm=found_mm,
        made_mm=decision.move_mm,
        overlap_before=score_at(evidence.overlap, board, (0.0, 0.0)),
        overlap_after=score_at(evidence.overlap, board, decision.move_mm),
        apart_mm=decision.apart_mm,
        refused=decision.refused,
    )


def hearts_mm2(
    reference: Seen, sequence: Seen, pixel_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """Area of the epicardium in each slice of two sequences, (Z, 2)."""
    areas = [each.maps[:, 0].sum((1, 2), dtype=np.float64) for each in (reference, sequence)]
    both: NDArray[np.float64] = np.stack(areas, axis=1) * pixel_mm[0] * pixel_mm[1]
    return both
