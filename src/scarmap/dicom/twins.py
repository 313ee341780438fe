"""Magnitude and phase-sensitive LGE of one acquisition, where no header says which is which."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from scarmap.dicom.frames import Frame
from scarmap.dicom.stacks import Stack
from scarmap.errors import DataError
from scarmap.volume import ImageArray

Read = Callable[[Sequence[Frame]], Sequence[ImageArray]]

_SAME_MM = 0.1


def told_apart(stacks: Sequence[Stack], read: Read) -> list[Stack]:
    """The phase-sensitive one of two stacks that show the same slices, else what was given.

    A magnitude has no sign; phase-sensitive images have values on both sides of zero. The middle
    slice of each stack is read, and only where two stacks of LGE have equal right.

    Args:
        stacks: Stacks of equal right.
        read: Gives the values of frames.

    Returns:
        One stack, with a flag that says why, or all that were given.
    """
    if len(stacks) != 2 or not _are_twins(*stacks):
        return list(stacks)
    try:
        signed = [_is_signed(stack, read) for stack in stacks]
    except (DataError, OSError):  # a question is asked, as before
        return list(stacks)
    if sum(signed) != 1:
        return list(stacks)
    found, other = (stacks[signed.index(each)] for each in (True, False))
    why = (
        f"series {found.numbers} and {other.numbers} show the same slices and no header tells "
        f"which is phase-sensitive; series {found.numbers} is used, as only its values lie on "
        "both sides of zero"
    )
    parts = tuple(replace(each, part=replace(each.part, kind="psir")) for each in found.parts)
    return [replace(found, parts=parts, flags=(*found.flags, why))]


def _are_twins(first: Stack, second: Stack) -> bool:
    """Whether both are LGE of unknown kind, slice by slice at the same place."""
    if first.role != "LGE" or first.kind or second.kind:
        return False
    here, there = (
        np.array([frames[0].position for frames in each.slices]) for each in (first, second)
    )
    return here.shape == there.shape and bool(np.allclose(here, there, rtol=0, atol=_SAME_MM))


def _is_signed(stack: Stack, read: Read) -> bool:
    (values,) = read([stack.slices[len(stack.slices) // 2][0]])
    return bool((values < 0).any() and (values > 0).any())
