"""Which phase of a film shows the heart as in the LGE: by share of the beat, slice by slice."""

from collections.abc import Sequence

import numpy as np

from scarmap.dicom.elements import Vector
from scarmap.dicom.frames import Frame

DIASTOLE = 0.7
"""Share of the heartbeat of an LGE that says none: middle to late diastole."""


def lge_share(slices: Sequence[Sequence[Frame]]) -> float | None:
    """Share of the heartbeat at which an LGE was acquired, median of slices; None if not said."""
    shares = []
    for frame in (frame for frames in slices for frame in frames):
        if frame.share is not None:
            shares.append(frame.share)
        elif frame.trigger_ms and frame.beat_ms:
            shares.append(frame.trigger_ms / frame.beat_ms)
    return float(np.median(shares)) % 1.0 if shares else None


def film_shares(frames: Sequence[Frame]) -> tuple[Vector, bool]:
    """Share of the heartbeat of each phase of a slice.

    Args:
        frames: The phases, in any order.

    Returns:
        (n,), from 0 to 1, and whether the header tells; where it does not, phases are spread evenly
        in the order of their numbers.
    """
    if all(frame.share is not None for frame in frames):
        return np.array([frame.share for frame in frames], dtype=np.float64) % 1.0, True
    times = np.array(
        [np.nan if frame.trigger_ms is None else frame.trigger_ms for frame in frames],
        dtype=np.float64,
    )
    if np.isfinite(times).all() and np.unique(times).size > len(frames) / 2:
        return (times / _beat(frames, times)) % 1.0, True
    order = np.argsort(np.argsort([frame.instance for frame in frames], kind="stable"))
    return order / len(frames), False


def nearest_phase(frames: Sequence[Frame], share: float) -> tuple[Frame, bool]:
    """The phase nearest to a share of the heartbeat, the beat taken as a circle.

    Args:
        frames: The phases of one slice, in any order.
        share: From 0 to 1.

    Returns:
        The phase, and whether the header tells the times.
    """
    if len(frames) == 1:
        return frames[0], True
    shares, told = film_shares(frames)
    away = np.abs(shares - share)
    away = np.minimum(away, 1 - away)
    return frames[int(np.lexsort((shares, np.round(away, 6)))[0])], told


def _beat(frames: Sequence[Frame], times: Vector) -> float:
    """Length of the heartbeat: as said if all phases fit in, else one step more than they take."""
    said = [frame.beat_ms for frame in frames if frame.beat_ms]
    distinct = np.unique(times)
    step = float(np.median(np.diff(distinct)))
    if said and float(np.median(said)) >= distinct[-1] - distinct[0]:
        return float(np.median(said))
    return float(distinct[-1] - distinct[0] + step)
