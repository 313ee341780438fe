"""Which stack serves as LGE, T2 and bSSFP, or why that cannot be said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scarmap.dicom.parts import set_in_space, split_parts
from scarmap.dicom.pixels import read_values
from scarmap.dicom.reading import Exam, scrub
from scarmap.dicom.roles import SURE, Sorted, sort_parts
from scarmap.dicom.stacks import Stack, build_stacks, list_numbers
from scarmap.dicom.twins import Read, told_apart
from scarmap.errors import DataError
from scarmap.labels import SEQUENCES

FULL = 0.7
"""A stack with a smaller share of the most slices has less right."""

TITLES = {"LGE": "LGE", "T2": "T2-weighted", "bSSFP": "cine bSSFP"}


@dataclass(frozen=True)
class Choice:
    """What was chosen from a study.

    Attributes:
        exam: The study.
        decided: Every part and what it was taken for.
        stacks: Sequence to its stack; a sequence that was not found is missing.
        left_out: (part, reason) of everything else.
        flags: What should be looked at, in whole sentences without names.
        problem: Why no case can be made of the study; None where one can.
    """

    exam: Exam
    decided: tuple[Sorted, ...]
    stacks: Mapping[str, Stack]
    left_out: tuple[tuple[Sorted, str], ...]
    flags: tuple[str, ...]
    problem: str | None = None


def choose_stacks(
    exam: Exam, *, asked: Mapping[str, str] | None = None, read: Read = read_values
) -> Choice:
    """Choose a stack for each sequence.

    Args:
        exam: One study.
        asked: Sequence to the series that a person chose for it: numbers or UIDs, with commas
            between them where each slice is a series.
        read: Gives the values of frames, (rows, columns) each; asked only where headers do not tell
            magnitude from phase-sensitive images.

    Returns:
        The choice, with a problem where there is no LGE, or two candidates of equal right.

    Raises:
        DataError: A series was asked for that the study does not have.
    """
    asked = asked or {}
    decided = tuple(_nameless(each, exam) for each in sort_parts(split_parts(exam.frames)))
    stacks: dict[str, Stack] = {}
    flags = _lost_frames(exam)
    problems = []
    for role in SEQUENCES:
        candidates = _candidates(decided, role, stacks.values(), series=asked.get(role))
        best = told_apart(_best(candidates), read)
        if len(best) > 1:
            problems.append(_two_candidates(role, best))
        elif not best:
            flags.append(f"No short-axis {TITLES[role]} was found.")
        else:
            stacks[role] = best[0]
            flags += _flags(role, best[0], candidates, by_hand=bool(asked.get(role)))
    if "LGE" not in stacks and not problems:
        problems.append(_no_lge(decided))
    left_out = tuple(_left_out(decided, stacks))
    flags += _left_out_flags(left_out)
    return Choice(exam, decided, stacks, left_out, tuple(flags), " ".join(problems) or None)


def _nameless(each: Sorted, exam: Exam) -> Sorted:
    """The same part; its reasons and doubts quote free text, into which operators type names."""
    reasons, doubts = (
        tuple(scrub(text, exam.identity) for text in told) for told in (each.reasons, each.doubts)
    )
    return replace(each, reasons=reasons, doubts=doubts)


def check(choice: Choice) -> Choice:
    """The same choice, if a case can be made of it.

    Raises:
        DataError: There is no LGE, or two candidates have equal right.
    """
    if choice.problem:
        raise DataError(choice.problem)
    return choice


def leave_out(choice: Choice, reasons: Mapping[str, str]) -> Choice:
    """The same choice without some sequences, and flags that say so.

    Args:
        choice: What was chosen.
        reasons: Sequence to why it is not used, without a full stop.
    """
    lost = {role: choice.stacks[role] for role in reasons}
    parts = [(each, reasons[role]) for role, stack in lost.items() for each in stack.parts]
    return replace(
        choice,
        stacks={role: stack for role, stack in choice.stacks.items() if role not in lost},
        left_out=(*choice.left_out, *parts),
        flags=(*choice.flags, *(f"{TITLES[role]} is not used: {reasons[role]}." for role in lost)),
    )


def _lost_frames(exam: Exam) -> list[str]:
    lost = len(exam.frames) - len(set_in_space(exam.frames))
    if not lost:
        return []
    return [f"{lost} images say neither position nor orientation in their header and are left out."]


def _candidates(
    decided: Sequence[Sorted], role: str, chosen: Iterable[Stack], *, series: str | None
) -> list[Stack]:
    """Stacks that can be a sequence: of the series asked for, else of free short-axis parts."""
    if series:
        return build_stacks(_overruled(decided, role, series), role)
    taken = {id(each) for stack in chosen for each in stack.parts}
    free = [d for d in decided if d.plane == "short axis" and id(d) not in taken]
    return build_stacks(free, role)


def _overruled(decided: Sequence[Sorted], role: str, series: str) -> list[Sorted]:
    wanted = [each.strip() for each in series.split(",")]
    _check_asked(decided, role, wanted)
    chosen = [d for d in decided if not _names(d).isdisjoint(wanted)]
    fit = [d for d in chosen if d.role == role] or [
        replace(d, kind=role, lesser=()) for d in chosen if d.kind != "phase image"
    ]
    return [replace(d, confidence=1.0, doubts=(), reasons=("chosen by hand",)) for d in fit]


def _names(decided: Sorted) -> set[str]:
    """What a person may call a series: its UID or its number."""
    return {decided.part.series, str(decided.part.number)}


def _check_asked(decided: Sequence[Sorted], role: str, wanted: Sequence[str]) -> None:
    known = {name for each in decided for name in _names(each)}
    missing = [each for each in wanted if each not in known]
    if missing:
        numbers = list_numbers(decided)
        raise DataError(
            f"--{role.lower()} asks for series {', '.join(missing)}, which this study does not "
            f"have. It has the series {numbers}; `scarmap dicom` lists them."
        )


def _right(stack: Stack, most: int) -> tuple[int, ...]:
    """What right a stack has, compared from left to right."""
    penalties = {word for each in stack.parts for word in each.lesser} - {"repeated"}
    return (
        int(stack.kind == "psir") if stack.role == "LGE" else 0,
        int(min(each.confidence for each in stack.parts) >= SURE),
        int(stack.parts[0].kind != "T2-prepared"),
        -len(penalties),
        int(len(stack.slices) >= FULL * most),
    )


def _best(candidates: Sequence[Stack]) -> list[Stack]:
    """The stacks of most right: one, several of equal right, or none."""
    most = max((len(stack.slices) for stack in candidates), default=0)
    rights = [_right(stack, most) for stack in candidates]
    return [stack for stack, right in zip(candidates, rights, strict=True) if right == max(rights)]


def _two_candidates(role: str, stacks: Sequence[Stack]) -> str:
    listed = "; ".join(f"series {stack.numbers} ({len(stack.slices)} slices)" for stack in stacks)
    return (
        f"{len(stacks)} short-axis stacks have equal right to be the {TITLES[role]}: {listed}. "
        f"Choose one with --{role.lower()} and the number of its series."
    )


def _no_lge(decided: Sequence[Sorted]) -> str:
    others = [each for each in decided if each.kind == "LGE"]
    found = ", ".join(sorted({each.kind for each in decided})) or "no image with a position"
    if others:
        planes = ", ".join(sorted({each.plane or "unclear plane" for each in others}))
        what = (
            f"LGE was found in other planes only ({planes}; series {list_numbers(others)}), and "
            "scarmap measures short-axis stacks"
        )
    else:
        what = f"no LGE was recognised among what the study holds ({found})"
    return (
        f"No short-axis LGE can be used: {what}. Look at the table of `scarmap dicom`, and name "
        "the series with --lge if it is there under another name; `scarmap dicom --anonymous` "
        "writes its headers without names, to be sent with a report of what was not understood."
    )


def _flags(role: str, stack: Stack, candidates: Sequence[Stack], *, by_hand: bool) -> list[str]:
    title = TITLES[role]
    flags = [f"{title}: {flag}." for flag in stack.flags]
    flags += _doubt_flags(title, stack)
    if not by_hand:
        flags += _preferred_flags(title, stack, candidates)
    if len(stack.slices) == 1:
        flags.append(f"{title} has a single slice; its volume is that of one slice.")
    return flags + (_lge_flags(stack) if role == "LGE" else [])


def _doubt_flags(title: str, stack: Stack) -> list[str]:
    doubts = sorted({doubt for each in stack.parts for doubt in each.doubts})
    named = f"{title}, series {stack.numbers}"
    sure = min(each.confidence for each in stack.parts)
    if sure < SURE and not doubts:
        return [f"{named}, is taken for it with a confidence of {sure:.0%} only."]
    return [f"{named}: {doubt}." for doubt in doubts]


def _preferred_flags(title: str, stack: Stack, candidates: Sequence[Stack]) -> list[str]:
    others = [each for each in candidates if each is not stack and not _twins(each, stack)]
    if not others:
        return []
    listed = "; ".join(each.numbers for each in others)
    return [f"{title}: series {stack.numbers} was preferred to series {listed}."]


def _lge_flags(stack: Stack) -> list[str]:
    flags = []
    if not stack.kind:
        flags.append(
            "LGE: whether its images are magnitude or phase-sensitive (PSIR) could not be told."
        )
    times = [frame.acquisition.inversion_ms for frames in stack.slices for frame in frames]
    if not any(times):
        flags.append("LGE: no inversion time is in its header.")
    return flags


def _twins(first: Stack, second: Stack) -> bool:
    """Whether two stacks are magnitude and phase-sensitive images of one acquisition."""
    return first.role == "LGE" and {first.kind, second.kind} == {"magnitude", "psir"}


def _left_out(decided: Sequence[Sorted], stacks: Mapping[str, Stack]) -> list[tuple[Sorted, str]]:
    used = {
        (e.part.series, e.part.kind, e.part.places_mm) for s in stacks.values() for e in s.parts
    }
    chosen = stacks.get("LGE")
    found = []
    for each in decided:
        if (each.part.series, each.part.kind, each.part.places_mm) in used:
            continue
        reason = f"{each.kind}{f', {each.plane}' if each.plane else ''}"
        magnitude = each.kind == "LGE" and each.part.kind == "magnitude"
        if magnitude and chosen is not None and chosen.kind == "psir":
            reason = "magnitude twin of the phase-sensitive LGE"
        found.append((each, reason))
    return found


def _left_out_flags(left_out: Sequence[tuple[Sorted, str]]) -> list[str]:
    return [
        f"Series {list_numbers([each])}, left out: {doubt}."
        for each, _ in left_out
        for doubt in each.doubts
    ]
