import numpy as np
import pytest

from scarmap.alignment.guard import APART, LARGEST_MM, NO_HEART
from scarmap.alignment.placement import Partner
from scarmap.alignment.search import find_moves
from scarmap.volume import Volume

SHAPE, SPACING = (100, 96, 4), (1.5, 1.6, 8.0)
PLACED = tuple(Partner(z, 0.0) for z in range(SHAPE[2]))


@pytest.fixture
def study(grid_of, heart):
    """Function of the moves of T2 and bSSFP to what `find_moves` takes."""

    def make(**moves_mm):
        grid = grid_of(SHAPE, SPACING)
        made = {
            each: heart(grid, each, np.array(moves_mm[each]) if each in moves_mm else None)
            for each in ("LGE", *moves_mm)
        }
        images = {each: image for each, (image, _) in made.items()}
        maps = {each: seen for each, (_, seen) in made.items()}
        return images, maps, dict.fromkeys(moves_mm, PLACED)

    return make


def test_sequences_that_agree_are_not_moved(study):
    still = np.zeros((4, 2))
    moves = find_moves(*study(T2=still, bSSFP=still), reference="LGE")
    for found in moves.values():
        assert not found.made_mm.any()
        assert all(not each.refused and np.hypot(*each.found_mm) < 0.5 for each in found.slices)


@pytest.mark.parametrize("sequences", [("T2",), ("bSSFP",), ("T2", "bSSFP")])
def test_known_moves_of_each_slice_are_found_within_a_pixel(study, sequences):
    put = np.array([[6.0, 0.0], [-4.0, 5.0], [0.0, -7.0], [5.0, 3.0]])
    given = {each: put if each == "T2" else -put[::-1] for each in sequences}
    moves = find_moves(*study(**given), reference="LGE")
    for each, found in moves.items():
        assert np.abs(found.made_mm + given[each]).max() < 1.0
        assert all(one.overlap_after > one.overlap_before + 0.05 for one in found.slices)


def test_short_moves_are_found_but_not_made(study):
    moves = find_moves(*study(T2=np.full((4, 2), 1.0)), reference="LGE")["T2"]
    assert not moves.made_mm.any()
    assert all(np.hypot(*each.found_mm) > 0.7 and not each.refused for each in moves.slices)


def test_moves_that_are_together_no_more_than_error_are_not_made(study):
    moves = find_moves(*study(T2=np.full((4, 2), 1.8)), reference="LGE")["T2"]
    assert not moves.made_mm.any()
    assert all(np.hypot(*each.found_mm) > 2.0 and not each.refused for each in moves.slices)
    assert all(each.overlap_after == each.overlap_before for each in moves.slices)


def test_one_slice_that_moved_far_is_put_back_beside_others_that_did_not(study):
    put = np.zeros((4, 2))
    put[2] = (7.0, 0.0)
    moves = find_moves(*study(T2=put), reference="LGE")["T2"]
    assert np.abs(moves.made_mm + put).max() < 1.0


def test_a_slice_without_much_to_see_follows_the_others(study):
    put = np.array([[6.0, -4.0]] * 4)
    images, maps, partners = study(T2=put)
    faint = images["T2"].array
    faint[..., 2] = np.random.default_rng(0).standard_normal(SHAPE[:2]) + 0.003 * faint[..., 2]
    maps["T2"][..., 2] *= 0.3
    moves = find_moves(images, maps, partners, reference="LGE")["T2"]
    assert np.allclose(moves.common.move_mm, (-6.0, 4.0), atol=1.0)
    assert np.hypot(*(np.array(moves.slices[2].found_mm) - (-6.0, 4.0))) < 3.0


def test_a_slice_that_the_sequence_lacks_stays_empty_and_does_not_disturb_the_others(study):
    put = np.array([[6.0, 0.0]] * 4)
    images, maps, partners = study(T2=put, bSSFP=np.zeros((4, 2)))
    partners["T2"] = (PLACED[0], None, *PLACED[2:])
    moves = find_moves(images, maps, partners, reference="LGE")["T2"]
    assert moves.missing == (1,)
    assert np.allclose(moves.made_mm[[0, 2, 3]], (-6.0, 0.0), atol=1.0)
    assert not moves.made_mm[1].any()


def test_outlines_and_edges_that_disagree_leave_the_scanners_geometry(study):
    images, maps, partners = study(T2=np.array([[7.0, 0.0]] * 4))
    other = study(T2=np.array([[-7.0, 0.0]] * 4))
    maps["T2"] = other[1]["T2"]
    moves = find_moves(images, maps, partners, reference="LGE")["T2"]
    assert not moves.made_mm.any()
    assert {each.refused for each in moves.slices} == {APART}


def test_without_a_heart_nothing_is_moved(study):
    images, maps, partners = study(T2=np.array([[7.0, 0.0]] * 4))
    maps["T2"][:] = 0
    moves = find_moves(images, maps, partners, reference="LGE")["T2"]
    assert not moves.made_mm.any()
    assert {each.refused for each in moves.slices} == {NO_HEART}


def test_noise_is_never_moved_further_than_a_breath_hold(study):
    images, maps, partners = study(T2=np.zeros((4, 2)))
    rng = np.random.default_rng(3)
    images["T2"] = Volume(rng.random(SHAPE, dtype=np.float32), images["T2"].grid)
    maps["T2"] = rng.random(maps["T2"].shape, dtype=np.float32)
    moves = find_moves(images, maps, partners, reference="LGE")["T2"]
    assert np.hypot(*moves.made_mm.T).max() <= LARGEST_MM
