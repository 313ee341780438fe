from dataclasses import astuple, replace

import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.phantom.heart.population import (
    POPULATIONS,
    choose_population,
    draw_heart,
    is_normal,
    wall_shares,
)


@pytest.fixture(scope="module")
def hearts():
    """Infarcted hearts of the MyoPS style."""
    return [draw_heart(np.random.default_rng([9, k]), POPULATIONS["myops2020"]) for k in range(36)]


def test_infarcts_and_edema_are_as_large_as_in_the_data_set(hearts):
    shares = np.array([wall_shares(heart) for heart in hearts])
    acute = np.array([not heart.infarct.chronic for heart in hearts])
    assert 0.160 < np.median(shares[:, 0]) < 0.243
    assert 0.274 < np.median(shares[acute, 1]) < 0.401


def test_small_and_large_infarcts_occur():
    hearts = [draw_heart(np.random.default_rng([6, k]), POPULATIONS["emidec"]) for k in range(36)]
    shares = [wall_shares(heart)[0] for heart in hearts]
    assert min(shares) < 0.09
    assert 0.135 < np.median(shares) < 0.301
    assert max(shares) > 0.35


def test_shares_of_a_cohort_are_kept():
    population = replace(POPULATIONS["random"], chronic=0.5, mvo=0.6)
    rng = np.random.default_rng(1)
    infarcts = [draw_heart(rng, population).infarct for _ in range(60)]
    chronic = [infarct.chronic for infarct in infarcts]
    cores = [infarct.core > 0 for infarct in infarcts if not infarct.chronic]
    assert np.mean(chronic) == pytest.approx(0.5, abs=0.15)
    assert np.mean(cores) == pytest.approx(0.6, abs=0.2)
    odd = np.mean([len(infarct.foci) > 1 or infarct.spared > 0 for infarct in infarcts])
    assert 0.05 < odd < 0.32, "two lesions, or one in the middle of the wall"


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 1 / 3, 0.5, 1.0])
def test_normal_hearts_are_spread_evenly(share):
    population = replace(POPULATIONS["myops2020"], normal=share)
    normal = [is_normal(population, index) for index in range(60)]
    assert sum(normal) == round(60 * share)
    assert abs(sum(normal[:30]) - 30 * share) <= 1


def test_another_seed_or_number_makes_another_heart():
    hearts = [
        draw_heart(np.random.default_rng(seed), POPULATIONS["emidec"])
        for seed in ([0, 0], [0, 1], [1, 0])
    ]
    assert len({astuple(heart) for heart in hearts}) == 3


def test_a_population_may_be_changed_but_only_to_shares():
    assert choose_population("random", chronic=1.0, normal=None) == replace(
        POPULATIONS["random"], chronic=1.0
    )
    with pytest.raises(DataError, match=r"share of normal cases is 1\.5"):
        choose_population("random", normal=1.5)
    with pytest.raises(DataError, match="'emidec'"):
        choose_population("emidek")
