import numpy as np
import pytest

from scarmap.errors import LabelError
from scarmap.io.coding import decode, encode, merge
from scarmap.labels import INDEX


def test_eight_unknown_values_are_named_and_no_more():
    values = np.arange(20, 30, dtype=np.int16)
    with pytest.raises(
        LabelError, match=r"a\.nii holds the label values 20, 21, 22, 23, 24, 25, 26, 27, which"
    ):
        encode(values, "emidec", where="a.nii")


def test_tissues_without_a_value_are_named_once_each_and_those_with_one_are_not():
    labels = np.array([INDEX[name] for name in ("background", "scar", "edema", "rv_pool", "edema")])
    with pytest.raises(LabelError, match="has no mask value for edema, rv_pool; use"):
        decode(labels.astype(np.uint8), "emidec")


def test_a_layout_that_is_not_known_is_refused():
    for function in (encode, decode, merge):
        with pytest.raises(LabelError, match="no label layout 'emidek'"):
            function(np.zeros(1, dtype=np.uint8), "emidek")
