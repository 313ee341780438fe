import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.phantom.scan.style import STYLES, draw_style
from scarmap.phantom.signal.contrast import LateEnhancement, T2Prepared


@pytest.mark.parametrize("name", STYLES)
def test_the_same_state_draws_the_same_style(name):
    assert draw_style(np.random.default_rng(5), name) == draw_style(np.random.default_rng(5), name)


@pytest.mark.parametrize("name", STYLES)
def test_ranges_run_upwards_and_slices_do_not_overlap(name):
    for seed in range(50):
        style = draw_style(np.random.default_rng(seed), name)
        for low, high in (
            style.pixel_mm,
            style.field_of_view_mm,
            style.spacing_mm,
            style.thickness_mm,
            style.slices,
        ):
            assert 0 < low <= high
        assert style.thickness_mm[1] <= style.spacing_mm[0]


def test_styles_of_data_sets_have_their_sequences():
    myops, emidec = (draw_style(np.random.default_rng(0), name) for name in ("myops2020", "emidec"))
    assert set(myops.protocols) == {"bSSFP", "T2", "LGE"}
    assert not myops.protocols["LGE"].contrast.signed
    assert emidec.protocols.keys() == {"LGE"}
    assert emidec.protocols["LGE"].contrast.signed
    assert emidec.protocols["LGE"].quality.offset == 2048


def test_the_random_style_reaches_both_sides_of_every_choice():
    styles = [draw_style(np.random.default_rng(seed), "random") for seed in range(60)]
    assert {style.tesla for style in styles} == {1.5, 3.0}
    late = [style.protocols["LGE"] for style in styles]
    assert {protocol.contrast.signed for protocol in late} == {True, False}
    assert all((protocol.quality.offset > 0) == protocol.contrast.signed for protocol in late)
    assert (
        min(protocol.contrast.timing for protocol in late)
        < 1
        < 1.6
        < max(p.contrast.timing for p in late)
    )
    assert {type(style.protocols["T2"].contrast) for style in styles} > {T2Prepared}
    changed = [
        p for style in styles for p in style.protocols.values() if p.gamma != 1 or p.freedom > 0
    ]
    assert 0.35 < len(changed) / (3 * len(styles)) < 0.65
    assert all(isinstance(protocol.contrast, LateEnhancement) for protocol in late)


def test_an_unknown_style_is_refused_with_the_known_ones():
    with pytest.raises(DataError, match=r"no style 'emidek'.*'emidec'"):
        draw_style(np.random.default_rng(0), "emidek")
