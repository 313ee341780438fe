import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.phantom.signal.tissue import LEAST_EDEMA, TISSUES, draw_tissues


@pytest.mark.parametrize("tesla", [1.5, 3.0])
def test_patients_lie_around_the_means_of_the_table(tesla):
    drawn = [draw_tissues(np.random.default_rng(seed), tesla) for seed in range(300)]
    for name, entry in TISSUES.items():
        if name == "slow_blood":
            continue
        t1_ms, t2_ms = entry.low if tesla == 1.5 else entry.high
        assert np.mean([each[name].t1_ms for each in drawn]) == pytest.approx(t1_ms, rel=0.02)
        assert np.mean([each[name].t2_ms for each in drawn]) == pytest.approx(t2_ms, rel=0.02)
        assert np.std([each[name].ecv for each in drawn]) == pytest.approx(
            0.96 * entry.ecv_spread, rel=0.15
        )


def test_blood_is_the_same_blood_whether_it_flows_or_stands():
    tissues = draw_tissues(np.random.default_rng(0), 1.5)
    assert tissues["slow_blood"] == tissues["lv_blood"]


def test_stomachs_hold_fluid_food_or_gas():
    densities = {
        draw_tissues(np.random.default_rng(seed), 3.0)["stomach"].density for seed in range(20)
    }
    assert densities == {0.0, 0.8, 1.0}


def test_other_field_strengths_are_refused():
    with pytest.raises(DataError, match=r"1.5 T and 3 T, not at 7 T"):
        draw_tissues(np.random.default_rng(0), 7.0)


@pytest.mark.parametrize("tesla", [1.5, 3.0])
def test_edema_always_takes_up_more_gadolinium_than_normal_myocardium(tesla):
    for seed in range(200):
        drawn = draw_tissues(np.random.default_rng(seed), tesla)
        assert drawn["edema"].ecv >= drawn["myocardium"].ecv + LEAST_EDEMA - 1e-9
