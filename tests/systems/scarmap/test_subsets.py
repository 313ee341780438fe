import numpy as np
import pytest

from scarmap.systems.scarmap.subsets import ask_subsets, share, smaller_sets
from scarmap.systems.scarmap.targets import FOUND

SEQUENCES = ("LGE", "T2", "bSSFP")
WALL, INJURY, INFARCT, NO_REFLOW = (
    FOUND.index(name) for name in ("whole_myocardium", "scar_and_edema", "whole_infarct", "mvo")
)
POOL = FOUND.index("lv_pool")


def maps_of(*, wall, injury, infarct, no_reflow, pool=0.1):
    """Maps of shares: each is that of the region around it."""
    maps = np.zeros((2, len(FOUND), 4, 4), dtype=np.float32)
    maps[:, POOL], maps[:, WALL] = pool, wall
    maps[:, INJURY] = injury * wall
    maps[:, INFARCT] = infarct * injury * wall
    maps[:, NO_REFLOW] = no_reflow * infarct * injury * wall
    return maps


ALL = maps_of(wall=0.8, injury=0.5, infarct=0.4, no_reflow=0.5)
ANSWERS = {
    ("T2", "bSSFP"): maps_of(wall=0.6, injury=0.9, infarct=0.9, no_reflow=0.9, pool=0.3),
    ("LGE", "T2"): maps_of(wall=0.5, injury=0.6, infarct=0.5, no_reflow=0.9),
    ("LGE",): maps_of(wall=0.4, injury=0.2, infarct=1.0, no_reflow=0.9),
}


def slices_of(*present):
    slices = np.zeros((2, 3, 4, 4), dtype=np.float32)
    for name in present:
        slices[:, SEQUENCES.index(name)] = 1
    return slices


def predict(slices):
    return ANSWERS[tuple(name for k, name in enumerate(SEQUENCES) if slices[:, k].any())]


def test_the_wall_is_that_of_all_and_of_t2_with_bssfp_and_pathology_that_of_sets_with_lge():
    found = ask_subsets(ALL, slices_of(*SEQUENCES), predict, sequences=SEQUENCES)
    walls, injuries = 0.8 + 0.5 + 0.4, 0.8 * 0.5 + 0.5 * 0.6 + 0.4 * 0.2
    infarcts = 0.8 * 0.5 * 0.4 + 0.5 * 0.6 * 0.5 + 0.4 * 0.2 * 1.0
    wanted = maps_of(
        wall=0.7, injury=injuries / walls, infarct=infarcts / injuries, no_reflow=0.5, pool=0.2
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_two_sequences_ask_late_enhancement_alone_and_keep_the_wall():
    found = ask_subsets(ALL, slices_of("LGE", "bSSFP"), predict, sequences=SEQUENCES)
    injury = (0.8 * 0.5 + 0.4 * 0.2) / (0.8 + 0.4)
    infarct = (0.8 * 0.5 * 0.4 + 0.4 * 0.2) / (0.8 * 0.5 + 0.4 * 0.2)
    wanted = maps_of(wall=0.8, injury=injury, infarct=infarct, no_reflow=0.5)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("present", [("LGE",), ("T2", "bSSFP"), ("T2",), ()])
def test_a_case_that_can_give_no_smaller_set_stays_as_it_is(present):
    def never(slices):
        raise AssertionError

    found = ask_subsets(ALL, slices_of(*present), never, sequences=SEQUENCES)
    np.testing.assert_allclose(found, ALL, rtol=1e-6)


def test_maps_that_are_handed_in_are_not_written_into():
    maps = ALL.copy()
    ask_subsets(maps, slices_of(*SEQUENCES), predict, sequences=SEQUENCES)
    np.testing.assert_array_equal(maps, ALL)


def test_regions_stay_nested_whatever_the_answers_are():
    generator = np.random.default_rng(1)

    def noise(slices):
        return generator.random((2, len(FOUND), 4, 4), dtype=np.float32)

    found = ask_subsets(noise(None), slices_of(*SEQUENCES), noise, sequences=SEQUENCES)
    nested = found[:, [WALL, INJURY, INFARCT, NO_REFLOW]]
    assert (np.diff(nested, axis=1) <= 1e-6).all()
    assert nested.min() >= 0


def test_the_order_of_the_sequences_is_that_of_the_model():
    asked = []

    def note(slices):
        asked.append([k for k in range(3) if slices[:, k].any()])
        return ALL

    turned = ("bSSFP", "LGE", "T2")
    ask_subsets(ALL, np.ones((2, 3, 4, 4), np.float32), note, sequences=turned)
    assert asked == [[0, 2], [1, 2], [1]]


def test_no_set_is_asked_twice():
    assert smaller_sets(("LGE", "bSSFP")) == ([], [("LGE",)])
    assert smaller_sets(("LGE",)) == ([], [])


def test_nothing_lies_where_there_is_no_wall():
    maps = np.zeros((1, len(FOUND), 2, 2), dtype=np.float32)
    assert not share(maps, INJURY, WALL).any()
