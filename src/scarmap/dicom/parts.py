"""Parts of a study: the frames of one series that show one plane in one kind of image."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from scarmap.dicom.elements import Vector
from scarmap.dicom.frames import Acquisition, Frame
from scarmap.dicom.tokens import find_kind

SAME_PLANE_DEG = 3.0
"""Planes at a smaller angle are parallel, and rows and columns of pictures at a smaller angle run
the same way. Source: 2 to 3 degrees in public readers."""

SAME_PLACE_MM = 1.0
"""Frames closer along the normal are one place; less for thin slices."""


@dataclass(frozen=True)
class Part:
    """Frames of one series, one plane and one kind of image.

    Attributes:
        frames: At least one, by position along the normal.
        places: (n,), which position of `places_mm` each frame lies at.
        places_mm: Distinct positions along the normal, ascending.
        kind: "magnitude", "psir", "phase", "real", "imaginary" or "".
    """

    frames: tuple[Frame, ...]
    places: tuple[int, ...]
    places_mm: tuple[float, ...]
    kind: str

    @property
    def acquisition(self) -> Acquisition:
        """How it was made, by its first frame."""
        return self.frames[0].acquisition

    @property
    def series(self) -> str:
        """Its series."""
        return self.frames[0].series

    @property
    def number(self) -> int:
        """Number of its series; -1 where it has none."""
        number = self.acquisition.number
        return -1 if number is None else number

    @property
    def per_place(self) -> int:
        """The usual number of frames at one position."""
        counts = np.bincount(self.places)
        return int(np.median(counts[counts > 0]))


def split_parts(frames: Sequence[Frame]) -> list[Part]:
    """Split frames into parts; the order of the frames does not matter.

    Args:
        frames: Frames of a study. Those without position, orientation or size are left out.
    """
    placed = sorted(set_in_space(frames), key=lambda each: (each.uid, each.index or 0))
    said: dict[str, set[str]] = defaultdict(set)
    for frame in placed:
        said[frame.series].add(frame.acquisition.kind)
    by_series: dict[tuple[str, str, tuple[int, int]], list[Frame]] = defaultdict(list)
    for frame in placed:
        kind = kind_of(frame.acquisition, beside=said[frame.series])
        by_series[frame.series, kind, frame.shape].append(frame)
    parts = [
        _part(plane, kind)
        for (_, kind, _), together in by_series.items()
        for plane in _planes(together)
    ]
    return sorted(parts, key=lambda part: (part.number, part.series, part.kind, part.places_mm))


def set_in_space(frames: Sequence[Frame]) -> list[Frame]:
    """The frames that say where they lie and how large their pixels are."""
    return [
        frame
        for frame in frames
        if frame.axes is not None
        and np.isfinite(frame.position).all()
        and min(frame.spacing_mm) > 0
        and min(frame.shape) > 0
    ]


def kind_of(acquisition: Acquisition, *, beside: Collection[str] = ()) -> str:
    """What the voxels are: by the header's enumerations, and by the name where those leave it open.

    Args:
        acquisition: How the frame was made.
        beside: What the headers of the other frames of its series say.
    """
    named = find_kind(acquisition.description) or find_kind(acquisition.protocol)
    said = acquisition.kind
    if named == "psir" and said in ("M", "") and not {"real", "phase", "psir"} & set(beside):
        return "psir"
    if named == "psir" and said in ("real", "phase"):
        return "psir"
    if said == "M":
        return "magnitude"
    return said or named


def parallel(first: Vector, second: Vector) -> bool:
    """Whether two unit normals belong to parallel planes, whichever way they point."""
    return bool(abs(float(first @ second)) > np.cos(np.deg2rad(SAME_PLANE_DEG)))


def same_axes(first: Frame, second: Frame) -> bool:
    """Whether rows and columns of two pictures run the same way: not turned, nor mirrored."""
    assert first.axes is not None
    assert second.axes is not None
    along = (first.axes * second.axes).sum(axis=1)
    return bool(along.min() > np.cos(np.deg2rad(SAME_PLANE_DEG)))


def _planes(frames: list[Frame]) -> list[list[Frame]]:
    planes: list[list[Frame]] = []
    for frame in frames:
        for plane in planes:
            if parallel(plane[0].normal, frame.normal):
                plane.append(frame)
                break
        else:
            planes.append([frame])
    return planes


def _part(frames: list[Frame], kind: str) -> Part:
    normal = frames[0].normal
    heights = np.array([float(frame.position @ normal) for frame in frames])
    order = np.argsort(heights, kind="stable")
    places, places_mm = group_places(heights[order], thickness_mm=frames[0].thickness_mm)
    return Part(tuple(frames[index] for index in order), tuple(places), tuple(places_mm), kind)


def group_places(
    heights_mm: Vector, *, thickness_mm: float | None = None
) -> tuple[list[int], list[float]]:
    """Group sorted positions that are one place.

    Args:
        heights_mm: (n,), ascending positions along the normal.
        thickness_mm: Of a slice; thin slices lie closer.

    Returns:
        Index of each position's place, and the places.

    >>> group_places(np.array([0.0, 0.1, 8.0]))
    ([0, 0, 1], [0.0, 8.0])
    """
    tolerance = min(SAME_PLACE_MM, 0.4 * (thickness_mm or 10.0))
    places: list[int] = []
    places_mm: list[float] = []
    for height in heights_mm:
        if not places_mm or height - places_mm[-1] > tolerance:
            places_mm.append(float(height))
        places.append(len(places_mm) - 1)
    return places, places_mm
