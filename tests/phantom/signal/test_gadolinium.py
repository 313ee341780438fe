from dataclasses import astuple

import pytest

from scarmap.phantom.signal.gadolinium import AGENTS, enhanced
from scarmap.phantom.signal.sequences import null_time
from scarmap.phantom.signal.tissue import Relaxation


@pytest.mark.parametrize(("ecv", "measured_ms"), [(0.24, 541), (0.505, 425), (0.58, 450)])
def test_relaxation_fifteen_minutes_after_injection_is_as_published(ecv, measured_ms):
    before_ms = {0.24: 996, 0.505: 1097, 0.58: 1441}[ecv]
    tissue = Relaxation(before_ms, 50.0, 30.0, 0.8, ecv)
    after = enhanced(tissue, plasma_mm=0.60, agent=AGENTS[1.5]["gadobutrol"])
    assert after.t1_ms == pytest.approx(measured_ms, rel=0.10)
    assert after.t2_ms < 50


def test_nothing_changes_without_gadolinium_or_without_extracellular_volume():
    tissue = Relaxation(1000.0, 50.0, 30.0, 0.8, 0.25)
    agent = AGENTS[3.0]["gadoterate"]
    assert astuple(enhanced(tissue, plasma_mm=0.0, agent=agent)) == pytest.approx(astuple(tissue))
    sealed = Relaxation(1000.0, 50.0, 30.0, 0.8, 0.0)
    assert enhanced(sealed, plasma_mm=1.0, agent=agent).t1_ms == pytest.approx(1000)


def test_more_gadolinium_nulls_the_wall_sooner():
    tissue = Relaxation(996.0, 55.8, 30.0, 0.8, 0.241)
    times = [
        null_time(enhanced(tissue, plasma_mm=dose, agent=AGENTS[1.5]["gadobutrol"]).t1_ms, 1700.0)
        for dose in (0.5, 0.7, 0.9, 1.1)
    ]
    assert times == pytest.approx([400, 362, 328, 300], abs=10)
