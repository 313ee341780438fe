from dataclasses import replace

import numpy as np
import pytest

from scarmap.alignment.result import Aligned, SequenceMoves, SliceMove
from scarmap.report.study.alignment import (
    alignment_pictures,
    alignment_section,
    checkerboard,
    draw_alignment,
)
from scarmap.report.study.view import View
from scarmap.volume import Grid, Volume


@pytest.fixture
def aligned():
    grid = Grid((40, 44, 2), (4.0, 4.0, 8.0), np.diag([4.0, 4.0, 8.0, 1.0]))
    x, y = np.indices(grid.shape[:2])
    disc = (np.hypot(x - 20, y - 22) < 8).astype(np.float32)
    moved = np.roll(disc, 2, axis=0)

    def stack(image):
        return Volume(np.stack([image, image], axis=-1), grid)

    slices = (SliceMove(0, made_mm=(-8.0, 0.0)), SliceMove(None))
    return Aligned(
        {"LGE": stack(disc), "T2": stack(disc)},
        "LGE",
        "full",
        {"T2": SequenceMoves(slices)},
        {"LGE": stack(disc), "T2": stack(moved)},
        {"LGE": stack(disc), "T2": stack(moved)},
    )


def test_tiles_alternate_between_two_pictures():
    board = checkerboard(np.zeros((4, 4)), np.ones((4, 4)), tile=(2, 2))
    assert board.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]


def test_a_picture_tells_the_moves_and_leaves_out_slices_that_are_missing(aligned):
    (picture,) = alignment_pictures(aligned)
    assert picture.address.startswith("data:image/webp")
    assert "1: 8.0 mm" in picture.caption
    assert [title for title, _ in picture.key] == ["LGE", "T2"]


def test_outlines_lie_apart_before_and_together_after(aligned):
    figure = draw_alignment(aligned, "T2", [0])

    def middles(axes):
        return [
            np.concatenate([path.vertices for path in lines.get_paths()]).mean(0)
            for lines in axes.collections
        ]

    before, after = (middles(axes) for axes in figure.axes)
    assert before[1][0] - before[0][0] == pytest.approx(8.0, abs=0.5)
    assert np.allclose(after[0], after[1], atol=0.5)


def test_headers_alone_have_nothing_to_show(aligned):
    assert alignment_pictures(Aligned(aligned.images, "LGE", "headers", aligned.moves)) == []


def test_headers_alone_tell_where_each_plane_came_from(aligned):
    slices = (SliceMove(0, distance_mm=1.24), SliceMove(None))
    moves = {"T2": SequenceMoves(slices)}
    section = alignment_section(Aligned(aligned.images, "LGE", "headers", moves))
    assert section.table.lines == (("1", "1.2"), ("2", "no slice"))
    assert section.pictures == ()
    assert "not looked for" in section.note


def test_the_table_tells_moves_in_millimetres_overlaps_and_refusals(aligned):
    slices = (
        SliceMove(0, made_mm=(-3.0, 4.0), overlap_before=0.71, overlap_after=0.9),
        SliceMove(1, refused="it was too long", overlap_before=0.5, overlap_after=0.5),
    )
    section = alignment_section(replace(aligned, moves={"T2": SequenceMoves(slices)}))
    assert section.table.lines == (
        ("1", "0.0", "5.0", "0.71 → 0.90"),
        ("2", "0.0", "left, see flags", "0.50 → 0.50"),
    )
    assert len(section.pictures) == 1


def test_pictures_are_turned_as_the_slices_of_the_page_are(aligned):
    def first_panel(view):
        return draw_alignment(aligned, "T2", [0], view=view).axes[0].images[0].get_array()

    upside_down = View(mirrored=True, quarter_turns=2)
    assert np.array_equal(first_panel(upside_down), first_panel(View())[::-1])
