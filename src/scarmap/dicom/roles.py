"""Which part is what: the evidence, weighed in an order, with reasons, a confidence and doubts.

Order: enumerations of the header; names that exclude; how the images were made; names that promise.
A name never overrules a complete stack whose making says otherwise, but the contradiction is
always told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scarmap.dicom.elements import Vector
from scarmap.dicom.parts import Part, parallel
from scarmap.dicom.physics import STACK, Finding, by_enumeration, by_making, stack_sizes
from scarmap.dicom.tokens import LATER, NOT_WANTED, WANTED, find, find_plane

ROLES = {"LGE": "LGE", "T2": "T2", "T2-prepared": "T2", "bSSFP": "bSSFP"}
"""Kinds that are one of the wanted sequences."""

STRONG = 0.8
MANY = 5
"""Parallel positions that no long axis has."""

SURE = 0.6
"""A role with less confidence is flagged."""


@dataclass(frozen=True)
class Sorted:
    """A part and what it was taken for.

    Attributes:
        part: The frames.
        kind: What it is, for instance "LGE", "T1 map", "localiser" or "unknown".
        plane: "short axis", "long axis", "axial", "coronal", "sagittal" or "".
        confidence: 0 to 1.
        reasons: Why, in words that hold nothing of the patient.
        doubts: What speaks against it, or what its name hides.
        lesser: Words that give it less right than another of its kind.
    """

    part: Part
    kind: str
    plane: str
    confidence: float
    reasons: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    lesser: tuple[str, ...] = field(default=())

    @property
    def role(self) -> str | None:
        """One of `scarmap.labels.SEQUENCES`, or None."""
        return ROLES.get(self.kind)


def sort_parts(parts: Sequence[Part]) -> list[Sorted]:
    """Say what each part of a study is.

    Args:
        parts: All parts of one study.
    """
    sizes = stack_sizes(parts)
    decided = [_decide(part, positions=sizes[id(part)]) for part in parts]
    axes = [
        sorted_.part.frames[0].normal
        for sorted_ in decided
        if sorted_.role
        and sizes[id(sorted_.part)] >= STACK
        and find_plane(_name(sorted_.part)) == "short axis"
    ]
    return [_with_plane(each, axes, positions=sizes[id(each.part)]) for each in decided]


def _name(part: Part) -> str:
    made = part.acquisition
    said = find(NOT_WANTED, made.description) or find(WANTED, made.description)
    plane = find_plane(made.description)
    return made.description if said or plane or not made.protocol else made.protocol


def _decide(part: Part, *, positions: int) -> Sorted:
    settled = by_enumeration(part)
    name = _name(part)
    excluded, promised = find(NOT_WANTED, name), find(WANTED, name)
    made = by_making(part, positions=positions)
    if settled.kind:
        return _sorted(part, settled.kind, settled.strength, settled.reason)
    if excluded:
        return _excluded(part, excluded, made, positions)
    if promised:
        return _promised(part, promised, made, positions)
    if made.kind:
        unnamed = "its name says nothing" if name else "it has no name"
        return _sorted(part, made.kind, 0.85 * made.strength, made.reason, unnamed)
    return Sorted(part, "unknown", "", 0.0, (made.reason or "neither name nor header tells",))


def _excluded(part: Part, said: tuple[str, str], made: Finding, positions: int) -> Sorted:
    kind, word = said
    reason = f'"{word}" in its name'
    if made.kind not in ROLES or not _complete(part, made, positions):
        return _sorted(part, kind, 0.9, reason)
    return _sorted(part, made.kind, 0.5, made.reason, doubt=_contradiction(said, made))


def _contradiction(said: tuple[str, str], made: Finding) -> str:
    kind, word = said
    return f'its name says {kind} ("{word}"), but it was made like {made.kind} ({made.reason})'


def _promised(part: Part, said: tuple[str, str], made: Finding, positions: int) -> Sorted:
    kind, word = said
    reason = f'"{word}" in its name'
    if made.kind == kind or (kind == "dark blood" and made.kind == "T2"):
        return _sorted(part, made.kind, 0.5 + 0.5 * made.strength, reason, made.reason)
    if not made.kind:
        return _by_name(part, kind, reason, made)
    if kind in ROLES and _agree(kind, made, part):
        return _sorted(part, kind, 0.8, reason, made.reason)
    if kind == "bSSFP" and made.kind in ("still bSSFP", "spoiled cine", "anatomy"):
        return _sorted(part, made.kind, 0.8, reason, made.reason)
    return _contradicted(part, said, made, positions)


def _contradicted(part: Part, said: tuple[str, str], made: Finding, positions: int) -> Sorted:
    """Between two wanted sequences only a complete stack decides against its name."""
    doubt = _contradiction(said, made)
    wanted = made.kind in ROLES and said[0] in ROLES
    if wanted and not _complete(part, made, positions):
        return Sorted(part, "unknown", "", 0.3, (doubt,), (doubt,))
    return _sorted(part, made.kind, 0.5, made.reason, doubt=doubt)


def _by_name(part: Part, kind: str, reason: str, made: Finding) -> Sorted:
    """What a name promises where the making says nothing."""
    if kind == "bSSFP" and part.per_place == 1:
        return _sorted(part, "still bSSFP", 0.6, reason, "one image per position")
    return _sorted(part, kind, 0.65, reason, made.reason)


def _agree(kind: str, made: Finding, part: Part) -> bool:
    """Pairs that are no contradiction: a film without times, a single shot, a weak hint."""
    if kind == "bSSFP" and made.kind == "time series":
        return True
    if kind in ("T2-prepared", "T2") and made.kind == "still bSSFP":
        return True
    if kind == "T2-prepared" and made.kind == "T2":
        return True
    inverted = part.acquisition.inverted
    return kind == "LGE" and made.kind == "still bSSFP" and inverted is not False


def _complete(part: Part, made: Finding, positions: int) -> bool:
    few = 1 if part.kind == "psir" else STACK
    return made.strength >= STRONG and positions >= max(few, STACK)


def _sorted(
    part: Part, kind: str, confidence: float, *reasons: str, doubt: str | None = None
) -> Sorted:
    name = part.acquisition.description
    lesser = tuple(entry.kind for entry in LATER if find((entry,), name))
    doubts = (doubt,) if doubt else ()
    told = tuple(reason for reason in reasons if reason)
    return Sorted(part, kind, "", round(confidence, 2), told, doubts, lesser)


def _with_plane(decided: Sorted, axes: Sequence[Vector], *, positions: int) -> Sorted:
    """The plane by name; else by the normal and the number of slices."""
    named, normal = find_plane(_name(decided.part)), decided.part.frames[0].normal
    along = any(parallel(normal, axis) for axis in axes)
    if not named:
        return _plane_by_normal(decided, along=along, positions=positions)
    if named == "long axis" and along and positions >= MANY:
        doubt = f"its name says long axis, but {positions} slices are parallel to the short axis"
        return replace(decided, plane="short axis", doubts=(*decided.doubts, doubt))
    if named == "short axis" and axes and not along:
        doubt = "its name says short axis, but it is not parallel to the other short-axis stacks"
        return replace(decided, plane="", doubts=(*decided.doubts, doubt))
    return replace(decided, plane=named)


def _plane_by_normal(decided: Sorted, *, along: bool, positions: int) -> Sorted:
    """The plane by stacks named short axis, then the body's axes, then the number of slices."""
    normal = decided.part.frames[0].normal
    body = int(np.abs(normal).argmax())
    if along:
        reason = "parallel to a stack named short axis"
        return replace(decided, plane="short axis", reasons=(*decided.reasons, reason))
    if abs(normal[body]) > np.cos(np.deg2rad(5.0)):
        return replace(decided, plane=("sagittal", "coronal", "axial")[body])
    if positions >= STACK and decided.role:
        reason = f"{positions} parallel oblique slices, so short axis"
        return replace(decided, plane="short axis", reasons=(*decided.reasons, reason))
    return decided
