"""What a part can be by how it was made: echoes, inversion, times, images per place. No names."""

from collections.abc import Iterable
from dataclasses import dataclass

from scarmap.dicom.parts import Part, parallel
from scarmap.dicom.tokens import STEMS, find

CINE_PHASES = 8
"""Fewest images of a heartbeat that make a film."""

T2_ECHO_MS = 40.0
"""Shortest echo time of T2 weighting with spin echoes. Practice: 50 to 90 ms."""

SHORT_ECHO_MS = 8.0
LONGEST_INVERSION_MS = 700.0
STACK = 3
"""Fewest parallel positions of a stack."""

ENUMERATED = {
    "T1 MAP": "T1 map",
    "T1_MAP": "T1 map",
    "T2 MAP": "T2 map",
    "T2_MAP": "T2 map",
    "T2_STAR MAP": "T2* map",
    "T2* MAP": "T2* map",
    "ECV": "ECV map",
    "ECV_MAP": "ECV map",
    "PERFUSION": "perfusion",
    "FLOW": "flow",
    "FLOW_ENCODED": "flow",
    "VELOCITY": "flow",
    "PHASE_CONTRAST": "flow",
    "TAGGING": "tagging",
    "LOCALIZER": "localiser",
    "TIME_OF_FLIGHT": "angiography",
    "MAX_IP": "angiography",
    "PROJECTION IMAGE": "angiography",
    "SCREEN SAVE": "other",
    "MPR": "other",
    "REFORMATTED": "other",
}
"""Values of ImageType and AcquisitionContrast that settle what a part is. Source: the standard, and
values seen in headers of Siemens."""


@dataclass(frozen=True)
class Finding:
    """What one kind of evidence says.

    Attributes:
        kind: What the part is; "" when nothing can be said.
        strength: 0 to 1.
        reason: Why, in words that hold nothing of the patient.
    """

    kind: str
    strength: float
    reason: str


NOTHING = Finding("", 0.0, "")


def by_enumeration(part: Part) -> Finding:
    """ImageType and the enumerations of enhanced objects."""
    made = part.acquisition
    if not made.is_image:
        return Finding("other", 1.0, "no grey MR image")
    for value in (*made.image_type, made.contrast.upper()):
        if value in ENUMERATED:
            return Finding(ENUMERATED[value], 0.95, f"the header says {value}")
    if part.kind in ("phase", "imaginary", "real"):
        return Finding("phase image", 0.95, f"the voxels are the {part.kind} part")
    return NOTHING


def stack_sizes(parts: Iterable[Part]) -> dict[int, int]:
    """How many positions the parts made like each part have together, by identity of the part.

    A scanner may give each slice a series of its own, so a stack is looked for over the study.
    """
    parts = list(parts)
    together: list[tuple[Part, list[Part]]] = []
    for part in parts:
        for first, alike in together:
            if _made_alike(first, part):
                alike.append(part)
                break
        else:
            together.append((part, [part]))
    sizes = {}
    for first, alike in together:
        normal = first.frames[0].normal
        heights = {round(float(f.position @ normal)) for part in alike for f in part.frames}
        sizes.update({id(part): len(heights) for part in alike})
    return sizes


def _made_alike(first: Part, second: Part) -> bool:
    one, two = first.acquisition, second.acquisition
    return (
        (first.kind, first.frames[0].shape, one.echo, one.inverted, one.sequence)
        == (second.kind, second.frames[0].shape, two.echo, two.inverted, two.sequence)
        and abs((one.echo_ms or 0) - (two.echo_ms or 0)) < 0.3
        and (first.per_place > 1) == (second.per_place > 1)
        and parallel(first.frames[0].normal, second.frames[0].normal)
    )


def by_making(part: Part, *, positions: int) -> Finding:
    """Echo, inversion, times and the number of images per position.

    Args:
        part: Frames of one series.
        positions: Positions of the stack that the part belongs to.
    """
    stem = find(STEMS, part.acquisition.sequence)
    echo = part.acquisition.echo
    if stem:  # archives store wrong values of ScanningSequence; the vendor's name is kept
        echo = "SE" if stem[0] == "SE" else "GR"
    if echo == "SE":
        return _spin_echo(part, positions)
    many = part.per_place > 1
    balanced = part.acquisition.balanced or (stem is not None and stem[0] == "bSSFP")
    spoiled = part.acquisition.balanced is False or (stem is not None and stem[0] == "GR")
    if many:
        return _several_images(part, balanced=balanced, spoiled=spoiled)
    return _one_image(part, positions, balanced=balanced)


def _spin_echo(part: Part, positions: int) -> Finding:
    echo = part.acquisition.echo_ms
    if part.per_place > 2:
        return Finding("T2 map", 0.6, "several spin-echo images per position")
    if echo is None:
        return Finding("T2", 0.4, "spin echoes of unknown echo time")
    if echo < T2_ECHO_MS:
        return Finding("anatomy", 0.7, f"spin echoes at {echo:.0f} ms are not T2-weighted")
    strength = 0.85 if positions >= STACK and echo < 140 else 0.6
    return Finding("T2", strength, f"spin echoes at {echo:.0f} ms")


def _several_images(part: Part, *, balanced: bool, spoiled: bool) -> Finding:
    inversions = {frame.acquisition.inversion_ms for frame in part.frames} - {None}
    echoes = {round(frame.acquisition.echo_ms or 0, 1) for frame in part.frames}
    count = part.per_place
    if len(echoes) > 2:
        return Finding("T2* map", 0.8, f"{len(echoes)} echo times")
    if part.acquisition.inverted and (len(inversions) > 2 or count >= CINE_PHASES):
        kind = "TI scout" if count >= 12 else "T1 map"
        return Finding(kind, 0.85, f"{count} images per position after an inversion")
    if count < CINE_PHASES:
        return Finding("", 0.0, f"{count} images per position")
    return _film(part, balanced=balanced, spoiled=spoiled)


def _film(part: Part, *, balanced: bool, spoiled: bool) -> Finding:
    made, count = part.acquisition, part.per_place
    if spoiled and not balanced:
        return Finding("spoiled cine", 0.8, f"{count} spoiled images per position")
    if not _timed(part):
        return Finding("time series", 0.4, f"{count} images per position without a trigger time")
    short = made.echo_ms is not None and made.echo_ms < 2.6
    strength = 0.9 if balanced else 0.7 if short else 0.5
    return Finding("bSSFP", strength, f"{count} phases{', balanced' if balanced else ''}")


def _timed(part: Part) -> bool:
    """Whether the header places images in the heartbeat, or says how many phases there are."""
    timed = any(frame.trigger_ms is not None or frame.share is not None for frame in part.frames)
    return timed or (part.acquisition.phases or 0) >= CINE_PHASES


def _one_image(part: Part, positions: int, *, balanced: bool) -> Finding:
    made = part.acquisition
    if made.prepared:
        return Finding("T2-prepared", 0.7, "a T2 preparation")
    short = made.echo_ms is None or made.echo_ms < SHORT_ECHO_MS
    enhanced = _late_enhancement(part, positions) if short else NOTHING
    if enhanced is NOTHING and balanced and not made.inverted:
        return Finding("still bSSFP", 0.7, "one balanced image per position")
    return enhanced


def _late_enhancement(part: Part, positions: int) -> Finding:
    """What one image per position with a short echo says for LGE."""
    time = part.acquisition.inversion_ms
    if part.kind == "psir":
        strength = 0.9 if positions >= STACK else 0.6
        return Finding("LGE", strength, "phase-sensitive inversion recovery")
    if part.acquisition.inverted and (time is None or time < LONGEST_INVERSION_MS):
        said = "an inversion" if time is None else f"an inversion time of {time:.0f} ms"
        strength = 0.85 if positions >= STACK else 0.5
        return Finding("LGE", strength, f"{said}, one image at each of {positions} positions")
    return NOTHING
