import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.hypotheses import few

from scarmap.io.coding import decode, encode, merge
from scarmap.labels import LAYOUTS, TISSUES, codes, label_indices


@few
@given(st.data(), st.sampled_from(sorted(LAYOUTS)))
def test_what_a_layout_labels_survives_its_codes(data, layout):
    known = sorted(set(label_indices(layout)))
    labels = data.draw(arrays(np.uint8, (4, 3, 2), elements=st.sampled_from(known)))
    assert np.array_equal(encode(decode(labels, layout), layout), labels)


@few
@given(st.data(), st.sampled_from(sorted(LAYOUTS)))
def test_codes_survive_their_meaning(data, layout):
    values = data.draw(
        arrays(np.int16, (4, 3, 2), elements=st.sampled_from(sorted(codes(layout).values())))
    )
    assert np.array_equal(decode(encode(values, layout), layout), values)


@few
@given(
    arrays(np.uint8, (4, 3, 2), elements=st.integers(0, len(TISSUES) - 1)),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_merging_twice_is_merging_once_and_can_be_written(labels, layout):
    merged = merge(labels, layout)
    assert np.array_equal(merge(merged, layout), merged)
    assert np.array_equal(encode(decode(merged, layout), layout), merged)
