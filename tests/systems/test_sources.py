"""`scarmap recipes show` says where each constant of a published system comes from."""

import pytest

from scarmap.recipes.describe import settings
from scarmap.systems.catalogue import RECIPES

SYSTEMS = ("mfunet", "cascade", "linear-codec", "anatomy-prior")
KINDS = ("paper", "released", "choice", "Matterport", "Detectron", "He et al.", "later")


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_setting_has_a_source(name):
    sources = RECIPES[name].recipe().sources
    named = {part.strip() for key in sources for part in key.split(":")[0].split(",")}
    assert set(settings(RECIPES[name].recipe)) <= named


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_source_says_of_what_kind_it_is(name):
    for constant, source in RECIPES[name].recipe().sources.items():
        assert any(kind in source for kind in KINDS), f"{constant}: {source}"


def test_sources_hold_the_values_that_the_code_uses():
    detector = RECIPES["linear-codec"].recipe().sources
    assert detector["mask-rcnn: anchors"].startswith("16, 32, 64, 128 and 256 pixels, ratios 0.5")
    assert detector["mask-rcnn: masks"].startswith("28 x 28")
    noise = RECIPES["cascade"].recipe().sources
    assert noise["denoiser: corruption, specks"].startswith("1% to 5% of the pixels within 3")
