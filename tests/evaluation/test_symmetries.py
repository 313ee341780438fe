"""What a score must not depend on: how an array is stored, and which mask is named first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.hypotheses import few

from scarmap.evaluation.conventions import CONVENTIONS
from scarmap.evaluation.overlap import dice, jaccard
from scarmap.evaluation.reliability import Reliability, fit_curve
from scarmap.evaluation.surface import surface_errors
from scarmap.labels import LAYOUTS, label_indices
from scarmap.volume import Grid, LabelMap

MASKS = arrays(bool, (2, 5, 4, 3))
ORDERS = st.permutations(range(3))
SIDES = st.tuples(*[st.sampled_from([1, -1])] * 3)
SPACING_MM = (1.3, 0.9, 8.0)


def stored_otherwise(array, order, sides):
    return array.transpose(order)[tuple(slice(None, None, side) for side in sides)]


@few
@given(MASKS, ORDERS, SIDES)
def test_overlap_and_distance_do_not_depend_on_the_storage(masks, order, sides):
    one, other = masks
    turned = [stored_otherwise(each, order, sides) for each in masks]
    assert dice(*turned) == pytest.approx(dice(one, other), nan_ok=True)
    assert jaccard(*turned) == pytest.approx(jaccard(one, other), nan_ok=True)
    before = surface_errors(one, other, spacing_mm=SPACING_MM)
    after = surface_errors(*turned, spacing_mm=[SPACING_MM[axis] for axis in order])
    for name in ("hausdorff_mm", "hausdorff95_mm", "assd_mm"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), nan_ok=True)


@few
@given(MASKS)
def test_overlap_and_distance_are_those_of_a_pair_in_either_order(masks):
    one, other = masks
    assert dice(one, other) == pytest.approx(dice(other, one), nan_ok=True)
    assert jaccard(one, other) == pytest.approx(jaccard(other, one), nan_ok=True)
    first, second = (surface_errors(*pair, spacing_mm=SPACING_MM) for pair in (masks, masks[::-1]))
    for name in ("hausdorff_mm", "hausdorff95_mm", "assd_mm"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), nan_ok=True)


@few
@given(MASKS)
def test_jaccard_follows_from_dice(masks):
    overlap = dice(*masks)
    assert jaccard(*masks) == pytest.approx(overlap / (2 - overlap), nan_ok=True)


@few
@given(st.data(), st.sampled_from(sorted(CONVENTIONS)), st.sampled_from(sorted(LAYOUTS)))
def test_a_convention_scores_a_mirrored_pair_alike(data, convention, layout):
    known = sorted(set(label_indices(layout)))
    pair = data.draw(arrays(np.uint8, (2, 6, 5, 3), elements=st.sampled_from(known)))
    grid = Grid(pair.shape[1:], SPACING_MM, np.diag([*SPACING_MM, 1.0]))

    def scores(arrays_of):
        masks = [LabelMap(np.ascontiguousarray(each), grid) for each in arrays_of]
        return CONVENTIONS[convention](*masks, layout)

    for one, other in zip(scores(pair), scores(pair[:, ::-1, ::-1]), strict=True):
        assert (one.structure, one.metric) == (other.structure, other.metric)
        assert one.value == pytest.approx(other.value, nan_ok=True)


COUNTS = st.lists(
    st.tuples(st.integers(0, 500), st.floats(0, 1), st.floats(0, 1)), min_size=34, max_size=34
)


@few
@given(COUNTS, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_higher_probability_never_means_a_lower_one(counts, probabilities):
    count, said, true = (np.array(each, dtype=np.float64) for each in zip(*counts, strict=True))
    # Bins are in order of what is said in them.
    fitted = Reliability(count, count * np.sort(said), np.floor(count * true))
    if not count.any():
        return
    meant = fit_curve(fitted)(np.sort(np.array(probabilities)))
    assert ((meant >= 0) & (meant <= 1)).all()
    assert (np.diff(meant) >= 0).all()
