"""A study on sheets of A4 by matplotlib alone: figures, slices with outlines, method."""

import io
from collections.abc import Iterator, Sequence
from datetime import date
from math import ceil
from textwrap import wrap

import numpy as np
from matplotlib import image
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from scarmap.alignment.result import Aligned
from scarmap.labels import INDEX, region_mask
from scarmap.quantification.dictionary import GRAVE
from scarmap.quantification.result import Quantification
from scarmap.report.cells import AlignedTable
from scarmap.report.drawing.case import OUTLINES
from scarmap.report.drawing.heart import (
    brightness,
    draw_outline,
    hide_frame,
    ink,
    region_colour,
    upright,
)
from scarmap.report.drawing.panels import Window, cut_labels, heart_window, sequences_in_order
from scarmap.report.drawing.words import without_formulas
from scarmap.report.pages.study import base_to_apex, discs_note, slice_names, study_facts
from scarmap.report.pdf.plain_discs import draw_disc
from scarmap.report.study.alignment import (
    alignment_note,
    draw_alignment,
    move_table,
    shown_slices,
)
from scarmap.report.study.discs import subjects
from scarmap.report.study.key_figures import KeyFigure, intervals_note, key_figures
from scarmap.report.study.method import method_lines
from scarmap.report.study.slices import MARGIN_MM, key_title
from scarmap.report.study.tables import threshold_table, volume_table, wall_table
from scarmap.report.study.view import View, standard_view, turned
from scarmap.volume import Case, crop_or_pad

WIDTH_INCH, HEIGHT_INCH = 8.27, 11.69
LEFT, RIGHT = 0.07, 0.93
COLUMNS, ROWS = 4, 5
LINE = 0.0145
"""Height of a line of text, as a share of the sheet."""

RESEARCH_ONLY = "For research only. scarmap is no medical device."


def draw_study(case: Case, study: Quantification, *, aligned: Aligned | None = None) -> bytes:
    """Draw the sheets of a study.

    Args:
        case: Its images, if there are any, and the mask that was measured as its labels.
        study: What was measured in that mask.
        aligned: How its images were put on one grid, if they were not on one before.

    Returns:
        A PDF.
    """
    buffer = io.BytesIO()
    with PdfPages(buffer, metadata={"Title": f"scarmap: {case.name}"}) as pdf:
        sheets = [
            _first_sheet(case, study),
            *_slice_sheets(case, study),
            *(_alignment_sheets(aligned, case, study) if aligned and aligned.moves else ()),
            *_text_sheets(study),
        ]
        for number, sheet in enumerate(sheets, start=1):
            foot = f"{RESEARCH_ONLY} {case.name}, sheet {number} of {len(sheets)}"
            sheet.text(0.5, 0.02, foot, fontsize=7, color="#555555", ha="center")
            pdf.savefig(without_formulas(sheet))
    return buffer.getvalue()


def _sheet(title: str) -> Figure:
    sheet = Figure(figsize=(WIDTH_INCH, HEIGHT_INCH), facecolor="white")
    sheet.text(LEFT, 0.955, title, fontsize=15, fontweight="bold")
    return sheet


def _first_sheet(case: Case, study: Quantification) -> Figure:
    sheet = _sheet(case.name)
    facts = study_facts(case, study, date.today().isoformat())
    y = _write(sheet, "   ".join(f"{title}: {value}" for title, value in facts), 0.935, size=8)
    tiles = key_figures(study)
    for place, tile in enumerate(tiles):
        _draw_tile(sheet, tile, LEFT + place * (RIGHT - LEFT) / len(tiles), y - 0.02)
    y = _write(sheet, intervals_note(study), y - 0.135, size=7.5)
    for flag in sorted(study.flags, key=lambda flag: flag.code not in GRAVE):
        begin = "Read this first" if flag.code in GRAVE else "Note"
        y = _write(sheet, f"{begin}: {flag.message}", y - 0.003, size=8.5)
    y = _write(sheet, discs_note(study), min(y - 0.012, 0.66), size=8)
    shown = subjects(study)
    side = (RIGHT - LEFT) / len(shown)
    height = side * WIDTH_INCH / HEIGHT_INCH
    for place, subject in enumerate(shown):
        axes = sheet.add_axes((LEFT + place * side, y - height - 0.03, side, height))
        draw_disc(axes, subject, study)
    return sheet


def _draw_tile(sheet: Figure, tile: KeyFigure, x: float, y: float) -> None:
    sheet.text(x, y, tile.title, fontsize=8, color="#444444")
    colour = ink(tile.colour, luminance=0.2) if tile.colour else "black"
    size = 11 if tile.missing else 15  # words are longer than numbers
    sheet.text(x, y - 0.026, f"{tile.value} {tile.unit}", fontsize=size, color=colour)
    lines = [part for line in tile.lines for part in wrap(line, 26)]
    for index, line in enumerate(lines[:6]):
        sheet.text(x, y - 0.043 - index * 0.0115, line, fontsize=6.5)


def _slice_sheets(case: Case, study: Quantification) -> Iterator[Figure]:
    order, view = base_to_apex(study), standard_view(study.reference, case.layout)
    window = heart_window(case, margin_mm=MARGIN_MM)
    for sequence in sequences_in_order(case) or [""]:
        for start in range(0, len(order), COLUMNS * ROWS):
            title = f"Slices from base to apex{f', {sequence}' if sequence else ''}"
            sheet = _sheet(title)
            for place, z in enumerate(order[start : start + COLUMNS * ROWS]):
                _draw_slice(sheet, place, z, case, study, sequence, window, view)
            _draw_key(sheet, case)
            yield sheet


def _draw_slice(
    sheet: Figure,
    place: int,
    z: int,
    case: Case,
    study: Quantification,
    sequence: str,
    window: Window,
    view: View,
) -> None:
    width, height = (RIGHT - LEFT) / COLUMNS, 0.165
    x, y = LEFT + place % COLUMNS * width, 0.755 - place // COLUMNS * height
    axes = sheet.add_axes((x + 0.003, y, width - 0.006, height - 0.018))
    shown = turned(upright(_cut(case, sequence, z, window), case.layout), view)
    low, high = brightness(shown)
    axes.imshow(shown, cmap="gray", vmin=low, vmax=high, extent=window.extent)
    hide_frame(axes)
    lacking = sequence and not case.images[sequence].array[..., z].any()
    name = slice_names(study)[z + 1]
    axes.set_title(f"{name}, no image" if lacking else name, fontsize=7, pad=2)
    if case.labels is None:
        return
    labels = turned(cut_labels(case.labels, z, window=window, layout=case.layout), view)
    for tissue, region in OUTLINES.items():
        if (labels == INDEX[tissue]).any():
            mask = region_mask(labels, region)
            draw_outline(axes, mask, colour=region_colour(tissue), extent=window.extent, width=0.8)


def _cut(case: Case, sequence: str, z: int, window: Window) -> NDArray[np.float32]:
    given = case.images.get(sequence)
    plane = np.zeros(case.grid.shape[:2], np.float32) if given is None else given.array[..., z]
    return crop_or_pad(plane, centre=window.centre, size=window.size)


def _draw_key(sheet: Figure, case: Case) -> None:
    if case.labels is None:
        return
    keys = [
        Line2D([], [], color=region_colour(tissue), linewidth=2, label=key_title(tissue))
        for tissue in OUTLINES
        if (case.labels.array == INDEX[tissue]).any()
    ]
    if keys:
        sheet.legend(handles=keys, loc="lower center", ncols=3, fontsize=7, frameon=False,
                     bbox_to_anchor=(0.5, 0.035))  # fmt: skip


def _alignment_sheets(aligned: Aligned, case: Case, study: Quantification) -> Iterator[Figure]:
    view, width = standard_view(study.reference, case.layout), RIGHT - LEFT
    sheet = _sheet("Alignment")
    y = _write(sheet, alignment_note(aligned), 0.935, size=8)
    for sequence, moves in aligned.moves.items():
        if aligned.before and len(moves.missing) < len(moves.slices):
            slices = shown_slices(moves)
            drawn = draw_alignment(aligned, sequence, slices, layout=case.layout, view=view)
            shape = drawn.get_figheight() / drawn.get_figwidth()
            height = min(0.3, width * WIDTH_INCH / HEIGHT_INCH * shape)
            title = f"{sequence} (orange) beside {aligned.reference} (blue), before and after"
            sheet.text(LEFT, y - 0.015, title, fontsize=8)
            axes = sheet.add_axes((LEFT, y - 0.022 - height, width, height))
            axes.imshow(_pixels(drawn))
            axes.axis("off")
            y -= height + 0.035
    lines = _lines(move_table(aligned))
    _write_block(sheet, lines, y, step=LINE * 0.82, tabular=True)
    yield sheet


def _pixels(figure: Figure) -> NDArray[np.float32]:
    """A picture as (rows, columns, 4), to be put into another one."""
    buffer = io.BytesIO()
    without_formulas(figure).savefig(
        buffer, format="png", dpi=130, facecolor=figure.get_facecolor()
    )
    buffer.seek(0)
    pixels: NDArray[np.float32] = image.imread(buffer)
    return pixels


def _blocks(study: Quantification) -> list[tuple[str, Sequence[str]]]:
    """Title and lines of what stands on the text sheets; the last block is prose."""
    blocks: list[tuple[str, Sequence[str]]] = [
        ("Segments" if study.segments else "Rings", _lines(wall_table(study))),
        ("Volumes", _lines(volume_table(study))),
    ]
    if study.thresholds:
        blocks.append(("Classical thresholds", _lines(threshold_table(study.thresholds))))
    method = [line for text in method_lines(study) for line in wrap(f"• {text}", 118)]
    blocks.append(("How the figures were made, and what they cannot mean", method))
    return blocks


def _text_sheets(study: Quantification) -> Iterator[Figure]:
    blocks = _blocks(study)
    sheet, y = _sheet("Figures and method"), 0.93
    for title, lines in blocks:
        tabular = title != blocks[-1][0]
        step = LINE * (0.82 if tabular else 0.9)
        if y - step * (len(lines) + 3) < 0.05 and y < 0.9:
            yield sheet
            sheet, y = _sheet("Figures and method"), 0.93
        sheet.text(LEFT, y, title, fontsize=10, fontweight="bold")
        y = _write_block(sheet, lines, y, step=step, tabular=tabular)
    yield sheet


def _write_block(
    sheet: Figure, lines: Sequence[str], y: float, *, step: float, tabular: bool
) -> float:
    """Write lines below each other; the height at which the next block begins."""
    font, size = ("monospace", 5.6) if tabular else ("sans-serif", 7.5)
    for line in lines:
        y -= step
        sheet.text(LEFT, y - 0.004, line, fontsize=size, family=font)
    return y - 0.035


def _lines(table: AlignedTable) -> list[str]:
    """A table as lines of equal columns."""
    heads = [(column.title, column.unit) for column in table.columns]
    cells = [[title for title, _ in heads], [unit for _, unit in heads], *map(list, table.lines)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(heads))]
    left = [index == 0 or column.text for index, column in enumerate(table.columns)]
    return [_padded(row, widths, left) for row in cells]


def _padded(row: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    cells = []
    for text, width, aligned in zip(row, widths, left, strict=True):
        cells.append(text.ljust(width) if aligned else text.rjust(width))
    return "  ".join(cells)


def _write(sheet: Figure, text: str, y: float, *, size: float) -> float:
    """Write text in lines over the width of the sheet; the height below it."""
    for line in wrap(text, ceil(1000 / size)):
        sheet.text(LEFT, y, line, fontsize=size, va="top")
        y -= LINE * size / 9
    return y
