import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.phantom.tissue import SEQUENCES, draw_signals


@pytest.mark.parametrize("seed", range(30))
def test_contrast_varies_but_the_order_of_tissues_in_the_heart_does_not(seed):
    values = draw_signals(np.random.default_rng(seed), SEQUENCES).values
    bssfp, t2, lge = range(3)
    assert values["myocardium"].tolist() == [1, 1, 1]
    assert values["lv_blood"][bssfp] > max(values[name][bssfp] for name in ("myocardium", "edema", "scar"))
    assert min(values["edema"][t2], values["scar"][t2]) > 1.15
    assert values["lv_blood"][t2] < 0.5
    assert values["scar"][lge] > values["edema"][lge] > values["no_reflow"][lge] > 1


def test_signals_hold_the_asked_sequences_in_their_order():
    every, some = (draw_signals(np.random.default_rng(4), names) for names in (SEQUENCES, ("LGE", "bSSFP")))
    assert every.values["fat"][[2, 0]].tolist() == some.values["fat"].tolist()


def test_an_unknown_sequence_is_refused_with_the_known_ones():
    with pytest.raises(DataError, match=r"'lge'.*LGE, T2, bSSFP"):
        draw_signals(np.random.default_rng(0), ("lge",))
