from dataclasses import replace

import pytest

from scarmap.phantom.signal.contrast import (
    Balanced,
    DarkBlood,
    LateEnhancement,
    T2Prepared,
    brightness,
    fat_cosine,
)
from scarmap.phantom.signal.gadolinium import AGENTS
from scarmap.phantom.signal.tissue import STOMACH, TISSUES, Relaxation

CINE = Balanced(3.0, 49.0)
EDEMA = DarkBlood(2000.0, 90.0, None, fat=0.5, blood=0.04, slow_blood=0.3)
LATE = LateEnhancement(1700.0, 1.17, 1.8, 0.96, 0.7, signed=False)


def _mean_patient(tesla):
    entries = {**TISSUES, "stomach": STOMACH[0]}
    return {
        name: Relaxation(
            *(entry.low if tesla == 1.5 else entry.high), entry.t2_star_ms, entry.density, entry.ecv
        )
        for name, entry in entries.items()
    }


def _ratios(contrast, tesla=1.5):
    values = brightness(
        contrast, _mean_patient(tesla), tesla=tesla, agent=AGENTS[tesla]["gadobutrol"]
    )
    return {name: value / values["myocardium"] for name, value in values.items()}


@pytest.mark.parametrize(
    ("contrast", "measured"),
    [
        (
            CINE,
            {
                "lv_blood": (2.1, 2.9),
                "rv_blood": (1.66, 2.33),
                "liver": (0.3, 0.6),
                "spleen": (0.5, 0.9),
            },
        ),
        (CINE, {"edema": (1.16, 1.8), "scar": (1.1, 1.44), "fat": (1.6, 3.0), "lung": (0.0, 0.12)}),
        (
            EDEMA,
            {
                "edema": (1.4, 1.67),
                "scar": (1.13, 1.61),
                "rv_blood": (0.18, 0.32),
                "liver": (0.4, 0.8),
            },
        ),
        (EDEMA, {"fat": (0.45, 2.8), "spleen": (1.2, 1.9), "lung": (0.05, 0.25)}),
        (
            LATE,
            {
                "lv_blood": (2.53, 3.84),
                "rv_blood": (2.33, 3.34),
                "edema": (1.4, 2.58),
                "scar": (2.45, 4.63),
            },
        ),
        (LATE, {"liver": (1.2, 2.4), "spleen": (0.4, 1.1), "fat": (2.5, 5.0), "lung": (0.0, 0.3)}),
    ],
)
def test_tissues_of_a_mean_patient_are_as_bright_as_in_real_images(contrast, measured):
    ratios = _ratios(contrast)
    for tissue, (low, high) in measured.items():
        assert low < ratios[tissue] < high, tissue


@pytest.mark.parametrize("tesla", [1.5, 3.0])
def test_late_enhancement_nulls_the_wall_and_changes_its_sign_there(tesla):
    patient, agent = _mean_patient(tesla), AGENTS[tesla]["gadoterate"]
    early, null, late = (
        brightness(replace(LATE, timing=timing, efficiency=1.0), patient, tesla=tesla, agent=agent)
        for timing in (0.85, 1.0, 1.2)
    )
    assert early["myocardium"] < 0 < late["myocardium"]
    assert null["myocardium"] == pytest.approx(0, abs=1e-12)
    assert null["scar"] > null["edema"] > 0.01
    assert null["chronic_scar"] > null["no_reflow"] > 0


def test_chronic_scar_is_bright_late_but_not_in_t2():
    assert _ratios(LATE)["chronic_scar"] > 2.5
    assert _ratios(EDEMA)["chronic_scar"] == pytest.approx(1.0, abs=0.06)
    assert _ratios(EDEMA)["edema"] > 1.3


def test_dark_blood_is_dark_but_for_slow_blood_and_prepared_blood_is_bright():
    dark = _ratios(EDEMA)
    assert dark["lv_blood"] < 0.3 < 1.0 < dark["slow_blood"]
    prepared = _ratios(T2Prepared(50.0, 2.8, 60.0, 30))
    assert prepared["lv_blood"] == prepared["slow_blood"] > 1.5
    assert prepared["edema"] > 1.25


def test_fat_is_suppressed_by_selection_or_by_inversion():
    assert _ratios(EDEMA)["fat"] == pytest.approx(0.5 * _ratios(replace(EDEMA, fat=1.0))["fat"])
    assert _ratios(replace(EDEMA, inversion_ms=208.0))["fat"] < 0.1
    assert _ratios(replace(LATE, fat=0.2))["fat"] == pytest.approx(0.2 * _ratios(LATE)["fat"])


def test_fat_and_water_are_opposed_where_the_echo_finds_them_so():
    assert fat_cosine(CINE, 1.5) == -1
    assert fat_cosine(EDEMA, 1.5) == 1
    assert fat_cosine(replace(LATE, echo_ms=2.3), 1.5) == pytest.approx(-1, abs=0.01)
    assert fat_cosine(replace(LATE, echo_ms=2.3), 3.0) == pytest.approx(1, abs=0.03)


def test_gadolinium_before_the_cine_shortens_and_brightens():
    plain, late = (_ratios(replace(CINE, plasma_mm=dose)) for dose in (0.0, 0.9))
    assert late["scar"] > 1.1 * plain["scar"]
