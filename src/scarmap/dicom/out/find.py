"""The frames that a mask was drawn on, found among headers by where the mask lies."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from scarmap.dicom.case_folder import pick_frames
from scarmap.dicom.choose import choose_stacks
from scarmap.dicom.files import Place, read_header
from scarmap.dicom.frames import Frame
from scarmap.dicom.out.placement import turned_to_frames
from scarmap.dicom.out.source import grid_of, read_source
from scarmap.dicom.parts import set_in_space
from scarmap.dicom.pixels import read_values
from scarmap.dicom.reading import Exam, identity_of, scrub
from scarmap.errors import DataError, GeometryError
from scarmap.volume import LabelMap, Volume

LGE = re.compile(
    r"(?<![a-z])(lge|psir|m?de|dhe|ce-?ir|delay(ed)?|late|viab\w*|autoviab|irp?-?fgre)(?![a-z])"
)
"""What names of late enhancement hold, in lower case."""


Read = Callable[[Place], Any]
"""Reads the whole header of a file."""

Fit = Callable[[Sequence[Frame]], "Found | None"]
"""The mask on frames, or None where it does not lie on them."""


@dataclass(frozen=True)
class Found:
    """Frames and the mask on them.

    Attributes:
        frames: In the order of the mask's slices.
        headers: Their complete headers without pixels (pydicom.Dataset).
        labels: The mask, its axes turned to those of the frames.
    """

    frames: tuple[Frame, ...]
    headers: tuple[Any, ...]
    labels: LabelMap

    @property
    def frame_numbers(self) -> list[int | None]:
        """Frame, from 1, of each whose object is a multi-frame one, None for the rest."""
        return [frame.index for frame in self.frames]


def frames_of_mask(
    exams: Sequence[Exam],
    labels: LabelMap,
    *,
    series: str | None = None,
    used: Collection[tuple[str, int | None]] = (),
) -> Found:
    """Find the frames that lie where the slices of a mask lie.

    Frames that its image is known to be made of come first. Else it is the stack that an import
    would take, unless another one that is named as late enhancement lies in the same place.

    Args:
        exams: The studies of a folder.
        labels: The mask, its array in whatever order its affine tells.
        series: Number or UID of the series, where several lie in the same place; several with
            commas between them where each slice is a series.
        used: SOP instance and frame number of the frames that the mask's image was made of, where
            that is known; a series that was asked for goes before them.

    Raises:
        GeometryError: No series lies where the mask lies.
        DataError: Several do, and nothing tells which one is meant.
    """
    fit: Fit = partial(_fit, labels=labels, read=cache(read_header))
    recorded = [f for exam in exams for f in exam.frames if (f.uid, f.index) in used]
    if series is None and (found := fit(recorded)):
        return found
    imported = [found for exam in exams if (found := _imported(exam, series, fit))]
    others = _others(exams, series, imported, fit)
    if not imported and not others:
        raise _nowhere(exams, labels, series)
    return _only_one(imported, others)


def _nowhere(exams: Sequence[Exam], labels: LabelMap, series: str | None) -> GeometryError:
    of = f"series {series}" if series else f"{sum(len(exam.frames) for exam in exams)} images"
    return GeometryError(
        f"The mask has {labels.array.shape} voxels, and no short-axis stack among {of} lies where "
        "it lies. Give the mask on the grid of the LGE images, all slices of it, and the folder of "
        "the same study."
    )


def _imported(exam: Exam, series: str | None, fit: Fit) -> Found | None:
    """The frames that an import takes as LGE, if the mask lies on them."""
    with suppress(DataError):  # a series that the study does not have
        choice = choose_stacks(exam, asked={"LGE": series or ""})
        if "LGE" in choice.stacks:
            return fit(pick_frames(choice).frames["LGE"])
    return None


def _others(
    exams: Sequence[Exam], series: str | None, imported: Sequence[Found], fit: Fit
) -> list[Found]:
    """Where else the mask fits: on other series than those that an import takes."""
    groups = [group for exam in exams for group in _stacks(exam.frames, series)]
    apart = [group for group in groups if not any(_is_part(group, each) for each in imported)]
    return [found for group in apart if (found := fit(group))]


def _is_part(group: Sequence[Frame], imported: Found) -> bool:
    """Whether all frames are of series that were imported, as of a slice that was repeated."""
    return {frame.series for frame in group} <= {frame.series for frame in imported.frames}


def _only_one(imported: Sequence[Found], others: Sequence[Found]) -> Found:
    """The only stack that fits, or the only one of late enhancement."""
    named = [each for each in others if LGE.search(_description(each.frames[0]).lower())]
    chosen = [*imported, *named] or others
    if len(chosen) != 1:
        listed = "; ".join(sorted(_title(each) for each in chosen))
        raise DataError(
            f"The mask fits {len(chosen)} series: {listed}. Say which one it was drawn on with "
            "--series and its number or UID."
        )
    return chosen[0]


def image_of(found: Found) -> Volume:
    """The image of found frames, on the grid of the mask, in the scanner's units.

    Raises:
        DataError: Pixels are missing, damaged or compressed in a way that cannot be read here.
    """
    planes = [plane.T for plane in read_values(found.frames)]
    return Volume(np.stack(planes, axis=2), found.labels.grid)


def _stacks(frames: Sequence[Frame], series: str | None) -> Iterable[list[Frame]]:
    """Frames that may make a stack: of one series, or of series alike in name and kind."""
    by_series: defaultdict[object, list[Frame]] = defaultdict(list)
    by_name: defaultdict[object, list[Frame]] = defaultdict(list)
    for frame in set_in_space(frames):
        how = frame.acquisition
        wanted = series in (None, str(how.number), frame.series)
        if wanted and how.is_image:
            kind = (how.image_type, how.kind, frame.trigger_ms)
            by_series[frame.series, kind].append(frame)
            by_name[_description(frame), how.image_type, frame.shape].append(frame)
    single = list(by_series.values())
    return [*single, *(group for group in by_name.values() if group not in single)]


def _fit(group: Sequence[Frame], labels: LabelMap, read: Read) -> Found | None:
    if len(group) != labels.array.shape[2]:
        return None
    heights = [float(frame.position @ group[0].normal) for frame in group]
    ordered = [group[index] for index in np.argsort(heights, kind="stable")]
    if len(ordered) > 1 and np.diff(sorted(heights)).min() < 0.5:
        return None
    headers = [read(frame.place) for frame in ordered]
    try:
        source = read_source(headers, [frame.index for frame in ordered])
    except DataError:
        return None
    turned = turned_to_frames(labels, source)
    if turned is None:
        return None
    return Found(tuple(ordered), tuple(headers), LabelMap(turned.array, grid_of(source)))


def _description(frame: Frame) -> str:
    how = frame.acquisition
    return f"{how.description} {how.sequence}".replace("_", " ")


def _title(found: Found) -> str:
    first = found.frames[0]
    name = scrub(_description(first).strip(), identity_of(found.headers[0]))
    return f"{first.acquisition.number} ({name or 'no name'})"
