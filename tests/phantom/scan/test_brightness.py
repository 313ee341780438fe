import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.phantom.scan.brightness import HEART, draw_signals
from scarmap.phantom.scan.style import draw_style

NAMES = ("bSSFP", "T2", "LGE")


def _draw(seed, name="myops2020", sequences=NAMES):
    rng = np.random.default_rng(seed)
    return draw_signals(rng, draw_style(rng, name), sequences)


@pytest.mark.parametrize("seed", range(20))
def test_contrast_varies_but_the_order_of_tissues_in_the_heart_does_not(seed):
    values = _draw(seed).values
    bssfp, t2, lge = range(3)
    assert values["lv_blood"][bssfp] > max(
        values[name][bssfp] for name in ("myocardium", "edema", "scar")
    )
    assert (
        min(values["edema"][t2], values["scar"][t2])
        > values["myocardium"][t2]
        > values["lv_blood"][t2]
    )
    assert values["scar"][lge] > values["edema"][lge] > values["myocardium"][lge] > 0
    assert values["no_reflow"][lge] < values["scar"][lge]


@pytest.mark.parametrize("name", ["myops2020", "random"])
def test_the_brightest_tissue_of_the_heart_is_one(name):
    values = _draw(3, name).values
    np.testing.assert_allclose(
        np.max([np.abs(values[tissue]) for tissue in HEART], axis=0), 1, rtol=1e-6
    )


def test_random_contrasts_go_beyond_physics_without_hiding_scar():
    ranks, contrasts = set(), []
    for seed in range(150):
        values = _draw(seed, "random").values
        ranks.add(tuple(np.argsort([values[tissue][1] for tissue in HEART])))
        contrasts.append(float(values["scar"][2] - values["myocardium"][2]))
    assert len(ranks) > 4
    assert np.mean(np.array(contrasts) > 0.15) > 0.95


def test_signals_hold_the_asked_sequences_in_their_order():
    drawn = _draw(4, sequences=("LGE", "bSSFP"))
    assert drawn.sequences == ("LGE", "bSSFP")
    assert all(value.shape == (2,) for value in drawn.values.values())


def test_a_sequence_that_a_style_lacks_is_refused_with_those_it_has():
    with pytest.raises(DataError, match=r"'emidec'.*no sequence 'lge'.*LGE"):
        _draw(0, "emidec", ("lge",))


def test_most_random_t2_images_have_dark_blood_and_bright_edema():
    drawn = [_draw(seed, "random", ("T2",)).values for seed in range(120)]
    assert np.mean([values["lv_blood"][0] < values["myocardium"][0] for values in drawn]) > 0.8
    assert np.mean([values["edema"][0] > 1.1 * values["myocardium"][0] for values in drawn]) > 0.85


def test_scar_may_be_much_brighter_than_blood_in_random_late_enhancement():
    drawn = [_draw(seed, "random", ("LGE",)).values for seed in range(120)]
    ratios = [float(values["chronic_scar"][0] / values["lv_blood"][0]) for values in drawn]
    assert np.percentile(ratios, 95) > 1.5
    assert 0.9 < np.median(ratios) < 1.4
