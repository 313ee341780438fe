"""Short-axis stacks of a study: parts of one kind put together, whatever series they came in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scarmap.dicom.frames import Frame
from scarmap.dicom.parts import group_places, parallel, same_axes
from scarmap.dicom.physics import STACK
from scarmap.dicom.roles import Sorted

GAP = 1.5
"""A step of this many usual ones is a slice that is missing."""


@dataclass(frozen=True)
class Stack:
    """Parallel slices of one sequence.

    Attributes:
        role: One of `scarmap.labels.SEQUENCES`.
        parts: Where the frames come from.
        slices: Frames at each position, ascending along the normal: one, or the phases of a film.
        flags: What is unusual.
        copies: Parts that hold the same acquisition once more.
    """

    role: str
    parts: tuple[Sorted, ...]
    slices: tuple[tuple[Frame, ...], ...]
    flags: tuple[str, ...]
    copies: tuple[Sorted, ...] = ()

    @property
    def kind(self) -> str:
        """What its voxels are: "magnitude", "psir" or ""."""
        return self.parts[0].part.kind

    @property
    def numbers(self) -> str:
        """Numbers of its series, for people."""
        return list_numbers(self.parts)


def list_numbers(parts: Iterable[Sorted]) -> str:
    """Numbers of series, for people.

    Args:
        parts: Parts of any series.
    """
    numbers = sorted({each.part.number for each in parts})
    shown = ["without number" if number < 0 else str(number) for number in numbers]
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")


def build_stacks(decided: Sequence[Sorted], role: str) -> list[Stack]:
    """All candidate stacks of a role.

    Args:
        decided: Parts of one study in the short axis; those of other roles are passed over.
        role: One of `scarmap.labels.SEQUENCES`.

    Returns:
        Stacks, the one with most slices first.
    """
    groups: list[list[Sorted]] = []
    for each in sorted((d for d in decided if d.role == role), key=_size_first):
        home = next((group for group in groups if _belongs(each, group)), None)
        if home is None:
            groups.append([each])
        else:
            home.append(each)
    stacks = [_stack(role, *_without_copies(group)) for group in groups]
    return sorted(stacks, key=lambda stack: (-len(stack.slices), stack.parts[0].part.number))


def _size_first(each: Sorted) -> tuple[int, int, str]:
    return -len(each.part.places_mm), each.part.number, each.part.series


def _belongs(each: Sorted, group: list[Sorted]) -> bool:
    """Whether a part continues or repairs a stack, rather than being a second one."""
    first, part = group[0], each.part
    alike = (
        (first.kind, first.part.kind, _style(first)) == (each.kind, part.kind, _style(each))
        and first.part.frames[0].shape == part.frames[0].shape
        and np.allclose(first.part.frames[0].spacing_mm, part.frames[0].spacing_mm, rtol=0.01)
        and parallel(first.part.frames[0].normal, part.frames[0].normal)
    )
    if not alike:
        return False
    held = _heights([member.part.frames for member in group], first)
    mine = _heights([part.frames], first)
    shared = sum(bool((np.abs(held - height) < 1).any()) for height in mine)
    if len(mine) < STACK or shared < len(mine) / 2:
        return True
    return any(_is_copy(each, member) for member in group)


def _style(each: Sorted) -> tuple[str, ...]:
    return tuple(word for word in each.lesser if word != "repeated")


def _heights(frames: Iterable[Sequence[Frame]], first: Sorted) -> np.ndarray:
    normal = first.part.frames[0].normal
    heights = np.sort([float(frame.position @ normal) for each in frames for frame in each])
    return np.array(group_places(heights)[1])


def _is_copy(each: Sorted, other: Sorted) -> bool:
    """Whether two parts are one acquisition stored twice."""
    mine, theirs = each.part.frames, other.part.frames
    if each.part.series == other.part.series or len(mine) != len(theirs):
        return False
    times = [sorted(frame.acquired for frame in frames) for frames in (mine, theirs)]
    return times[0] == times[1] and len(times[0][0]) > 8


def _without_copies(group: list[Sorted]) -> tuple[list[Sorted], list[Sorted]]:
    kept: list[Sorted] = []
    copies: list[Sorted] = []
    for each in sorted(group, key=lambda member: (member.part.number, member.part.series)):
        same = any(
            _is_copy(each, other)
            and np.allclose(each.part.frames[0].position, other.part.frames[0].position, atol=1)
            for other in kept
        )
        (copies if same else kept).append(each)
    return kept, copies


def _stack(role: str, parts: list[Sorted], copies: list[Sorted]) -> Stack:
    straight, turned = _without_turned([frame for each in parts for frame in each.part.frames])
    normal = straight[0].normal
    frames = sorted(straight, key=lambda frame: float(frame.position @ normal))
    heights = np.array([float(frame.position @ normal) for frame in frames])
    places, _ = group_places(heights, thickness_mm=frames[0].thickness_mm)
    together: list[list[Frame]] = [[] for _ in range(places[-1] + 1)]
    for place, frame in zip(places, frames, strict=True):
        together[place].append(frame)
    film = role == "bSSFP"
    slices = [_latest(each, film=film) for each in together]
    repeated = sum(len(kept) < len(each) for kept, each in zip(slices, together, strict=True))
    flags = list(turned)
    if repeated:
        flags.append(f"{repeated} slices were acquired more than once; the later image is used")
    if copies:
        flags.append(f"series {list_numbers(copies)} are copies of series {list_numbers(parts)}")
    kept_slices, gaps = _longest_run(slices, normal)
    return Stack(role, tuple(parts), tuple(kept_slices), (*flags, *gaps), tuple(copies))


def _without_turned(frames: list[Frame]) -> tuple[list[Frame], list[str]]:
    """The pictures whose axes most places share: an array has one pair of axes for all slices."""
    ways: list[list[Frame]] = []
    for frame in frames:
        home = next((way for way in ways if same_axes(way[0], frame)), None)
        if home is None:
            ways.append([frame])
        else:
            home.append(frame)
    if len(ways) == 1:
        return frames, []
    kept = max(ways, key=lambda way: (_num_places(way), max(frame.acquired for frame in way)))
    lost = [frame for way in ways if way is not kept for frame in way]
    flag = (
        f"images at {_num_places(lost)} of {_num_places(frames)} places are left out, as their "
        "field of view is turned or mirrored in the plane against that of the others"
    )
    return kept, [flag]


def _num_places(frames: Sequence[Frame]) -> int:
    heights = np.sort([float(frame.position @ frames[0].normal) for frame in frames])
    return len(group_places(heights)[1])


def _latest(frames: list[Frame], *, film: bool) -> tuple[Frame, ...]:
    """Of several acquisitions at one place the last: one image, or the phases of one series."""
    last = max(frames, key=lambda frame: (frame.acquired, frame.instance, frame.uid))
    if not film:
        return (last,)
    return tuple(frame for frame in frames if frame.series == last.series)


def _longest_run(
    slices: list[tuple[Frame, ...]], normal: np.ndarray
) -> tuple[list[tuple[Frame, ...]], list[str]]:
    """The longest run of slices without a gap: an image holds no hole, and no slice is invented."""
    if len(slices) < 3:
        return slices, []
    heights = np.array([float(frames[0].position @ normal) for frames in slices])
    steps = np.diff(heights)
    usual = float(np.median(steps))
    cuts = [0, *(int(index) + 1 for index in np.flatnonzero(steps >= GAP * usual)), len(slices)]
    runs = [(stop - start, -start) for start, stop in pairwise(cuts)]
    length, start = max(runs)
    if length == len(slices):
        return slices, []
    widest = float(steps.max())
    flag = (
        f"the stack has a gap of {widest:.1f} mm where {usual:.1f} mm are usual, so slices are "
        f"missing: {length} of {len(slices)} slices, the longest run without a gap, are used"
    )
    return slices[-start : -start + length], [flag]
