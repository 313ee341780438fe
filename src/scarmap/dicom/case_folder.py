"""Write a case folder from a choice of stacks, and find the source of its slices again."""

import re
from collections.abc import Collection, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarmap.dicom.choose import TITLES, Choice, check, leave_out
from scarmap.dicom.files import Place, find_places, read_header
from scarmap.dicom.frames import Frame
from scarmap.dicom.phases import DIASTOLE, lge_share, nearest_phase
from scarmap.dicom.pixels import read_values
from scarmap.dicom.stacks import Stack
from scarmap.dicom.volume import offset_flag, stack_volume
from scarmap.errors import DataError
from scarmap.io.files import write_json
from scarmap.io.nifti import write_image
from scarmap.io.record import Maybe, Shape, read_record
from scarmap.version import __version__
from scarmap.volume import Volume

SOURCE = "source.json"
"""In a case folder: which images each sequence came from, what was left out, and flags."""

_FRAMES_OF_LGE: Shape = {
    "sequences": {"LGE": {"frames": [{"sop_instance_uid": str, "frame": Maybe(int)}]}}
}

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class TellingNameError(DataError):
    """A name of a case tells who the patient is."""


@dataclass(frozen=True)
class Picked:
    """One frame per slice of each sequence.

    Attributes:
        frames: Sequence to its frames, ascending along the normal.
        flags: What the picking found.
    """

    frames: Mapping[str, tuple[Frame, ...]]
    flags: tuple[str, ...]


def pick_frames(choice: Choice) -> Picked:
    """One frame per slice: of a film the phase nearest to the LGE's share of the heartbeat."""
    flags = []
    share = lge_share(choice.stacks["LGE"].slices) if "LGE" in choice.stacks else None
    if share is None and "bSSFP" in choice.stacks:
        flags.append(
            "LGE: its header does not say when in the heartbeat it was acquired; the cine phase at "
            f"{DIASTOLE:.0%} of the beat is used."
        )
    frames = {}
    for role, stack in choice.stacks.items():
        frames[role], found = _pick(stack, share=DIASTOLE if share is None else share)
        flags += [f"{TITLES[role]}: {flag}." for flag in found]
    return Picked(frames, tuple(flags))


def _pick(stack: Stack, *, share: float) -> tuple[tuple[Frame, ...], list[str]]:
    """One frame per slice of a stack, and what was found without a full stop."""
    chosen = [nearest_phase(phases, share) for phases in stack.slices]
    frames = tuple(frame for frame, _ in chosen)
    flags = []
    if any(len(phases) > 1 for phases in stack.slices) and not all(told for _, told in chosen):
        flags.append(
            "its header does not time the phases; they are taken as evenly spread over the "
            "heartbeat, in the order of their numbers"
        )
    if away := offset_flag(frames):
        flags.append(away)
    return frames, flags


def write_case(choice: Choice, out: Path, *, name: str, may_lack: Collection[str] = ()) -> Path:
    """Write `<out>/<name>/` with an image per sequence and `source.json`.

    Args:
        choice: What was chosen from a study.
        out: Folder of cases; made when missing.
        name: Pseudonym of the case.
        may_lack: Sequences that are left out, with a flag, where their pixels cannot be read.

    Returns:
        The case folder.

    Raises:
        DataError: No case can be made of the study, its pixels cannot be read, the name is not fit
            or tells who the patient is, or the folder holds something.
    """
    check(choice)
    check_name(name, choice.exam.identity)
    folder = out / name
    if folder.exists() and any(folder.iterdir()):
        raise DataError(
            f"{folder} exists already and is not empty. Choose another --out or another --name."
        )
    volumes, lost = _read_volumes(pick_frames(choice), may_lack)
    choice = leave_out(choice, lost)
    for role, volume in volumes.items():
        write_image(folder / f"{role}.nii.gz", volume.array, volume.grid)
    write_json(folder / SOURCE, describe_source(choice, pick_frames(choice), name=name))
    return folder


def _read_volumes(
    picked: Picked, may_lack: Collection[str]
) -> tuple[dict[str, Volume], dict[str, str]]:
    """The volumes, and why those that may be lacking cannot be read."""
    volumes, lost = {}, {}
    for role, frames in picked.frames.items():
        try:
            volumes[role] = read_volume(frames)
        except DataError as problem:
            if role not in may_lack:
                raise
            lost[role] = str(problem).removesuffix(".")
    return volumes, lost


def read_volume(frames: Sequence[Frame]) -> Volume:
    """The volume of chosen frames, one per slice, ascending along the normal.

    Raises:
        DataError: Pixels cannot be read.
    """
    return stack_volume(frames, read_values(frames))


def check_name(name: str, identity: Sequence[str]) -> None:
    """Raise unless a name is fit for a folder and does not tell who the patient is.

    Args:
        name: Pseudonym of a case.
        identity: What tells who the patient is, the values of `scarmap.dicom.reading.IDENTITY`.

    Raises:
        TellingNameError: It tells who the patient is.
        DataError: It is not fit.
    """
    if not NAME.fullmatch(name) or name.startswith("."):
        raise DataError(
            f"A case cannot be named {name!r}. Use letters, digits, '-', '_' and '.', for instance "
            "--name case_0001."
        )
    told = {
        word.lower()
        for value in identity
        for word in (value, *re.split(r"[\^\s=,._-]+", value))
        if len(word) >= 3
    }
    if told & {name.lower(), *re.split(r"[._-]+", name.lower())}:
        raise TellingNameError(
            "The --name of the case holds a part of the patient's name, identifier or date of "
            "birth, and names of cases go into files and pages. Choose a pseudonym."
        )


def describe_source(choice: Choice, picked: Picked, *, name: str) -> dict[str, Any]:
    """What `source.json` holds: UIDs, roles, reasons and flags; nothing of the patient, no path."""
    return {
        "scarmap": __version__,
        "case": name,
        "sequences": {
            role: _sequence(stack, picked.frames[role]) for role, stack in choice.stacks.items()
        },
        "left_out": [
            {
                "series": each.part.series,
                "number": each.part.acquisition.number,
                "images": len(each.part.frames),
                "role": each.kind,
                "reason": reason,
            }
            for each, reason in choice.left_out
        ],
        "flags": [*choice.flags, *picked.flags],
    }


def _sequence(stack: Stack, frames: Sequence[Frame]) -> dict[str, Any]:
    return {
        "series": sorted({frame.series for frame in frames}),
        "frames": [{"sop_instance_uid": frame.uid, "frame": frame.index} for frame in frames],
        "role": stack.role,
        "kind": stack.parts[0].kind,
        "image": stack.kind or "unknown",
        "reasons": list(dict.fromkeys(r for each in stack.parts for r in each.reasons)),
        "confidence": min(each.confidence for each in stack.parts),
        "not_used": _not_used(stack, frames),
    }


def _not_used(stack: Stack, frames: Sequence[Frame]) -> list[dict[str, Any]]:
    """Other phases and copies of the images that were used."""
    used = {(frame.uid, frame.index) for frame in frames}
    parts = [each.part for each in (*stack.parts, *stack.copies)]
    unused = {(frame.uid, frame.index) for part in parts for frame in part.frames} - used
    return [
        {"sop_instance_uid": uid, "frame": index}
        for uid, index in sorted(unused, key=lambda pair: (pair[0], pair[1] or 0))
    ]


def recorded_frames(lge: Path) -> set[tuple[str, int | None]]:
    """The frames that the LGE of a case folder was made of, as the `source.json` beside it says.

    Args:
        lge: The image.

    Returns:
        SOP instance and number of each frame; nothing where the image is of another origin.
    """
    with suppress(DataError):
        source = read_record(lge.with_name(SOURCE), _FRAMES_OF_LGE, error=DataError)
        frames = source["sequences"]["LGE"]["frames"]
        return {(each["sop_instance_uid"], each.get("frame")) for each in frames}
    return set()


def headers_of(frames: Sequence[Frame]) -> tuple[list[Any], list[int | None]]:
    """Complete headers of frames without pixels (pydicom.Dataset), and their numbers.

    Args:
        frames: As they were found; their files must still be there.

    Returns:
        One header for each frame, shared by those of one multi-frame object, and the number of the
        frame in it, from 1, or None where it has one.

    Raises:
        DataError: A file cannot be read any more.
    """
    headers = {place: read_header(place) for place in {frame.place for frame in frames}}
    if None in headers.values():
        raise DataError(
            "A DICOM file that was read a moment ago cannot be read any more. Leave the export as "
            "it is until the command ends."
        )
    return [headers[frame.place] for frame in frames], [frame.index for frame in frames]


def source_frames(folder: Path, source: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Headers of the images that a case was made of, found again in the DICOM folder.

    Args:
        folder: The DICOM folder or archive.
        source: Content of `source.json`.

    Returns:
        Sequence to complete headers without pixels (pydicom.Dataset), one per slice in the order of
        the array's slice axis. Slices of one multi-frame object share one header.

    Raises:
        DataError: An image is not in the folder any more.
    """
    wanted = {
        frame["sop_instance_uid"]
        for sequence in source["sequences"].values()
        for frame in sequence["frames"]
    }
    headers = _find_headers(folder, wanted)
    missing = wanted - headers.keys()
    if missing:
        raise DataError(
            f"{folder} lacks {len(missing)} of {len(wanted)} images that the case was made of, for "
            f"instance {min(missing)}. Give the DICOM folder that the case was imported from."
        )
    return {
        role: [headers[frame["sop_instance_uid"]] for frame in sequence["frames"]]
        for role, sequence in source["sequences"].items()
    }


def _find_headers(folder: Path, wanted: Set[str]) -> dict[str, Any]:
    """Complete headers by SOPInstanceUID; the search ends when all are found."""
    headers: dict[str, Any] = {}
    for place in (each for each in find_places(folder) if isinstance(each, Place)):
        if len(headers) == len(wanted):
            break
        brief = read_header(place, tags=("SOPInstanceUID",))
        uid = None if brief is None else str(brief.get("SOPInstanceUID"))
        if uid in wanted and uid not in headers:
            headers[str(uid)] = read_header(place)
    return headers
