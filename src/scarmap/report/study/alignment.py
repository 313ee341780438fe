"""What alignment did, for a page: checkerboards and outlines before and after, and the moves."""

from dataclasses import dataclass
from math import hypot

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scarmap.alignment.result import Aligned, SequenceMoves, SliceMove
from scarmap.report.cells import UNDEFINED, AlignedTable, Column
from scarmap.report.drawing.heart import LIGHT, brightness, draw_outline, hide_frame, upright
from scarmap.report.drawing.panels import panel_grid
from scarmap.report.html import Picture, picture_address
from scarmap.report.study.view import AS_STORED, View, turned
from scarmap.volume import Volume, crop_or_pad

SIDE_MM = 130.0
"""Side of the pictures, around the reference's heart."""
TILE_MM = 16.0
MOST_SLICES = 6
FIXED, MOVING = "#00d5ff", "#ffb000"
"""Outlines of the reference, and of the sequence beside it."""


@dataclass(frozen=True)
class AlignmentSection:
    """What a page says about alignment.

    Attributes:
        note: What was done, and how to read the rest.
        pictures: One for each sequence beside the reference.
        table: The moves, a line for each slice.
    """

    note: str
    pictures: tuple[Picture, ...]
    table: AlignedTable


def alignment_section(
    aligned: Aligned, *, layout: str = "scarmap", view: View = AS_STORED
) -> AlignmentSection:
    """What a page says about alignment.

    Args:
        aligned: What alignment made.
        layout: Label layout of the case, which says which way up it is.
        view: How its slices are turned on the page.
    """
    pictures = alignment_pictures(aligned, layout=layout, view=view)
    return AlignmentSection(alignment_note(aligned), tuple(pictures), move_table(aligned))


def alignment_note(aligned: Aligned) -> str:
    """What was done, in a few sentences."""
    others = " and ".join(aligned.moves)
    by_header = (
        f"{others} were put on the grid of {aligned.reference} by the scanner's geometry, each "
        f"slice from the plane nearest to it; {aligned.reference} was not moved."
    )
    if aligned.how == "headers":
        return f"{by_header} Movement between breath-holds was not looked for."
    return (
        f"{by_header} Then the move in the plane that breath-holds caused was looked for in each "
        "slice, by what a model sees of the left ventricle in each sequence alone and by edges. A "
        "move is made only where both agree, it is plausible and the fit is better after it. "
        "Overlap is that of the left ventricle's outlines, 1 at best."
    )


def move_table(aligned: Aligned) -> AlignedTable:
    """Make a line for each slice of the reference, with the moves of the other sequences.

    Args:
        aligned: What alignment made.
    """
    full = aligned.how == "full"
    columns = [Column("slice")]
    for sequence in aligned.moves:
        columns.append(Column(f"{sequence}, plane away", "mm"))
        if full:
            columns.append(Column(f"{sequence}, moved", "mm"))
            columns.append(Column(f"{sequence}, overlap", "before → after"))
    count = max((len(moves.slices) for moves in aligned.moves.values()), default=0)
    lines = []
    for z in range(count):
        cells = [_cells(moves.slices[z], full=full) for moves in aligned.moves.values()]
        lines.append((str(z + 1), *(cell for group in cells for cell in group)))
    return AlignedTable(tuple(columns), tuple(lines))


def _cells(move: SliceMove, *, full: bool) -> tuple[str, ...]:
    if move.partner is None:
        return ("no slice", UNDEFINED, UNDEFINED) if full else ("no slice",)
    away = f"{move.distance_mm:.1f}"
    if not full:
        return (away,)
    moved = "left, see flags" if move.refused else f"{hypot(*move.made_mm):.1f}"
    return away, moved, f"{move.overlap_before:.2f} → {move.overlap_after:.2f}"


def alignment_pictures(
    aligned: Aligned, *, layout: str = "scarmap", view: View = AS_STORED
) -> list[Picture]:
    """One picture for each sequence that was looked at beside the reference.

    Args:
        aligned: What alignment made; by headers alone there is nothing to show.
        layout: Label layout of the case, which says which way up it is.
        view: How its slices are turned after that.
    """
    if not aligned.before:
        return []
    return [
        _picture(aligned, sequence, layout, view)
        for sequence, moves in aligned.moves.items()
        if len(moves.missing) < len(moves.slices)
    ]


def _picture(aligned: Aligned, sequence: str, layout: str, view: View) -> Picture:
    figure = draw_alignment(
        aligned, sequence, shown_slices(aligned.moves[sequence]), layout=layout, view=view
    )
    return Picture(
        f"{sequence} beside {aligned.reference}",
        f"Squares alternate between {aligned.reference} and {sequence}: lines that break at "
        "their borders do not fit. Outlines are those of the left ventricle as it is seen in "
        f"each alone. Moved slices: {_moved(aligned.moves[sequence]) or 'none'}.",
        f"Checkerboards of {aligned.reference} and {sequence} before and after alignment",
        picture_address(figure),
        key=((aligned.reference, FIXED), (sequence, MOVING)),
    )


def shown_slices(moves: SequenceMoves) -> list[int]:
    """Slices to draw, from 0: those that the sequence has, thinned evenly where there are many."""
    there = [z for z, each in enumerate(moves.slices) if each.partner is not None]
    shown = np.linspace(0, len(there) - 1, MOST_SLICES).round().astype(int)
    return sorted({there[index] for index in shown})


def _moved(moves: SequenceMoves) -> str:
    """How far each slice that was moved was moved, counted from 1."""
    lengths = [float(np.hypot(*each.made_mm)) for each in moves.slices]
    return ", ".join(f"{z}: {mm:.1f} mm" for z, mm in enumerate(lengths, start=1) if mm > 0)


def draw_alignment(
    aligned: Aligned,
    sequence: str,
    slices: list[int],
    *,
    layout: str = "scarmap",
    view: View = AS_STORED,
) -> Figure:
    """Draw checkerboards with outlines: a row before and a row after, a column for each slice."""
    figure, grid = panel_grid(
        2, len(slices), panel_inch=1.9, head_inch=0.24, foot_inch=0.05, side_inch=0.28
    )
    rows = (("before", aligned.before, False), ("after", aligned.images, True))
    for axes_row, (title, images, moved) in zip(grid, rows, strict=True):
        axes_row[0].set_ylabel(title, color=LIGHT, fontsize=9)
        for axes, z in zip(axes_row, slices, strict=True):
            pair = (images[aligned.reference], images[sequence])
            _draw_panel(axes, aligned, pair, z, layout=layout, view=view)
            _draw_outlines(axes, aligned, sequence, z, layout=layout, view=view, moved=moved)
    for axes, z in zip(grid[0], slices, strict=True):
        axes.set_title(f"slice {z + 1}", color=LIGHT, fontsize=8, pad=3)
    return figure


def checkerboard(
    first: NDArray[np.float32], second: NDArray[np.float32], *, tile: tuple[int, int]
) -> NDArray[np.float32]:
    """Two pictures (rows, columns) in alternating tiles; the first has the upper left one."""
    rows, columns = np.indices(first.shape)
    odd = (rows // tile[0] + columns // tile[1]) % 2 == 1
    board: NDArray[np.float32] = np.where(odd, second, first)
    return board


def _draw_panel(
    axes: Axes, aligned: Aligned, pair: tuple[Volume, Volume], z: int, *, layout: str, view: View
) -> None:
    shown = []
    for image in pair:
        cut = upright(_cut(image, z, aligned), layout).astype(np.float32)
        low, high = brightness(cut)
        shown.append(np.clip((cut - low) / (high - low), 0, 1))
    spacing = pair[0].grid.spacing_mm
    tile = (max(1, round(TILE_MM / spacing[1])), max(1, round(TILE_MM / spacing[0])))
    board = turned(checkerboard(shown[0], shown[1], tile=tile), view)
    axes.imshow(board, cmap="gray", vmin=0, vmax=1, extent=(0, SIDE_MM, SIDE_MM, 0))
    hide_frame(axes)


def _draw_outlines(
    axes: Axes, aligned: Aligned, sequence: str, z: int, *, layout: str, view: View, moved: bool
) -> None:
    for each, colour in ((aligned.reference, FIXED), (sequence, MOVING)):
        outline = aligned.outlines[each]
        move = aligned.moves[sequence].made_mm[z] if moved and each == sequence else (0.0, 0.0)
        cut = _cut(outline, z, aligned, move_mm=(move[0], move[1])) > 0.5
        mask = turned(upright(cut, layout), view).astype(bool)
        draw_outline(axes, mask, colour=colour, extent=(0.0, SIDE_MM, SIDE_MM, 0.0))


def _cut(
    image: Volume, z: int, aligned: Aligned, *, move_mm: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.float32]:
    """Square around the reference's heart, (x, y); a move shifts what is seen by whole pixels."""
    share = _middle(aligned.outlines[aligned.reference])
    centre, size = [], []
    for axis in (0, 1):
        length, mm = image.grid.shape[axis], image.grid.spacing_mm[axis]
        centre.append(share[axis] * length - move_mm[axis] / mm)
        size.append(round(SIDE_MM / mm))
    return crop_or_pad(image.array[..., z], centre=(centre[0], centre[1]), size=(size[0], size[1]))


def _middle(outline: Volume) -> tuple[float, float]:
    """Middle of the heart as a share of the field of view, (x, y)."""
    seen = (outline.array > 0.5).sum(2)
    if not seen.any():
        return 0.5, 0.5
    x, y = (
        float(np.average(np.arange(size) + 0.5, weights=seen.sum(1 - axis))) / size
        for axis, size in enumerate(seen.shape)
    )
    return x, y
