"""Draw DICOM studies of four scanners, disturb a third of their sequences, count the right ones.

Headers are whole, pixels 4 by 4. Each sequence is disturbed with a chance of one third:
names swapped with another series, tags missing, the description missing, files copied, slices
acquired again, the whole stack acquired again. Right is what a careful reader would do: the true
series for each sequence, or a question where two stacks have equal right, or where nothing in the
headers tells any more what is what. Flagged is any other end that says so: a flag about that
sequence, or a refusal. Silent is a wrong series without a word.

Run: python benchmarks/dicom.py --studies 200 --seed 1
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from scarmap.dicom.choose import TITLES, Choice, choose_stacks
from scarmap.dicom.files import Place, quiet
from scarmap.dicom.frames import Frame, plain, read_frames
from scarmap.dicom.reading import Exam
from scarmap.dicom.twins import Read
from scarmap.phantom.dicom.images import Images
from scarmap.phantom.dicom.plan import plan_study
from scarmap.phantom.dicom.series import objects
from scarmap.phantom.dicom.study import describe_study
from scarmap.phantom.dicom.vendors import VENDORS
from scarmap.volume import Grid, ImageArray, LabelMap, Volume

Objects = dict[str, list[Any]]
"""Objects of a study by what they truly are."""

NAMED = ("LGE", "T2", "bSSFP", "localiser", "long axis", "T1 source", "T1 map", "TI scout")
PHASES = 8


def tiny_images(rng: np.random.Generator) -> Images:
    """Noise on one oblique grid of 4 by 4 voxels."""
    shape, spacing = (4, 4, int(rng.integers(5, 9))), (1.6, 1.6, float(rng.uniform(7, 12)))
    affine = np.eye(4)
    while True:  # oblique, as a short axis is
        affine[:3, :3] = Rotation.random(random_state=rng).as_matrix()
        if np.abs(affine[:3, 2]).max() < 0.95:
            break
    affine[:3, :3] *= spacing
    grid = Grid(shape, spacing, affine)
    stack = Volume(rng.integers(-300, 900, shape).astype(np.float32), grid)
    film = np.repeat(stack.array[..., None], PHASES, axis=-1)
    shares = tuple(phase / PHASES for phase in range(PHASES))
    stacks = {"LGE": stack, "T2": stack, "bSSFP": stack}
    return Images(stacks, film, shares, LabelMap(np.zeros(shape, np.uint8), grid), {})


def swap_names(made: Objects, role: str, rng: np.random.Generator) -> None:
    """Exchange the description with that of another sequence."""
    other = str(rng.choice([name for name in NAMED if name != role and made.get(name)]))
    first, second = (made[name][0].get("SeriesDescription") for name in (role, other))
    twins = [*made[role], *(made.get("LGE magnitude", []) if role == "LGE" else [])]
    for headers, text in ((twins, second), (made[other], first)):
        for header in headers:
            header.SeriesDescription = text


def drop_tags(made: Objects, role: str, rng: np.random.Generator) -> None:
    """Take away some of the elements that tell a sequence, shared and of each frame."""
    names = ("SequenceName", "PulseSequenceName", "ScanningSequence", "InversionTime", "EchoTime",
             "InversionTimes", "EffectiveEchoTime", "CardiacNumberOfImages", "NominalInterval",
             "SteadyStatePulseSequence", "ImageType", "InversionRecovery")  # fmt: skip
    gone = rng.choice(names, 3, replace=False)
    for header in made[role]:
        items = [header]
        for group in header.get("PerFrameFunctionalGroupsSequence", []):
            items += [element.value[0] for element in group if element.VR == "SQ"]
        for item in items:
            for name in gone:
                if name in item:
                    delattr(item, name)


def drop_name(made: Objects, role: str, _: np.random.Generator) -> None:
    """Take the description away."""
    for header in [*made[role], *(made.get("LGE magnitude", []) if role == "LGE" else [])]:
        if "SeriesDescription" in header:
            del header.SeriesDescription


def copy_files(made: Objects, role: str, rng: np.random.Generator) -> None:
    """Store the same images once more, as a series of their own made at the same time."""
    made["copies"] = made.get("copies", []) + _again(made[role], rng, later=False)


def repeat_slices(made: Objects, role: str, rng: np.random.Generator) -> None:
    """Acquire one or two slices again, where a slice is a file."""
    if len(made[role]) > 3 and role != "bSSFP":
        made[role] += _again(made[role][1 : 1 + int(rng.integers(1, 3))], rng, later=True)


def repeat_stack(made: Objects, role: str, rng: np.random.Generator) -> None:
    """Acquire the whole stack again: which is meant cannot be told."""
    if "repeated" not in made and role != "bSSFP":
        made["repeated"] = _again(made[role], rng, later=True)
        made["ask"] = [role]


def _again(headers: list[Any], rng: np.random.Generator, *, later: bool) -> list[Any]:
    from copy import deepcopy

    number, copied = int(rng.integers(700, 900)), []
    for header in headers:
        twin = deepcopy(header)
        twin.SOPInstanceUID = twin.file_meta.MediaStorageSOPInstanceUID = f"{twin.SOPInstanceUID}.9"
        twin.SeriesInstanceUID = f"{twin.SeriesInstanceUID}.{number}"
        twin.SeriesNumber = number + int(header.SeriesNumber)
        for item in [twin] if later else []:
            item.AcquisitionTime = f"12{str(item.get('AcquisitionTime', '000000'))[2:]}"
            for group in item.get("PerFrameFunctionalGroupsSequence", []):
                content = group.FrameContentSequence[0]
                time_of_day = str(content.FrameAcquisitionDateTime)
                content.FrameAcquisitionDateTime = f"{time_of_day[:8]}12{time_of_day[10:]}"
        copied.append(twin)
    return copied


DISTURBANCES: dict[str, Callable[[Objects, str, np.random.Generator], None]] = {
    "names swapped": swap_names,
    "tags missing": drop_tags,
    "name missing": drop_name,
    "stored twice": copy_files,
    "slices acquired again": repeat_slices,
    "stack acquired again": repeat_stack,
}


def draw_study(vendor: str, rng: np.random.Generator) -> tuple[Objects, dict[str, str]]:
    """Make one study in memory; what its objects truly are, and each sequence's disturbance."""
    images = tiny_images(rng)
    study = describe_study(VENDORS[vendor], index=0, seed=0)
    made: Objects = {}
    for series in plan_study(VENDORS[vendor], images, rng):
        made.setdefault(series.role, []).extend(objects(series, study, root="2.25.9"))
    done = {}
    for role in TITLES:
        if rng.random() < 1 / 3:
            done[role] = str(rng.choice(list(DISTURBANCES)))
            DISTURBANCES[done[role]](made, role, rng)
    return made, done


def read_exam(made: Objects, rng: np.random.Generator) -> tuple[Exam, Read]:
    """The frames of a study as the reader sees them, in any order, and what gives their values."""
    headers = [header for role, each in made.items() if role != "ask" for header in each]
    frames: list[Frame] = []
    with quiet():
        for index in rng.permutation(len(headers)):
            values = plain(headers[index])
            frames += read_frames(values, Place(Path(f"{index}")))

    def values_of(wanted: Sequence[Frame]) -> list[ImageArray]:
        return [_values(headers[int(str(frame.place.path))], frame) for frame in wanted]

    return Exam("2.25.9", tuple(frames), ("", "", "", ""), ""), values_of


def _values(header: Any, frame: Frame) -> ImageArray:
    kind = np.int16 if header.PixelRepresentation else np.uint16
    stored = np.frombuffer(header.PixelData, kind).reshape(-1, *frame.shape)
    return np.asarray(stored[(frame.index or 1) - 1], np.float32)


def judge(choice: Choice, made: Objects, role: str) -> str:
    """How one sequence of a study ended: "right", "flagged" or "silent"."""
    title, asked = TITLES[role], role in made.get("ask", [])
    mine = {str(header.SOPInstanceUID) for header in made[role]}
    mine |= {str(h.SOPInstanceUID) for h in made.get("copies", [])} | _twins(made, role)
    told = any(title in text for text in (*choice.flags, choice.problem or ""))
    stack = choice.stacks.get(role)
    if asked:
        return "right" if stack is None and told else "flagged" if told else "silent"
    if stack is not None:
        chosen = {frame.uid for frames in stack.slices for frame in frames}
        if chosen <= mine and _whole(choice, made, role):
            return "right"
    return "flagged" if told else "silent"


def _twins(made: Objects, role: str) -> set[str]:
    return (
        {str(h.SOPInstanceUID) for h in made.get("repeated", [])}
        if role in made.get("ask", [])
        else set()
    )


def _whole(choice: Choice, made: Objects, role: str) -> bool:
    """Whether a stack has all slices that were made, phase-sensitive ones where LGE has both."""
    stack = choice.stacks[role]
    places = set()
    for header in made[role]:
        groups = header.get("PerFrameFunctionalGroupsSequence", [])
        items = [group.PlanePositionSequence[0] for group in groups] or [header]
        places |= {tuple(round(float(v), 2) for v in item.ImagePositionPatient) for item in items}
    return len(stack.slices) == len(places) and (role != "LGE" or stack.kind in ("psir", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="Print every study that is not right.")
    asked = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    studies: Counter[str] = Counter()
    began, images = time.perf_counter(), 0
    for index in range(asked.studies):
        rng = np.random.default_rng([asked.seed, index])
        vendor = list(VENDORS)[index % len(VENDORS)]
        made, done = draw_study(vendor, rng)
        exam, read = read_exam(made, rng)
        images += len(exam.frames)
        choice = choose_stacks(exam, read=read)
        ends = {role: judge(choice, made, role) for role in TITLES}
        for role, end in ends.items():
            counts[done.get(role, "undisturbed"), end] += 1
        worst = next(end for end in ("silent", "flagged", "right") if end in ends.values())
        studies[worst] += 1
        if asked.show and worst != "right":
            print(index, vendor, done, ends, choice.flags, choice.problem)
    print("| disturbance of a sequence | sequences | right | flagged | silently wrong |")
    print("|---|---|---|---|---|")
    for kind in ("undisturbed", *DISTURBANCES):
        row = [counts[kind, end] for end in ("right", "flagged", "silent")]
        print(f"| {kind} | {sum(row)} | {row[0]} | {row[1]} | {row[2]} |")
    ends = " | ".join(str(studies[end]) for end in ("right", "flagged", "silent"))
    print(f"| **whole studies** | {asked.studies} | {ends} |")
    print(f"\n{images} images in {time.perf_counter() - began:.0f} s, drawing included.")


if __name__ == "__main__":
    main()
