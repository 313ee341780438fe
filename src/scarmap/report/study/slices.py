"""Every slice of a study as a picture: grey images, and borders that stay sharp at any size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import contourpy
import numpy as np

from scarmap.labels import INDEX, MaskArray, region_mask
from scarmap.report.drawing.case import OUTLINES, TITLES
from scarmap.report.drawing.heart import (
    brightness,
    outline_shade,
    region_colour,
    region_title,
    upright,
)
from scarmap.report.drawing.panels import Window, cut_labels, heart_window, sequences_in_order
from scarmap.report.html import slice_address
from scarmap.report.study.view import AS_STORED, View, turned
from scarmap.volume import Case, Volume, crop_or_pad

_FILLED = ("edema", "scar", "mvo")
"""Tissues that are tinted as well as outlined; the image must stay readable under everything
else."""

MARGIN_MM = 18.0
"""Room around the heart, to recognise its surroundings."""

_PRINTED_WIDTH_MM, _MONTAGE_HEIGHT_MM = 186.0, 104.0
"""Width of a printed page between its margins, and the height that its montage may take."""

_STRIP_MM, _CAPTION_MM = 4.0, 4.0
"""Printed height of a sequence's name and of a slice's."""

_LEAST_COLUMNS, _MOST_COLUMNS, _MOST_PRINTED = 4, 7, 10
"""Pictures beside each other: at least, at most on a screen, and at most on paper."""


@dataclass(frozen=True)
class Outline:
    """One tissue of one slice as SVG paths in millimetres.

    Attributes:
        tissue: Name of the tissue.
        colour: Hex colour of its line.
        shade: Hex colour, with opacity, of the thin line around that.
        border: Border of the nested region that the tissue bounds, see
            `scarmap.report.drawing.case.OUTLINES`.
        area: The tissue itself, to be tinted; empty for tissues that are not.
    """

    tissue: str
    colour: str
    shade: str
    border: str
    area: str


@dataclass(frozen=True)
class Frame:
    """One slice.

    Attributes:
        number: Its number in the file, from 1.
        images: Sequence to data address, "" where the sequence lacks the slice; empty when the
            study has no image.
        outlines: The tissues on it, outer ones first.
    """

    number: int
    images: Mapping[str, str]
    outlines: tuple[Outline, ...]

    @property
    def description(self) -> str:
        """What is on the slice, for those who cannot see it."""
        names = [key_title(outline.tissue) for outline in self.outlines]
        return f"slice {self.number}: " + (", ".join(names) if names else "nothing outlined")


@dataclass(frozen=True)
class Frames:
    """A study's slices, all cut by the same square window.

    Attributes:
        side_mm: Length of the window's sides.
        sequences: Names of the sequences, LGE first.
        slices: In the order to show them.
        key: Title and colour of each outlined tissue.
    """

    side_mm: float
    sequences: tuple[str, ...]
    slices: tuple[Frame, ...]
    key: tuple[tuple[str, str], ...]

    @property
    def marked(self) -> tuple[Frame, ...]:
        """The slices that show any tissue; all when none does."""
        return tuple(frame for frame in self.slices if frame.outlines) or self.slices

    @property
    def middle(self) -> int:
        """Place in `slices` of the one with most pathology, or of the middle of the heart."""
        weights = [sum(len(outline.area) for outline in frame.outlines) for frame in self.slices]
        if any(weights):
            return weights.index(max(weights))
        return self.slices.index(self.marked[len(self.marked) // 2])

    @property
    def columns(self) -> int:
        """Pictures beside each other on a screen: rows of nearly equal length."""
        count = len(self.marked)
        return max(_LEAST_COLUMNS, ceil(count / ceil(count / _MOST_COLUMNS)))

    @property
    def printed_sequences(self) -> tuple[str, ...]:
        """Sequences to print: all, or the first alone where all would become too small to read."""
        columns = _columns_on_paper(self.sequences, len(self.marked))
        return self.sequences if columns <= _MOST_PRINTED else self.sequences[:1]

    @property
    def printed_columns(self) -> int:
        """Fewest pictures beside each other that fit on their part of a sheet of A4."""
        return _columns_on_paper(self.printed_sequences, len(self.marked))


def make_frames(
    case: Case, *, order: Sequence[int] | None = None, view: View = AS_STORED
) -> Frames:
    """Cut, brighten and outline every slice of a study.

    Args:
        case: Images, if there are any, and the mask to outline as the case's labels.
        order: Slice indices in the order to show them; the file's when None.
        view: How to turn each slice after `scarmap.report.drawing.heart.upright`.
    """
    window = heart_window(case, margin_mm=MARGIN_MM)
    sequences = tuple(sequences_in_order(case))
    pictures = {each: _pictures(case.images[each], case.layout, window, view) for each in sequences}
    slices = []
    for z in range(case.grid.shape[2]) if order is None else order:
        images = {sequence: by_slice[z] for sequence, by_slice in pictures.items()}
        slices.append(Frame(z + 1, images, _outlines(case, z, window=window, view=view)))
    drawn = {outline.tissue for frame in slices for outline in frame.outlines}
    key = tuple((key_title(each), region_colour(each)) for each in OUTLINES if each in drawn)
    return Frames(round(window.side_mm, 2), sequences, tuple(slices), key)


def svg_path(mask: MaskArray, *, side_mm: float) -> str:
    """Border of a mask as SVG path data, halfway between voxel centres; "" for an empty mask.

    Args:
        mask: (rows, columns) of a square window.
        side_mm: Length of the window's sides.
    """
    if not mask.any():
        return ""
    rows, columns = mask.shape
    padded = np.pad(mask, 1).astype(np.float32)
    lines = contourpy.contour_generator(z=padded, line_type="Separate").lines(0.5)
    scale = np.array([side_mm / columns, side_mm / rows])
    parts = []
    for line in lines:
        points = (np.asarray(line, dtype=np.float64) - 0.5) * scale
        # Pixels are about a millimetre wide, so a tenth of it is exact enough.
        parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points[:-1]) + "Z")
    return "".join(parts)


def key_title(tissue: str) -> str:
    """Name what a tissue's line bounds, for a key."""
    return TITLES.get(tissue, region_title(tissue))


def _columns_on_paper(sequences: Sequence[str], count: int) -> int:
    columns, strips = _LEAST_COLUMNS, max(1, len(sequences))
    while strips * _strip_height_mm(count, columns) > _MONTAGE_HEIGHT_MM:
        columns += 1
    return columns


def _strip_height_mm(count: int, columns: int) -> float:
    """Printed height of a sequence: its name, and rows of square pictures with their numbers."""
    return _STRIP_MM + ceil(count / columns) * (_PRINTED_WIDTH_MM / columns + _CAPTION_MM)


def _outlines(case: Case, z: int, *, window: Window, view: View) -> tuple[Outline, ...]:
    if case.labels is None:
        return ()
    shown = turned(cut_labels(case.labels, z, window=window, layout=case.layout), view)
    found = []
    for tissue, region in OUTLINES.items():
        own = shown == INDEX[tissue]
        if own.any():
            colour = region_colour(tissue)
            border = svg_path(region_mask(shown, region), side_mm=window.side_mm)
            area = svg_path(own, side_mm=window.side_mm) if tissue in _FILLED else ""
            found.append(Outline(tissue, colour, outline_shade(colour), border, area))
    return tuple(found)


def _pictures(image: Volume, layout: str, window: Window, view: View) -> list[str]:
    cut = crop_or_pad(image.array, centre=window.centre, size=window.size)
    low, high = brightness(cut)
    return [
        slice_address(turned(upright(cut[..., z], layout), view), low=low, high=high)
        if image.array[..., z].any()
        else ""
        for z in range(cut.shape[2])
    ]
