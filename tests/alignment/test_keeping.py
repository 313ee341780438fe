from dataclasses import replace

import numpy as np
import pytest

from scarmap.alignment.keeping import keep_aligned, kept_aligned
from scarmap.alignment.moves import Common
from scarmap.alignment.result import Aligned, SequenceMoves, SliceMove
from scarmap.report.study.alignment import alignment_section
from scarmap.volume import Grid, Volume


@pytest.fixture
def aligned():
    rng = np.random.default_rng(0)
    fine = Grid((48, 44, 2), (2.0, 2.0, 8.0), np.diag([2.0, 2.0, 8.0, 1.0]))
    coarse = Grid((24, 22, 2), (4.0, 4.0, 8.0), np.diag([4.0, 4.0, 8.0, 1.0]))

    def stack(grid, largest):
        drawn = rng.uniform(0, largest, grid.shape).astype(np.float32)
        return Volume(drawn, grid)

    slices = (SliceMove(0, 0.5, (1.0, 2.0), (1.0, 2.0), 0.5, 0.8, 0.3), SliceMove(None))
    late = stack(fine, 4000)
    return Aligned(
        {"LGE": late, "T2": stack(fine, 700)},
        "LGE",
        "full",
        {"T2": SequenceMoves(slices, Common((0.5, 1.0), 0.7))},
        {"LGE": late, "T2": stack(fine, 100_000)},
        {"LGE": stack(coarse, 1), "T2": stack(coarse, 1)},
    )


def test_what_is_read_again_is_what_was_kept(aligned, tmp_path):
    keep_aligned(tmp_path / "alignment.npz", aligned)
    found = kept_aligned(tmp_path / "alignment.npz", aligned.images)
    assert (found.reference, found.how, found.moves) == ("LGE", "full", aligned.moves)
    for each, seen in aligned.outlines.items():
        assert np.abs(found.outlines[each].array - seen.array).max() < 1e-3
        assert found.outlines[each].grid.spacing_mm == seen.grid.spacing_mm
        assert np.array_equal(found.outlines[each].grid.affine, seen.grid.affine)
    assert found.before["LGE"] is aligned.before["LGE"]
    scaled = aligned.before["T2"].array / aligned.before["T2"].array.max()
    assert np.abs(found.before["T2"].array - scaled).max() < 1e-3
    again, first = alignment_section(found), alignment_section(aligned)
    assert (again.note, again.table) == (first.note, first.table)
    assert [each.caption for each in again.pictures] == [each.caption for each in first.pictures]


def test_alignment_by_headers_alone_has_nothing_to_draw(aligned, tmp_path):
    by_headers = replace(aligned, how="headers", before={}, outlines={})
    keep_aligned(tmp_path / "alignment.npz", by_headers)
    found = kept_aligned(tmp_path / "alignment.npz", by_headers.images)
    assert found.before == found.outlines == {}
    assert alignment_section(found).pictures == ()
