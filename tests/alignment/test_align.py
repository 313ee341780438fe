import numpy as np
import pytest

from scarmap.alignment.align import align
from scarmap.alignment.record import about
from scarmap.errors import DataError
from scarmap.inference.segment import Segmenter
from scarmap.labels import SEQUENCES
from scarmap.sampling.preparation import Preparation
from scarmap.volume import Volume

REGIONS = ("lv_pool", "whole_myocardium")


def unchanged(volume, sequence):
    return volume


def sees(slices):
    """A network's stand-in: cavity and wall where each sequence shows them, see conftest."""
    lge, t2, bssfp = (slices[:, channel] for channel in range(3))
    wall = ((lge > 50) & (lge < 350)) | (t2 > 320) | ((bssfp > 200) & (bssfp < 390))
    pool = (lge > 700) | ((t2 > 1) & (t2 < 150)) | (bssfp > 590)
    return np.stack([pool, wall], axis=1).astype(np.float32)


@pytest.fixture
def segmenter():
    preparation = Preparation(SEQUENCES, 96, unchanged, None, optional=True)
    return Segmenter(
        preparation,
        "scarmap",
        REGIONS,
        sees,
        lambda maps: np.zeros(maps.shape[1:], dtype=np.uint8),
    )


@pytest.fixture
def study(grid_of, heart):
    """LGE, and T2 on coarser pixels, moved, without the first of LGE's slices."""
    lge = grid_of((90, 90, 3), (1.5, 1.5, 8.0))
    t2 = grid_of((64, 60, 2), (2.0, 2.0, 8.0), (3.75, 7.75, 8.5))
    moved = heart(t2, "T2", np.array([[6.0, 0.0], [0.0, -5.0]]))[0]
    return {"LGE": heart(lge, "LGE")[0], "T2": moved}


def test_headers_put_a_sequence_on_the_grid_of_lge_and_leave_missing_slices_empty(study):
    aligned = align(study, how="headers")
    assert aligned.images["LGE"] is study["LGE"]
    assert aligned.images["T2"].grid is study["LGE"].grid
    assert [bool(aligned.images["T2"].array[..., z].any()) for z in range(3)] == [False, True, True]
    assert about(aligned)["flags"] == ["T2 has no slice 1."]


def test_moves_are_undone_where_slices_have_a_partner(study, segmenter):
    aligned = align(study, segmenter=segmenter)
    made = aligned.moves["T2"].made_mm
    assert np.allclose(made, [[0, 0], [-6, 0], [0, 5]], atol=1.0)
    assert aligned.images["LGE"] is study["LGE"]
    wall = (aligned.images["T2"].array > 320)[..., 1:]
    there = np.array(np.nonzero(wall))[:2].mean(1)
    assert np.allclose(there, 44.5, atol=1.0)


def test_the_record_tells_slices_from_one_with_moves_and_overlaps(study, segmenter):
    told = about(align(study, segmenter=segmenter))
    assert told["reference"] == "LGE"
    first, second, _ = told["sequences"]["T2"]["slices"]
    assert first == {"slice": 1, "from_slice": None}
    assert second["from_slice"] == 1
    assert second["plane_distance_mm"] == 0.5
    assert second["moved_mm"] == second["found_mm"]
    assert second["overlap_after"] > second["overlap_before"]
    assert second["refused"] is None


def test_without_lge_t2_stays_and_bssfp_is_put_on_its_grid(grid_of, heart):
    grid, other = grid_of((40, 40, 2), (3, 3, 8)), grid_of((60, 60, 2), (2, 2, 8))
    aligned = align({"bSSFP": heart(other, "bSSFP")[0], "T2": heart(grid, "T2")[0]}, how="headers")
    assert aligned.reference == "T2"
    assert aligned.images["bSSFP"].grid is grid


def test_a_single_sequence_is_left_alone(grid_of, heart):
    image = heart(grid_of((40, 40, 2), (3, 3, 8)), "LGE")[0]
    aligned = align({"LGE": image})
    assert aligned.images == {"LGE": image}
    assert not aligned.moves


def test_moves_need_something_that_sees_the_heart(study):
    with pytest.raises(DataError, match="built-in model"):
        align(study)


def test_no_image_is_an_error():
    with pytest.raises(DataError, match="there is none"):
        align({})


def test_an_image_of_one_brightness_is_refused_and_flagged(study, segmenter):
    study["T2"] = Volume(np.full_like(study["T2"].array, 7.0), study["T2"].grid)
    aligned = align(study, segmenter=segmenter)
    assert not aligned.moves["T2"].made_mm.any()
    assert about(aligned)["flags"][1] == (
        "T2 was left where the scanner placed it in slices 2 and 3: a heart of another size was "
        "seen in it."
    )
