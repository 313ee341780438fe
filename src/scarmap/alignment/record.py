"""`alignment.json`: which slice of which stack became what, and how far it was moved."""

from collections.abc import Mapping
from typing import Any

from scarmap.alignment.result import Aligned, SequenceMoves, SliceMove
from scarmap.version import __version__


def about(aligned: Aligned) -> dict[str, Any]:
    """What `alignment.json` holds, as JSON values; slices are counted from 1, as on pages."""
    return {
        "scarmap": __version__,
        "align": aligned.how,
        "reference": aligned.reference,
        "axes": "x and y are the first and the second axis of the reference's array, in mm",
        "sequences": {
            sequence: _sequence(moves, full=aligned.how == "full")
            for sequence, moves in aligned.moves.items()
        },
        "flags": list(flags(aligned.moves)),
    }


def _sequence(moves: SequenceMoves, *, full: bool) -> dict[str, Any]:
    common = moves.common
    told: dict[str, Any] = {} if common is None else {"common_move_mm": _rounded(common.move_mm)}
    slices = [{"slice": z + 1, **_slice(each, full=full)} for z, each in enumerate(moves.slices)]
    return told | {"slices": slices}


def _slice(each: SliceMove, *, full: bool) -> dict[str, Any]:
    if each.partner is None:
        return {"from_slice": None}
    placed: dict[str, Any] = {
        "from_slice": each.partner + 1,
        "plane_distance_mm": round(each.distance_mm, 2),
        "moved_mm": _rounded(each.made_mm),
    }
    if not full:
        return placed
    return placed | {
        "found_mm": _rounded(each.found_mm),
        "overlap_before": round(each.overlap_before, 3),
        "overlap_after": round(each.overlap_after, 3),
        "cues_apart_mm": round(each.apart_mm, 1),
        "refused": each.refused or None,
    }


def _rounded(move_mm: tuple[float, float]) -> list[float]:
    return [round(each, 2) + 0.0 for each in move_mm]


def flags(moves: Mapping[str, SequenceMoves]) -> tuple[str, ...]:
    """What a reader of the study must be told, one sentence each."""
    told = []
    for sequence, found in moves.items():
        if len(found.missing) == len(found.slices):
            told.append(f"{sequence} shows none of the slices and was not used.")
        elif found.missing:
            told.append(f"{sequence} has no {_slices(found.missing)}.")
        reasons = {each.refused for each in found.slices if each.refused}
        for reason in sorted(reasons):
            where = tuple(z for z, each in enumerate(found.slices) if each.refused == reason)
            told.append(
                f"{sequence} was left where the scanner placed it in {_slices(where)}: {reason}."
            )
    return tuple(told)


def _slices(numbers: tuple[int, ...]) -> str:
    names = [str(number + 1) for number in numbers]
    if len(names) == 1:
        return f"slice {names[0]}"
    return f"slices {', '.join(names[:-1])} and {names[-1]}"
