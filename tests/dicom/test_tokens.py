"""Names of series of several hospitals, read by hand.

They are drawn from a public list (rohanshad/cmr_toolkit, Apache-2.0).

"not" is any kind but the three wanted sequences; "?" a name that does not say.
"""

import csv
from pathlib import Path

import pytest

from scarmap.dicom.tokens import NOT_WANTED, WANTED, find, find_kind, find_plane, words

with Path(__file__).with_name("series_names.csv").open(encoding="utf-8", newline="") as stream:
    NAMES = list(csv.DictReader(stream))
ROLES = {"LGE", "T2", "bSSFP"}


def _read(name):
    if find(NOT_WANTED, name):
        return "not"
    found = find(WANTED, name)
    return found[0] if found else "?"


def test_no_name_is_taken_for_another_sequence_than_a_reader_took_it_for():
    wrong = {
        row["name"]: (row["read_as"], _read(row["name"]))
        for row in NAMES
        if _read(row["name"]) != row["read_as"] and _read(row["name"]) != "?"
    }
    assert wrong == {}


def test_nineteen_of_twenty_series_whose_name_says_anything_get_a_role():
    saying = [row for row in NAMES if row["read_as"] != "?"]
    total = sum(int(row["series"]) for row in saying)
    named = sum(int(row["series"]) for row in saying if _read(row["name"]) != "?")
    assert len(NAMES) > 200
    assert named / total > 0.95


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model", "?"),
        ("DECADE", "?"),
        ("T2Map_TrueFISP", "not"),
        ("ss_trufi_psir", "LGE"),
        ("SSHMDE_FIESTA", "LGE"),
        ("LOC_FIESTA", "not"),
        ("SURVEY_BFFE", "not"),
        ("TI_SCOUT_PSIR", "not"),
        ("T2*", "not"),
        ("TI_SCOUT_10_MIN_DELAY", "not"),
        ("sBTFE_BH_M2D", "bSSFP"),
        ("PSIR_TFE_BH SENSE", "LGE"),
        ("T2W_SPAIR_SA", "T2"),
        ("T2prep_SSFP_sax", "T2-prepared"),
    ],
)
def test_words_are_matched_whole(name, expected):
    assert _read(name) == expected


def test_no_word_is_quoted_that_stands_between_or_behind_those_that_tell():
    for row in NAMES:
        said = words(row["name"]).split("_")
        for place in range(1, len(said) + 1):
            name = "_".join([*said[:place], "mc_donald", *said[place:]])
            for table in (NOT_WANTED, WANTED):
                kind, quoted = find(table, name) or ("", "")
                assert "donald" not in quoted, (name, kind)


@pytest.mark.parametrize(
    ("name", "plane"),
    [
        ("SAX_DE_TI_270_BH", "short axis"),
        ("Short_Ax_Mid", "short axis"),
        ("T2Map_TrueFISP_SAXs", "short axis"),
        ("SHAX__EF_CINE", "short axis"),
        ("LV3CH_FIESTA_BH", "long axis"),
        ("4_chamber_cine", "long axis"),
        ("AX_CINE_STACK", "axial"),
        ("tfisp_cine_aortic_valve_short_axis", "short axis"),
        ("DE_overview_LAX_AND__SAX_2ChStack", ""),
        ("massage", ""),
    ],
)
def test_planes_are_read_from_names(name, plane):
    assert find_plane(name) == plane


def test_the_last_word_tells_magnitude_from_phase_sensitive():
    assert find_kind("tfi_psir_SAX_MAG") == "magnitude"
    assert find_kind("tfi_psir_SAX_PSIR") == "psir"
    assert find_kind("Q_flow_P") == "phase"
